package jsmodule

import (
	"reflect"
	"slices"
	"strconv"

	"github.com/grafana/sobek"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
)

// keptDepth is how deep k6/http looks into the arguments of a request: params, cookies, the cookie, its value.
const keptDepth = 4

// The types of what a script can change, as sobek exports it.
var (
	plainType  = reflect.TypeFor[map[string]any]()
	arrayType  = reflect.TypeFor[[]any]()
	bytesType  = reflect.TypeFor[[]byte]() // of a Uint8Array
	bufferType = reflect.TypeFor[sobek.ArrayBuffer]()
)

// kept returns the arguments of a call for use after the call. The slice that a call gets is a part of the
// runtime's stack, where the next call's arguments go, and the script may change the objects that it passed.
func (m *instance) kept(args []sobek.Value) []sobek.Value {
	copies := make([]sobek.Value, len(args))
	for i, v := range args {
		copies[i] = m.snapshot(v, keptDepth)
	}
	return copies
}

// snapshot copies what a script can change: plain objects, arrays and buffers. Everything else, such as the
// cookie jars and files of k6/http, stays as it is.
func (m *instance) snapshot(v sobek.Value, depth int) sobek.Value {
	obj, ok := v.(*sobek.Object)
	if !ok || depth == 0 {
		return v
	}
	rt := m.vu.Runtime()
	switch obj.ExportType() {
	case bufferType:
		return rt.ToValue(rt.NewArrayBuffer(slices.Clone(obj.Export().(sobek.ArrayBuffer).Bytes()))) //nolint:forcetypeassert // by its type
	case bytesType:
		return rt.ToValue(rt.NewArrayBuffer(slices.Clone(obj.Export().([]byte)))) //nolint:forcetypeassert // by its type
	case arrayType:
		items := make([]any, int(obj.Get("length").ToInteger()))
		for i := range items {
			items[i] = m.snapshot(obj.Get(strconv.Itoa(i)), depth-1)
		}
		return rt.NewArray(items...)
	case plainType:
		copied := rt.NewObject()
		if obj.Prototype() != nil && obj.Prototype() != copied.Prototype() {
			return v // of a class, with methods such as toString
		}
		for _, name := range obj.Keys() {
			jsoption.Set(copied, name, m.snapshot(obj.Get(name), depth-1))
		}
		return copied
	}
	return v
}
