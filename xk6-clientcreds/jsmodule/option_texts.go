package jsmodule

import (
	"slices"
	"strconv"
	"strings"

	"github.com/grafana/sobek"
)

func isString(v sobek.Value) bool {
	_, ok := v.(sobek.String)
	return ok
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
	*to = r.list(name, v)
}

// list reads a string or an array of strings, none of them empty.
func (r *reader) list(name string, v sobek.Value) []string {
	if isString(v) && v.String() != "" {
		return []string{v.String()}
	}
	array, ok := v.(*sobek.Object)
	if !ok || array.ClassName() != "Array" {
		r.fail(name, "is %s; it must be a non-empty string or an array of them", emptyOr(v))
		return nil
	}
	var list []string
	for _, i := range array.Keys() {
		item := array.Get(i)
		if !isString(item) || item.String() == "" {
			r.fail(name+"["+i+"]", "is %s; it must be a non-empty string", emptyOr(item))
			return nil
		}
		list = append(list, item.String())
	}
	return list
}

// words takes what texts takes; a string is split at white space, as scope lists are written.
func (r *reader) words(name string, to *[]string) {
	r.texts(name, to)
	var list []string
	for _, s := range *to {
		list = append(list, strings.Fields(s)...)
	}
	if len(list) == 0 && len(*to) > 0 {
		r.fail(name, "is blank; leave it out to ask for the server's default")
	}
	*to = list
}
