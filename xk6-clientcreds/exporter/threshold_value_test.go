package exporter

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"
)

// TestValuesOfThresholds are k6's own: exactly, except for percentiles away from the limit, and never on its other side.
func TestValuesOfThresholds(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for _, scale := range []float64{1, 1e-3, 1e5} {
		r := newRig(t, "")
		sources := []string{
			"avg<5", "min<1", "max<9", "med<7", "p(50)>5", "p(90)<9", "p(99.9)>9", "p(0)<1", "p(100)>1", "p(95)<1e9",
		}
		m := r.metric("subject", metrics.Trend, metrics.Time)
		r.SetThresholds(map[string]metrics.Thresholds{"subject": metrics.NewThresholds(sources)})
		sink := metrics.NewTrendSink()
		for range 500 {
			s := r.sample(m, scale*math.Exp(random.NormFloat64())*5)
			sink.Add(s)
			r.AddMetricSamples([]metrics.SampleContainer{s})
			for _, own := range r.store.run.thresholds {
				var want float64
				switch own.expr.Method {
				case "avg":
					want = sink.Avg()
				case "min":
					want = sink.Min()
				case "max":
					want = sink.Max()
				default:
					want = sink.P(own.expr.Percentile)
				}
				got, known := own.servedValue(time.Second)
				require.True(t, known)
				if own.expr.Method == "p" {
					require.InEpsilon(t, want, got*1000, 0.01, own.source)
				} else {
					require.InEpsilon(t, want, got*1000, 1e-9, own.source)
				}
				require.Equal(t, own.crossed(time.Second, false), !own.expr.Holds(got*1000), "%s: %g", own.source, got)
			}
		}
	}
}

func TestThresholdSeries(t *testing.T) {
	r := newRig(t, "runtimeMetrics=false", func(p *output.Params) { p.ScriptOptions.RunTags = map[string]string{"testid": "a"} })
	r.start()
	r.SetThresholds(map[string]metrics.Thresholds{
		"http_req_duration":                metrics.NewThresholds([]string{"p(95)<500"}),
		"http_req_duration{scenario:load}": metrics.NewThresholds([]string{"max<250"}),
		"http_req_failed":                  metrics.NewThresholds([]string{"rate<0.01"}),
		"http_reqs":                        metrics.NewThresholds([]string{"count>10"}),
		"my_time":                          metrics.NewThresholds([]string{"avg<200"}),
		"my_gauge":                         metrics.NewThresholds([]string{"value<7"}),
	})
	value := func(name, metric, threshold string) string {
		return r.value(name + `{abort_on_fail="false",metric="` + metric + `",testid="a",threshold="` + threshold + `"}`)
	}
	assert.Equal(t, "0.5", value("k6_threshold_limit", "http_req_duration", "p(95)<500"), "seconds, as the metric")
	assert.Equal(t, "0.01", value("k6_threshold_limit", "http_req_failed", "rate<0.01"))
	assert.Equal(t, "10", value("k6_threshold_limit", "http_reqs", "count>10"))
	assert.Equal(t, absent, value("k6_threshold_limit", "my_time", "avg<200"), "its unit is not known yet")
	assert.Equal(t, absent, value("k6_threshold_value", "http_req_duration", "p(95)<500"), "there are no samples")
	assert.Equal(t, absent, value("k6_threshold_value", "http_req_failed", "rate<0.01"), "there are no samples")
	assert.Equal(t, "0", value("k6_threshold_value", "http_reqs", "count>10"), "so many")

	r.add(r.builtin.HTTPReqDuration, 700)
	r.add(r.builtin.HTTPReqDuration, 100, "scenario", "load")
	r.add(r.builtin.HTTPReqFailed, 1)
	r.add(r.builtin.HTTPReqFailed, 0)
	r.add(r.builtin.HTTPReqs, 3)
	r.add(r.metric("my_time", metrics.Trend, metrics.Time), 50)
	r.add(r.metric("my_gauge", metrics.Gauge), 4)
	assert.Equal(t, "0.25", value("k6_threshold_limit", "http_req_duration{scenario:load}", "max<250"))
	assert.Equal(t, "0.1", value("k6_threshold_value", "http_req_duration{scenario:load}", "max<250"))
	assert.Equal(t, "0.67", value("k6_threshold_value", "http_req_duration", "p(95)<500"), "between its neighbors")
	assert.Equal(t, "0.5", value("k6_threshold_value", "http_req_failed", "rate<0.01"))
	assert.Equal(t, "3", value("k6_threshold_value", "http_reqs", "count>10"))
	assert.Equal(t, "0.2", value("k6_threshold_limit", "my_time", "avg<200"))
	assert.Equal(t, "0.05", value("k6_threshold_value", "my_time", "avg<200"))
	assert.Equal(t, "4", value("k6_threshold_value", "my_gauge", "value<7"))
}
