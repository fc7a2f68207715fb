package jsoption

import (
	"slices"
	"strconv"
	"strings"

	"github.com/grafana/sobek"
)

// Text reads a string that is not empty.
func (r *Reader) Text(name string, to *string) {
	v := r.Get(name)
	if v == nil {
		return
	}
	if !IsString(v) || v.String() == "" {
		r.Fail(name, "is %s; it must be a non-empty string", Describe(v))
		return
	}
	*to = v.String()
}

// File reads the path of a file. It becomes absolute: a relative path starts at the script's folder, as with open() of
// k6.
func (r *Reader) File(name string, to *string) {
	var path string
	if r.Text(name, &path); path != "" {
		*to = r.resolve(path)
	}
}

// OneOf reads one of the allowed strings.
func (r *Reader) OneOf(name string, to *string, allowed ...string) {
	v := r.Get(name)
	if v == nil {
		return
	}
	if IsString(v) && slices.Contains(allowed, v.String()) {
		*to = v.String()
		return
	}
	was := Describe(v)
	if IsString(v) {
		was = strconv.Quote(v.String())
	}
	r.Fail(name, "is %s; it must be one of %s", was, QuoteAll(allowed))
}

// QuoteAll quotes the items of a list and joins them.
func QuoteAll(list []string) string {
	quoted := make([]string, len(list))
	for i, item := range list {
		quoted[i] = strconv.Quote(item)
	}
	return strings.Join(quoted, ", ")
}

// Texts reads a string or an array of strings, none of them empty.
func (r *Reader) Texts(name string, to *[]string) {
	if v := r.Get(name); v != nil {
		*to = r.texts(name, v)
	}
}

func (r *Reader) texts(name string, v sobek.Value) []string {
	if IsString(v) && v.String() != "" {
		return []string{v.String()}
	}
	if !IsArray(v) {
		r.Fail(name, "is %s; it must be a non-empty string or an array of them", Describe(v))
		return nil
	}
	array := v.ToObject(r.rt)
	var list []string
	for _, i := range array.Keys() {
		item := array.Get(i)
		if !IsString(item) || item.String() == "" {
			r.Fail(name+"["+i+"]", "is %s; it must be a non-empty string", Describe(item))
			return nil
		}
		list = append(list, item.String())
	}
	return list
}

// StringList reads what Texts reads, and splits each string at white space, as scopes are written.
func (r *Reader) StringList(name string, to *[]string) {
	r.Texts(name, to)
	var list []string
	for _, s := range *to {
		list = append(list, strings.Fields(s)...)
	}
	if len(list) == 0 && len(*to) > 0 {
		r.Fail(name, "is blank; leave it out to ask for the server's default")
	}
	*to = list
}
