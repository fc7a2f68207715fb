package jsmodule

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/grafana/sobek"
)

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
