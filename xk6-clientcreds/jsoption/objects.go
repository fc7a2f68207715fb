package jsoption

import (
	"slices"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/js/common"
)

// StringMap reads an object of strings. The values may be secrets and are not shown.
func (r *Reader) StringMap(name string, to *map[string]string) {
	obj := r.plain(name, "it must be an object of strings")
	if obj == nil {
		return
	}
	m := make(map[string]string)
	for _, key := range obj.Keys() {
		value := obj.Get(key)
		if !IsString(value) {
			r.Fail(name+"."+key, "is %s; it must be a string", Describe(value))
			return
		}
		m[key] = value.String()
	}
	*to = m
}

// Multimap reads an object whose values are strings, numbers, booleans or arrays of strings. The values may be secrets
// and are not shown.
func (r *Reader) Multimap(name string, to *map[string][]string) {
	obj := r.plain(name, "it must be an object of parameter names and values")
	if obj == nil {
		return
	}
	m := make(map[string][]string)
	for _, key := range obj.Keys() {
		value := obj.Get(key)
		switch value.Export().(type) {
		case int64, float64, bool:
			m[key] = []string{value.String()}
		default:
			m[key] = r.texts(name+"."+key, value)
		}
	}
	*to = m
}

// Tags reads an object of what k6 accepts as the values of tags. The reserved names are not allowed.
func (r *Reader) Tags(name string, to *map[string]string, reserved ...string) {
	obj := r.plain(name, "it must be an object of strings, numbers or booleans")
	if obj == nil {
		return
	}
	m := make(map[string]string)
	for _, key := range obj.Keys() {
		value := obj.Get(key)
		if _, isObject := value.(*sobek.Object); isObject || common.IsNullish(value) {
			r.Fail(name+"."+key, "is %s; it must be a string, a number or a boolean", Describe(value))
			return
		}
		m[key] = value.String()
	}
	for _, key := range reserved {
		if _, taken := m[key]; taken {
			r.Fail(name+"."+key, "is set by the module; choose another name")
		}
	}
	*to = m
}

// JSONObject reads an object as JSON text. of says what its members are. They may be secrets and are not shown.
func (r *Reader) JSONObject(name string, to *string, of string) {
	obj := r.plain(name, "it must be an object of "+of)
	if obj == nil {
		return
	}
	text, err := obj.MarshalJSON()
	if err != nil || len(text) == 0 || text[0] != '{' {
		r.Fail(name, "contains a value that JSON cannot express")
		return
	}
	*to = string(text)
}

// JSONArray reads an array of objects as JSON text. Their members may be secrets and are not shown.
func (r *Reader) JSONArray(name string, to *string) {
	v := r.Get(name)
	if v == nil {
		return
	}
	if !IsArray(v) {
		r.Fail(name, "is %s; it must be an array of objects, which is sent as JSON", Describe(v))
		return
	}
	array := v.ToObject(r.rt)
	for _, i := range array.Keys() {
		if item := array.Get(i); !IsObject(item) {
			r.Fail(name+"["+i+"]", "is %s; it must be an object", Describe(item))
			return
		}
	}
	text, err := array.MarshalJSON()
	if err != nil {
		r.Fail(name, "cannot be written as JSON; it must be an array of plain objects")
		return
	}
	*to = string(text)
}

// plain returns the property if it is a plain object, else nil.
func (r *Reader) plain(name, want string) *sobek.Object {
	v := r.Get(name)
	if v == nil {
		return nil
	}
	if !IsObject(v) {
		r.Fail(name, "is %s; %s", Describe(v), want)
		return nil
	}
	return v.ToObject(r.rt)
}

// Without returns a new object with the properties that are not among names.
func (r *Reader) Without(names []string) *sobek.Object {
	rest := r.rt.NewObject()
	for _, name := range r.obj.Keys() {
		if !slices.Contains(names, name) {
			Set(rest, name, r.obj.Get(name))
		}
	}
	return rest
}

// Set sets a property of a plain object, also one called __proto__.
func Set(obj *sobek.Object, name string, v sobek.Value) {
	if err := obj.DefineDataProperty(name, v, sobek.FLAG_TRUE, sobek.FLAG_TRUE, sobek.FLAG_TRUE); err != nil {
		panic(err)
	}
}

// Assign sets the properties of from in to.
func Assign(to, from *sobek.Object) {
	for _, name := range from.Keys() {
		Set(to, name, from.Get(name))
	}
}
