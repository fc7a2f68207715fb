package prometheus

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// testTotals: Prometheus has the same values as k6's summary, sample by sample.
func (o *observed) testTotals(t *testing.T) {
	for _, job := range o.steadyJobs() {
		compared := 0
		for name, values := range o.steady.Summary.Metrics {
			if strings.Contains(name, "{") {
				continue // a submetric: the same samples again
			}
			compared++
			number := func(key string) float64 { v, _ := values[key].(float64); return v }
			total := func(suffix string) float64 { // 0 for a metric that has a threshold but no samples
				expr := fmt.Sprintf("sum (k6_%s%s{job=%q}) or vector(0)", name, suffix, job)
				return o.value(t, expr, o.steadyLast)
			}
			switch {
			case values["passes"] != nil: // a Rate; passes are the samples that are not zero
				assert.Equal(t, number("passes"), total("_nonzero_total"), "%s %s", job, name)
				assert.Equal(t, number("passes")+number("fails"), total("_samples_total"), "%s %s", job, name)
			case values["avg"] != nil:
				count, sum := o.histogram(t, job, "k6_"+name+"_seconds")
				assert.Equal(t, number("count"), count, "%s %s", job, name)
				assert.InEpsilon(t, number("count")*number("avg")+1e-9, sum*1000+1e-9, 1e-6, "%s %s", job, name)
			case values["count"] != nil:
				assert.Equal(t, number("count"), total("_total"), "%s %s", job, name)
			default: // a Gauge; k6 goes on setting it until after the test
				assert.InDelta(t, number("value"), total(""), number("max")-number("min"), "%s %s", job, name)
			}
		}
		assert.Greater(t, compared, 20, "metrics of the summary")
	}
}

// testBeginnings: with the time at which each counter began, the rates of Prometheus have what was
// counted before the first scrape too, such as the first tokens of all virtual users.
func (o *observed) testBeginnings(t *testing.T) {
	if o.major < 3 {
		t.Log("Prometheus 2 does not take the time at which a counter began; nothing to compare")
		return
	}
	window := o.steadyLast.Sub(o.from).Round(time.Second) + time.Second
	for _, expr := range []string{
		`sum (%s(k6_clientcreds_requests_total{job=%q,reason="cold"}[%s]))`,
		`sum (%s(k6_clientcreds_request_failed_samples_total{job=%q,reason="cold"}[%s]))`,
		`histogram_count(sum (%s(k6_clientcreds_request_duration_seconds{job=%q,reason="cold"}[%s])))`,
	} {
		total := o.value(t, fmt.Sprintf(expr, "last_over_time", jobSteady, window), o.steadyLast)
		increase := o.value(t, fmt.Sprintf(expr, "increase", jobSteady, window), o.steadyLast)
		assert.Positive(t, total, expr)
		assert.InEpsilon(t, total, increase, 0.2, expr) // increase extrapolates
	}
}

// histogram returns how many samples a histogram has, and their sum, at the end of the steady run.
func (o *observed) histogram(t *testing.T, job, name string) (count, sum float64) {
	t.Helper()
	if job == jobSteadyClassic {
		return o.value(t, fmt.Sprintf("sum (%s_count{job=%q})", name, job), o.steadyLast),
			o.value(t, fmt.Sprintf("sum (%s_sum{job=%q})", name, job), o.steadyLast)
	}
	return o.value(t, fmt.Sprintf("histogram_count(sum (%s{job=%q}))", name, job), o.steadyLast),
		o.value(t, fmt.Sprintf("histogram_sum(sum (%s{job=%q}))", name, job), o.steadyLast)
}

// steadyJobs are the scrapes of the steady run that this Prometheus can make.
func (o *observed) steadyJobs() []string {
	if o.major < 3 {
		return []string{jobSteadyClassic}
	}
	return []string{jobSteady, jobSteadyClassic}
}

// testPercentiles: a percentile in Prometheus is k6's own, within the width of a bucket.
func (o *observed) testPercentiles(t *testing.T) {
	const nativeFactor = 1.0905077326652577 // 2^(1/8), from one native bucket to the next
	for _, name := range []string{"http_req_duration", "iteration_duration", "clientcreds_request_duration"} {
		metric := fmt.Sprintf("k6_%s_seconds", name)
		for _, q := range []struct {
			quantile      float64
			lower, higher string // ranks next to it
		}{{0.5, "p(40)", "p(60)"}, {0.95, "p(93)", "p(97)"}, {0.99, "p(98.5)", "p(99.5)"}} {
			low := o.steady.Summary.Value(name, q.lower) / 1000
			high := o.steady.Summary.Value(name, q.higher) / 1000
			require.Positive(t, low, name)
			if o.major >= 3 {
				native := o.value(t, fmt.Sprintf("histogram_quantile(%g, sum (%s{job=%q}))", q.quantile, metric, jobSteady),
					o.steadyLast)
				assert.GreaterOrEqual(t, native, low/nativeFactor, "%s %g", name, q.quantile)
				assert.LessOrEqual(t, native, high*nativeFactor, "%s %g", name, q.quantile)
			}
			below, _ := o.bucketAround(t, metric, low)
			_, above := o.bucketAround(t, metric, high)
			classic := o.value(t, fmt.Sprintf("histogram_quantile(%g, sum by (le) (%s_bucket{job=%q}))", q.quantile, metric,
				jobSteadyClassic), o.steadyLast)
			assert.GreaterOrEqual(t, classic, below, "%s %g", name, q.quantile)
			assert.LessOrEqual(t, classic, above, "%s %g", name, q.quantile)
		}
	}
}

// bucketAround returns the bounds of the classic bucket that a value is in.
func (o *observed) bucketAround(t *testing.T, metric string, v float64) (lower, upper float64) {
	t.Helper()
	upper = math.Inf(1)
	for _, s := range o.query(t, fmt.Sprintf("sum by (le) (%s_bucket{job=%q})", metric, jobSteadyClassic), o.steadyLast) {
		var bound float64
		_, err := fmt.Sscan(s.Metric["le"], &bound)
		require.NoError(t, err)
		if bound < v {
			lower = max(lower, bound)
		} else {
			upper = min(upper, bound)
		}
	}
	return lower, upper
}
