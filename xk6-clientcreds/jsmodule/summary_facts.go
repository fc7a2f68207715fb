package jsmodule

import (
	"maps"
	"math"
	"slices"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/regress"
)

// summaryMetrics are the metrics in the data of handleSummary, as JSON has them: by name, with type,
// values and thresholds.
type summaryMetrics map[string]any

// factsOf are the facts that the verdict depends on, as the data of handleSummary has them. What is
// missing there has not happened.
func factsOf(m summaryMetrics) regress.Facts {
	saturated, healthy := m.value("clientcreds_generator_saturated", "passes"), m.value("clientcreds_generator_saturated", "fails")
	f := regress.Facts{
		Iterations: m.value("iterations", "count"),
		Dropped:    m.value("dropped_iterations", "count"),
		Requests:   m.value("http_reqs", "count"),
		Imported:   true,
		Tokens: m.value("clientcreds_cache_hits", "count") + m.value("clientcreds_cache_misses", "count") +
			m.value("clientcreds_requests", "count"),
		Rejections: m.value("clientcreds_rejections", "count"),
		LateUses:   m.value("clientcreds_late_uses", "count"),
		Seconds:    saturated + healthy,
		Saturated:  saturated,
		Crossed:    m.crossed(),
	}
	// Which values a trend has is for options.summaryTrendStats to say. The number of samples is not a time.
	for name, v := range member(m["clientcreds_clock_skew"], "values") {
		if skew, _ := v.(float64); name != "count" {
			f.ClockSkew = max(f.ClockSkew, math.Abs(skew))
		}
	}
	return f
}

// value is one value of one metric, 0 when there is none.
func (m summaryMetrics) value(metric, name string) float64 {
	v, _ := member(m[metric], "values")[name].(float64)
	return v
}

// crossed are the thresholds that did not hold.
func (m summaryMetrics) crossed() []regress.Threshold {
	var list []regress.Threshold
	for _, metric := range slices.Sorted(maps.Keys(m)) {
		thresholds := member(m[metric], "thresholds")
		for _, source := range slices.Sorted(maps.Keys(thresholds)) {
			if state, ok := thresholds[source].(map[string]any); ok && state["ok"] == false {
				list = append(list, regress.Threshold{Metric: metric, Source: source, Crossed: true})
			}
		}
	}
	return list
}

// member is an object in an object, nil when there is none.
func member(object any, name string) map[string]any {
	fields, _ := object.(map[string]any)
	inner, _ := fields[name].(map[string]any)
	return inner
}
