package jsmodule

import (
	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/js/common"
)

// multimap takes an object whose values are strings, numbers, booleans or arrays of strings. The
// values may be secrets and are not shown.
func (r *reader) multimap(name string, to *map[string][]string) {
	v := r.get(name)
	if v == nil {
		return
	}
	if !isPlainObject(v) {
		r.fail(name, "is %s; it must be an object of parameter names and values", describe(v))
		return
	}
	obj := v.ToObject(r.rt)
	m := make(map[string][]string)
	for _, key := range obj.Keys() {
		value := obj.Get(key)
		switch value.Export().(type) {
		case int64, float64, bool:
			m[key] = []string{value.String()}
		default:
			m[key] = r.list(name+"."+key, value)
		}
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
	for _, own := range []string{tagClient, tagGrant, tagReason, tagStatus, tagError, tagActive, tagServer} {
		if _, taken := m[own]; taken {
			r.fail(name+"."+own, "is set by the module itself; choose another name")
		}
	}
	*to = m
}
