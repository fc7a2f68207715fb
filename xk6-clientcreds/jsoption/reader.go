// Package jsoption reads the options objects of scripts strictly. A property that nothing reads is an error that names
// it, as is a value that is not allowed, and no error contains a value that may be a secret.
//
// A Reader reads one object, property by property. It keeps the first error, so that callers need not look at each:
// they read everything and then call Finish.
package jsoption

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/grafana/sobek"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/nearest"
)

// Error reports an option that cannot be used.
type Error struct {
	Option  string // in full, such as "cache.scope"
	problem error
}

func (e *Error) Error() string { return e.problem.Error() }

func (e *Error) Unwrap() error { return e.problem }

// Errorf returns an error about the option of that full name: what is wrong, and what to do. The arguments must not
// contain the value of a secret.
func Errorf(option, format string, args ...any) error {
	return &Error{option, fmt.Errorf("option %q "+format, append([]any{option}, args...)...)}
}

// Reader reads the properties of one options object.
type Reader struct {
	rt      *sobek.Runtime
	path    string // "" or "cache."
	obj     *sobek.Object
	known   []string  // the names that were read
	given   []string  // the full names that the script gave, also in nested objects
	nested  []*Reader // of nested objects
	resolve func(path string) string
	err     error // the first
}

// readers were released. Each VU reads the options of each client, and the lists of names are most of what that
// allocates.
var readers = sync.Pool{New: func() any { return new(Reader) }}

// NewReader returns a reader of obj. resolve makes the path of a file absolute, from the script's folder. Call
// [Reader.Release] after the last use.
func NewReader(rt *sobek.Runtime, obj *sobek.Object, resolve func(path string) string) *Reader {
	r, _ := readers.Get().(*Reader)
	r.rt, r.obj, r.resolve = rt, obj, resolve
	return r
}

// Release gives the memory of the reader to the next one. The reader must not be used any more.
func (r *Reader) Release() {
	for _, nested := range r.nested {
		nested.Release()
	}
	*r = Reader{known: r.known[:0], given: r.given[:0]}
	readers.Put(r)
}

// Get returns the property, or nil when it is absent or undefined, or when an earlier option was wrong.
func (r *Reader) Get(name string) sobek.Value {
	r.known = append(r.known, name)
	v := r.obj.Get(name)
	if v == nil || sobek.IsUndefined(v) {
		return nil
	}
	r.given = append(r.given, r.path+name)
	if r.err != nil {
		return nil
	}
	return v
}

// Known returns the names that were read, in their order.
func (r *Reader) Known() []string { return slices.Clone(r.known) }

// Keys returns the names of the object's properties.
func (r *Reader) Keys() []string { return r.obj.Keys() }

// Given reports whether the script gave the option of that full name.
func (r *Reader) Given(option string) bool { return slices.Contains(r.given, option) }

// Options returns the full names of all options that were read, given or not.
func (r *Reader) Options() []string {
	var names []string
	for _, name := range r.known {
		names = append(names, r.path+name)
	}
	for _, nested := range r.nested {
		names = append(names, nested.Options()...)
	}
	return names
}

// Absent describes how an option that must be there is absent.
func (r *Reader) Absent(name string) string {
	if slices.Contains(r.obj.Keys(), name) {
		return "is undefined (is the environment variable set?)"
	}
	return "is missing"
}

// Fail notes that the property cannot be used, unless an earlier one could not. See Errorf.
func (r *Reader) Fail(name, format string, args ...any) {
	if r.err == nil {
		r.err = Errorf(r.path+name, format, args...)
	}
}

// Renamed fails where the script gives an option by the name that it had in an earlier version.
func (r *Reader) Renamed(old, name string) {
	if v := r.obj.Get(old); v != nil && !sobek.IsUndefined(v) {
		r.Fail(old, "is now named %q; rename it", name)
	}
}

// Failed reports whether there is an error already.
func (r *Reader) Failed() bool { return r.err != nil }

// Finish returns the first error, or an error about the first property that is not an option.
func (r *Reader) Finish() error {
	if r.err != nil {
		return r.err
	}
	for _, key := range r.obj.Keys() {
		if !slices.Contains(r.known, key) {
			return &Error{r.path + key, fmt.Errorf("unknown option %q%s; it must be one of %s",
				r.path+key, nearest.DidYouMean(key, r.known), strings.Join(r.known, ", "))}
		}
	}
	return nil
}

// Object reads a nested options object.
func (r *Reader) Object(name string, read func(*Reader)) {
	if v := r.Get(name); v != nil {
		r.Nested(name, v, read)
	}
}

// Nested reads v, the value of the option name, as an options object.
func (r *Reader) Nested(name string, v sobek.Value, read func(*Reader)) {
	if !IsObject(v) {
		r.Fail(name, "is %s; it must be an object", Describe(v))
		return
	}
	nested := NewReader(r.rt, v.ToObject(r.rt), r.resolve)
	nested.path = r.path + name + "."
	read(nested)
	r.err = nested.Finish()
	r.given = append(r.given, nested.given...)
	r.nested = append(r.nested, nested)
}

// IsObject reports whether v is a plain object.
func IsObject(v sobek.Value) bool {
	obj, ok := v.(*sobek.Object)
	return ok && obj.ClassName() == "Object"
}

// IsArray reports whether v is an array, or an object that acts as one, such as a SharedArray.
func IsArray(v sobek.Value) bool {
	obj, ok := v.(*sobek.Object)
	return ok && obj.ClassName() == "Array"
}

// IsString reports whether v is a string.
func IsString(v sobek.Value) bool {
	_, ok := v.(sobek.String)
	return ok
}

// IsBoolean reports whether v is true or false.
func IsBoolean(v sobek.Value) bool {
	_, isObject := v.(*sobek.Object)
	return !isObject && v.ExportType() != nil && v.ExportType().Kind() == reflect.Bool
}

// Describe says what kind of value v is without the value, which might be a secret.
func Describe(v sobek.Value) string {
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
		if v.String() == "" {
			return "an empty string"
		}
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
