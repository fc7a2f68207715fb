package jsmodule

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/js/common"
	"go.k6.io/k6/v2/lib/types"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
)

// optionError says what is wrong with the option of that name. The arguments must not hold a
// secret's value.
func optionError(name, format string, args ...any) error {
	return fmt.Errorf("option %q "+format, append([]any{name}, args...)...)
}

// reader reads the properties of one options object strictly: it remembers the first error, and
// finish reports properties that nothing read.
type reader struct {
	rt     *sobek.Runtime
	path   string // "" or "cache."
	obj    *sobek.Object
	known  []string
	isSet  map[string]bool // full names of what the script gave, shared with nested readers
	firstE error
}

func newReader(rt *sobek.Runtime, path string, v sobek.Value) (*reader, error) {
	r := &reader{rt: rt, path: path, isSet: make(map[string]bool)}
	if !isPlainObject(v) {
		if path == "" {
			return nil, errors.New("new Client(options) needs an object with at least tokenUrl or issuer, clientId and clientSecret")
		}
		return nil, optionError(strings.TrimSuffix(path, "."), "is %s; it must be an object", describe(v))
	}
	r.obj = v.ToObject(rt)
	return r, nil
}

func isPlainObject(v sobek.Value) bool {
	obj, ok := v.(*sobek.Object)
	return ok && obj.ClassName() == "Object"
}

// describe says what kind of value v is without its value, which might be a secret.
func describe(v sobek.Value) string {
	switch {
	case v == nil || sobek.IsUndefined(v):
		return "undefined"
	case sobek.IsNull(v):
		return "null"
	}
	if obj, ok := v.(*sobek.Object); ok {
		switch obj.ClassName() {
		case "Array":
			return "an array"
		case "Function":
			return "a function"
		}
		return "an object"
	}
	switch v.ExportType().Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "a boolean"
	default:
		return "a number"
	}
}

// get returns the property, or nil when it is absent, undefined or an earlier option failed.
func (r *reader) get(name string) sobek.Value {
	r.known = append(r.known, name)
	v := r.obj.Get(name)
	if r.firstE != nil || v == nil || sobek.IsUndefined(v) {
		return nil
	}
	r.isSet[r.path+name] = true
	return v
}

// given reports whether the script gave the option of that full name.
func (r *reader) given(name string) bool { return r.isSet[name] }

func (r *reader) fail(name, format string, args ...any) {
	if r.firstE == nil {
		r.firstE = optionError(r.path+name, format, args...)
	}
}

// finish returns the first error, or one for the first property that is not an option.
func (r *reader) finish() error {
	if r.firstE != nil {
		return r.firstE
	}
	for _, key := range r.obj.Keys() {
		if !slices.Contains(r.known, key) {
			return fmt.Errorf("unknown option %q%s; allowed are %s",
				r.path+key, didYouMean(key, r.known), strings.Join(r.known, ", "))
		}
	}
	return nil
}

func isString(v sobek.Value) bool {
	t := v.ExportType()
	return t != nil && t.Kind() == reflect.String
}

func (r *reader) text(name string, to *string) {
	v := r.get(name)
	if v == nil {
		return
	}
	if !isString(v) || v.String() == "" {
		r.fail(name, "is %s; it must be a non-empty string", emptyOr(v))
		return
	}
	*to = v.String()
}

// secret is text whose value must not be in an error.
func (r *reader) secret(name string, to *string) { r.text(name, to) }

func emptyOr(v sobek.Value) string {
	if isString(v) && v.String() == "" {
		return "an empty string"
	}
	return describe(v)
}

func (r *reader) oneOf(name string, to *string, allowed ...string) {
	v := r.get(name)
	if v == nil {
		return
	}
	if isString(v) && slices.Contains(allowed, v.String()) {
		*to = v.String()
		return
	}
	was := describe(v)
	if isString(v) {
		was = strconv.Quote(v.String())
	}
	r.fail(name, "is %s; allowed are %s", was, quoteAll(allowed))
}

func quoteAll(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	return strings.Join(quoted, ", ")
}

// texts takes a string or an array of strings.
func (r *reader) texts(name string, to *[]string) {
	v := r.get(name)
	if v == nil {
		return
	}
	if list, ok := stringList(v); ok {
		*to = list
		return
	}
	r.fail(name, "is %s; it must be a non-empty string or an array of them", emptyOr(v))
}

func stringList(v sobek.Value) ([]string, bool) {
	if isString(v) {
		return []string{v.String()}, v.String() != ""
	}
	items, ok := v.Export().([]any)
	if !ok {
		return nil, false
	}
	list := make([]string, len(items))
	for i, item := range items {
		s, ok := item.(string)
		if !ok || s == "" {
			return nil, false
		}
		list[i] = s
	}
	return list, true
}

// words takes what texts takes; a string is split at white space, as scope lists are written.
func (r *reader) words(name string, to *[]string) {
	r.texts(name, to)
	var list []string
	for _, s := range *to {
		list = append(list, strings.Fields(s)...)
	}
	*to = list
}

func (r *reader) boolean(name string, to *bool) {
	v := r.get(name)
	if v == nil {
		return
	}
	b, ok := v.Export().(bool)
	if !ok {
		r.fail(name, "is %s; it must be true or false", describe(v))
		return
	}
	*to = b
}

