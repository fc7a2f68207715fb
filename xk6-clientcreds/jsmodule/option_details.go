package jsmodule

import "github.com/grafana/sobek"

// details takes an array of objects and keeps it as JSON text. What must be in them package oauth
// knows; the values may be secrets and are not shown.
func (r *reader) details(name string, to *string) {
	v := r.get(name)
	if v == nil {
		return
	}
	array, ok := v.(*sobek.Object)
	if !ok || array.ClassName() != "Array" {
		r.fail(name, "is %s; it must be an array of objects, which is sent as JSON", describe(v))
		return
	}
	for _, i := range array.Keys() {
		if item := array.Get(i); !isPlainObject(item) {
			r.fail(name+"["+i+"]", "is %s; it must be an object", describe(item))
			return
		}
	}
	text, err := array.MarshalJSON()
	if err != nil {
		r.fail(name, "cannot be written as JSON; it must be an array of plain objects")
		return
	}
	*to = string(text)
}
