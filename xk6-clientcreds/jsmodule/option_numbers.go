package jsmodule

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/lib/types"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
)

func (r *reader) boolean(name string, to *bool) {
	v := r.get(name)
	if v == nil {
		return
	}
	b, ok := v.Export().(bool)
	if !ok {
		r.fail(name, "is %s; it must be true or false", describe(v))
		return
	}
	*to = b
}

func (r *reader) count(name string, to *int, least, most int) {
	v := r.get(name)
	if v == nil {
		return
	}
	n, ok := v.Export().(int64)
	if !ok || n < int64(least) || n > int64(most) {
		r.fail(name, "is %s; it must be a whole number from %d to %d", show(v), least, most)
		return
	}
	*to = int(n)
}

// show is for values of options that cannot hold a secret.
func show(v sobek.Value) string {
	switch v.Export().(type) {
	case string:
		return strconv.Quote(v.String())
	case int64, float64, bool:
		return v.String()
	}
	return describe(v)
}

type bound int

const (
	notNegative bound = iota
	positive
)

func (b bound) String() string {
	if b == positive {
		return "a positive duration"
	}
	return "a duration of 0 or more"
}

func (r *reader) duration(name string, to *time.Duration, b bound) {
	v := r.get(name)
	if v == nil {
		return
	}
	d, ok := toDuration(v)
	if !ok || d < 0 || (b == positive && d == 0) {
		r.fail(name, "is %s; it must be %s such as \"30s\", or a number of milliseconds", show(v), b)
		return
	}
	*to = d
}

// toDuration reads a duration as k6 does: a string with units, or a number of milliseconds.
func toDuration(v sobek.Value) (time.Duration, bool) {
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

// span takes a duration or a percentage of the token's lifetime.
func (r *reader) span(name string, to *tokencache.Span) {
	v := r.get(name)
	if v == nil {
		return
	}
	if text, ok := v.Export().(string); ok && strings.HasSuffix(text, "%") {
		p, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(text, "%")), 64)
		if err != nil || math.IsNaN(p) || p < 0 || p > 100 {
			r.fail(name, "is %q; a percentage of the lifetime must be from \"0%%\" to \"100%%\"", text)
			return
		}
		*to = tokencache.Span{Fraction: p / 100}
		return
	}
	d, ok := toDuration(v)
	if !ok || d < 0 {
		r.fail(name, "is %s; it must be a duration of 0 or more such as \"30s\", a number of milliseconds, or a percentage of the lifetime such as \"10%%\"", show(v))
		return
	}
	*to = tokencache.Span{Absolute: d}
}

// number takes a number above 0, up to most.
func (r *reader) number(name string, to *float64, most float64) {
	v := r.get(name)
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
		r.fail(name, "is %s; it must be a number above 0, up to %g", show(v), most)
		return
	}
	*to = x
}
