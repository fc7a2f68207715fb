package jsmodule

import (
	"math"
	"strconv"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
)

// readSpan reads a duration, or a percentage of the token's lifetime.
func readSpan(r *jsoption.Reader, name string, to *tokencache.Span) {
	v := r.Get(name)
	if v == nil {
		return
	}
	if text, ok := v.Export().(string); ok && strings.HasSuffix(text, "%") {
		p, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(text, "%")), 64)
		if err != nil || math.IsNaN(p) || p < 0 || p > 100 {
			r.Fail(name, "is %q; a percentage of the lifetime must be from \"0%%\" to \"100%%\"", text)
			return
		}
		*to = tokencache.Span{Fraction: p / 100}
		return
	}
	d, ok := jsoption.ToDuration(v)
	if !ok || d < 0 {
		r.Fail(name, "is %s; it must be a duration of 0 or more such as \"30s\", a number of milliseconds, or a percentage "+
			"of the lifetime such as \"10%%\"", jsoption.Show(v))
		return
	}
	*to = tokencache.Span{Absolute: d}
}