func (r *reader) count(name string, to *int, least, most int) {
	v := r.get(name)
	if v == nil {
		return
	}
	n, ok := v.Export().(int64)
	if !ok || n < int64(least) || n > int64(most) {
		r.fail(name, "is %s; it must be a whole number from %d to %d", show(v), least, most)
		return
	}
	*to = int(n)
}

// show is for values of options that cannot hold a secret.
func show(v sobek.Value) string {
	switch v.Export().(type) {
	case string:
		return strconv.Quote(v.String())
	case int64, float64, bool:
		return v.String()
	}
	return describe(v)
}

type bound int

const (
	notNegative bound = iota
	positive
)

func (b bound) String() string {
	if b == positive {
		return "a positive duration"
	}
	return "a duration"
}

func (r *reader) duration(name string, to *time.Duration, b bound) {
	v := r.get(name)
	if v == nil {
		return
	}
	d, ok := toDuration(v)
	if !ok || d < 0 || (b == positive && d == 0) {
		r.fail(name, "is %s; it must be %s such as \"30s\", or a number of milliseconds", show(v), b)
		return
	}
	*to = d
}

// toDuration reads a duration as k6 does: a string with units, or a number of milliseconds.
func toDuration(v sobek.Value) (time.Duration, bool) {
	switch n := v.Export().(type) {
	case string, int64:
		d, err := types.GetDurationValue(n)
		return d, err == nil
	case float64:
		if math.IsNaN(n) || math.Abs(n) > math.MaxInt64/float64(time.Millisecond) {
			return 0, false
		}
		return time.Duration(n * float64(time.Millisecond)), true
	}
	return 0, false
}

// span takes a duration or a percentage of the token's lifetime.
func (r *reader) span(name string, to *tokencache.Span) {
	v := r.get(name)
	if v == nil {
		return
	}
	if text, ok := v.Export().(string); ok && strings.HasSuffix(text, "%") {
		p, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(text, "%")), 64)
		if err != nil || math.IsNaN(p) || p < 0 || p > 100 {
			r.fail(name, "is %q; a percentage of the lifetime must be from \"0%%\" to \"100%%\"", text)
			return
		}
		*to = tokencache.Span{Fraction: p / 100}
		return
	}
	d, ok := toDuration(v)
	if !ok || d < 0 {
		r.fail(name, "is %s; it must be a duration such as \"30s\", a number of milliseconds, or a percentage of the lifetime such as \"10%%\"", show(v))
		return
	}
	*to = tokencache.Span{Absolute: d}
}

// object reads a nested options object.
func (r *reader) object(name string, read func(*reader)) {
	v := r.get(name)
	if v == nil {
		return
	}
	nested, err := newReader(r.rt, r.path+name+".", v)
	if err != nil {
		r.firstE = err
		return
	}
	nested.isSet = r.isSet
	read(nested)
	r.firstE = nested.finish()
}

// multimap takes an object whose values are strings or arrays of strings. The values may be
// secrets and are not shown.
func (r *reader) multimap(name string, to *map[string][]string) {
	v := r.get(name)
	if v == nil {
		return
	}
	if !isPlainObject(v) {
		r.fail(name, "is %s; it must be an object of strings", describe(v))
		return
	}
	obj := v.ToObject(r.rt)
	m := make(map[string][]string)
	for _, key := range obj.Keys() {
		value := obj.Get(key)
		if n, ok := value.Export().(int64); ok {
			m[key] = []string{strconv.FormatInt(n, 10)}
			continue
		}
		list, ok := stringList(value)
		if !ok {
			r.fail(name+"."+key, "is %s; it must be a non-empty string or an array of them", emptyOr(value))
			return
		}
		m[key] = list
	}
	*to = m
}

// stringMap takes an object of strings. The values may be secrets and are not shown.
func (r *reader) stringMap(name string, to *map[string]string) {
	v := r.get(name)
	if v == nil {
		return
	}
	if !isPlainObject(v) {
		r.fail(name, "is %s; it must be an object of strings", describe(v))
		return
	}
	obj := v.ToObject(r.rt)
	m := make(map[string]string)
	for _, key := range obj.Keys() {
		value := obj.Get(key)
		if !isString(value) {
			r.fail(name+"."+key, "is %s; it must be a string", describe(value))
			return
		}
		m[key] = value.String()
	}
	*to = m
}

// tags takes what k6 takes as tag values: strings, numbers and booleans.
func (r *reader) tags(name string, to *map[string]string) {
	v := r.get(name)
	if v == nil {
		return
	}
	if !isPlainObject(v) {
		r.fail(name, "is %s; it must be an object of strings, numbers or booleans", describe(v))
		return
	}
	obj := v.ToObject(r.rt)
	m := make(map[string]string)
	for _, key := range obj.Keys() {
		value := obj.Get(key)
		if _, isObject := value.(*sobek.Object); isObject || common.IsNullish(value) {
			r.fail(name+"."+key, "is %s; it must be a string, a number or a boolean", describe(value))
			return
		}
		m[key] = value.String()
	}
	for _, own := range []string{tagClient, tagReason, tagStatus, tagError} {
		if _, taken := m[own]; taken {
			r.fail(name+"."+own, "is set by the module itself; choose another name")
		}
	}
	*to = m
}
