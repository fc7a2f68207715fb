package jsoption

import (
	"math"
	"strconv"
	"time"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/lib/types"
)

// Boolean reads true or false.
func (r *Reader) Boolean(name string, to *bool) {
	v := r.Get(name)
	if v == nil {
		return
	}
	b, ok := v.Export().(bool)
	if !ok {
		r.Fail(name, "is %s; it must be true or false", Describe(v))
		return
	}
	*to = b
}

// Count reads a whole number from least to most.
func (r *Reader) Count(name string, to *int, least, most int) {
	v := r.Get(name)
	if v == nil {
		return
	}
	n, ok := v.Export().(int64)
	if !ok || n < int64(least) || n > int64(most) {
		r.Fail(name, "is %s; it must be a whole number from %d to %d", Show(v), least, most)
		return
	}
	*to = int(n)
}

// Number reads a number above 0, up to most.
func (r *Reader) Number(name string, to *float64, most float64) {
	v := r.Get(name)
	if v == nil {
		return
	}
	var x float64
	switch n := v.Export().(type) {
	case int64:
		x = float64(n)
	case float64:
		x = n
	}
	if !(x > 0 && x <= most) { // so that NaN fails as well
		r.Fail(name, "is %s; it must be a number above 0, up to %g", Show(v), most)
		return
	}
	*to = x
}

// Show returns the value of an option that cannot hold a secret.
func Show(v sobek.Value) string {
	switch v.Export().(type) {
	case string:
		return strconv.Quote(v.String())
	case int64, float64, bool:
		return v.String()
	}
	return Describe(v)
}

// Bound is the least that a duration may be.
type Bound int

// The bounds.
const (
	NotNegative Bound = iota
	Positive
)

func (b Bound) String() string {
	if b == Positive {
		return "a positive duration"
	}
	return "a duration of 0 or more"
}

// Duration reads a duration as k6 writes it: a string with units, or a number of milliseconds.
func (r *Reader) Duration(name string, to *time.Duration, b Bound) {
	v := r.Get(name)
	if v == nil {
		return
	}
	d, ok := ToDuration(v)
	if !ok || d < 0 || (b == Positive && d == 0) {
		r.Fail(name, "is %s; it must be %s such as \"30s\", or a number of milliseconds", Show(v), b)
		return
	}
	*to = d
}

// ToDuration converts a duration, and reports whether v is one.
func ToDuration(v sobek.Value) (time.Duration, bool) {
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

// Numbers returns the full names of those options that are given as a number, which for a duration is one of
// milliseconds.
func (r *Reader) Numbers(names ...string) (given []string) {
	for _, name := range names {
		if v := r.obj.Get(name); v != nil {
			switch v.Export().(type) {
			case int64, float64:
				given = append(given, r.path+name)
			}
		}
	}
	return given
}
