package jsmodule

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/grafana/sobek"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/nearest"
)

// badOptionError is what is wrong with one option. A pool says where in its list that is.
type badOptionError struct {
	error

	name string // in full, such as "cache.scope"
}

func (e *badOptionError) Unwrap() error { return e.error }

// optionError says what is wrong with the option of that name. The arguments must not hold a
// secret's value.
func optionError(name, format string, args ...any) error {
	return &badOptionError{fmt.Errorf("option %q "+format, append([]any{name}, args...)...), name}
}

// reader reads the properties of one options object strictly: it remembers the first error, and
// finish reports properties that nothing read.
type reader struct {
	rt     *sobek.Runtime
	path   string // "" or "cache."
	obj    *sobek.Object
	known  []string
	isSet  map[string]bool // by full name, whether the script gave it; shared with nested readers
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
	switch v := v.(type) {
	case sobek.String:
		return "a string"
	case *sobek.Symbol:
		return "a symbol"
	default:
		if v.ExportType().Kind() == reflect.Bool {
			return "a boolean"
		}
		return "a number"
	}
}

// get returns the property, or nil when it is absent, undefined or an earlier option failed.
func (r *reader) get(name string) sobek.Value {
	r.known = append(r.known, name)
	v := r.obj.Get(name)
	r.isSet[r.path+name] = v != nil && !sobek.IsUndefined(v)
	if r.firstE != nil || !r.isSet[r.path+name] {
		return nil
	}
	return v
}

// absent says how an option that must be there is not.
func (r *reader) absent(name string) string {
	if slices.Contains(r.obj.Keys(), name) {
		return "is undefined (is the environment variable set?)"
	}
	return "is missing"
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
			return &badOptionError{fmt.Errorf("unknown option %q%s; allowed are %s",
				r.path+key, nearest.DidYouMean(key, r.known), strings.Join(r.known, ", ")), r.path + key}
		}
	}
	return nil
}

// object reads a nested options object.
func (r *reader) object(name string, read func(*reader)) {
	if v := r.get(name); v != nil {
		r.nested(name, v, read)
	}
}

// nested reads v, the value of the option name, as an options object.
func (r *reader) nested(name string, v sobek.Value, read func(*reader)) {
	nested, err := newReader(r.rt, r.path+name+".", v)
	if err != nil {
		r.firstE = err
		return
	}
	nested.isSet = r.isSet
	read(nested)
	r.firstE = nested.finish()
}
