package exporter

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"
	"gopkg.in/guregu/null.v3"
)

// TestThresholdsAgreeWithK6 evaluates expressions of every kind on random samples, after every
// sample, here and with k6's own code.
func TestThresholdsAgreeWithK6(t *testing.T) {
	expressions := map[metrics.MetricType][]string{
		metrics.Counter: {"count>50", "count <= 120", "count==30", "count!=30", "rate>2", "rate<2.5"},
		metrics.Gauge:   {"value>3", "value<=4", "value===5"},
		metrics.Rate:    {"rate>0.5", "rate<=0.5", "rate==0.5", "rate>=0.95"},
		metrics.Trend: {
			"avg<5", "avg>=5", "min<1", "min==0", "max<9", "max>=9", "med<5", "med<=5", "med==5", "med!=5",
			"p(0)<1", "p(50)>5", "p(90)<9", "p(95)<=9", "p(95)>=9", "p(99.9)>9", "p(100)<9", "p(33.3)==3", "p(75)===7.5",
		},
	}
	random := rand.New(rand.NewPCG(5, 6))
	for typ, sources := range expressions {
		for round := range 20 {
			r := newRig(t, "")
			m := r.metric("subject", typ)
			r.SetThresholds(map[string]metrics.Thresholds{"subject": metrics.NewThresholds(sources)})
			require.Len(t, r.store.run.thresholds, len(sources))
			sink := metrics.NewSink(typ)
			for i := range 60 {
				// Few different values, so that ranks often fall on equal ones and on the limit.
				s := r.sample(m, float64(random.IntN(2+round))/float64(1+round%3))
				sink.Add(s)
				r.AddMetricSamples([]metrics.SampleContainer{s})
				elapsed := time.Duration(i+1) * 700 * time.Millisecond
				for _, own := range r.store.run.thresholds {
					theirs := metrics.NewThresholds([]string{own.source})
					require.NoError(t, theirs.Parse())
					passed, err := theirs.Run(sink, elapsed)
					require.NoError(t, err)
					require.Equal(t, !passed, own.crossed(elapsed, false), "%s after %d samples", own.source, i+1)
				}
			}
		}
	}
}

// TestThresholdsWithoutSamples: k6 does not evaluate them during the test, but at its end.
func TestThresholdsWithoutSamples(t *testing.T) {
	for source, typ := range map[string]metrics.MetricType{
		"count>0": metrics.Counter, "count<1": metrics.Counter, "value>0": metrics.Gauge, "value<1": metrics.Gauge,
		"rate>0.5": metrics.Rate, "avg>0": metrics.Trend, "avg<1": metrics.Trend, "min>0": metrics.Trend,
		"p(95)>0": metrics.Trend, "p(95)<1": metrics.Trend, "med>0": metrics.Trend,
	} {
		theirs := metrics.NewThresholds([]string{source})
		require.NoError(t, theirs.Parse())
		passed, err := theirs.Run(metrics.NewSink(typ), time.Second)
		require.NoError(t, err)

		r := newRig(t, "")
		r.SetThresholds(map[string]metrics.Thresholds{"subject": metrics.NewThresholds([]string{source})})
		own := r.store.run.thresholds[0]
		assert.False(t, own.crossed(time.Second, false), source)
		assert.Equal(t, !passed, own.crossed(time.Second, true), source)
	}
}

// TestRateOfACounterWithoutSamples is 0, while a Rate without samples has none.
func TestRateOfACounterWithoutSamples(t *testing.T) {
	r := newRig(t, "")
	r.SetThresholds(map[string]metrics.Thresholds{
		"http_reqs":       metrics.NewThresholds([]string{"rate>1"}),
		"http_req_failed": metrics.NewThresholds([]string{"rate>1"}),
	})
	assert.False(t, r.store.run.thresholds[0].crossed(time.Second, true), "the Rate")
	assert.True(t, r.store.run.thresholds[1].crossed(time.Second, true), "the Counter")

	r = newRig(t, "")
	r.SetThresholds(map[string]metrics.Thresholds{"http_reqs": metrics.NewThresholds([]string{"rate<5"})})
	r.add(r.builtin.HTTPReqs, 1)
	assert.False(t, r.store.run.thresholds[0].crossed(0, false), "there is no rate before any time has passed")
}

func TestThresholdsOnSubmetrics(t *testing.T) {
	r := newRig(t, "runtimeMetrics=false,dropLabels=scenario")
	r.SetThresholds(map[string]metrics.Thresholds{
		"http_reqs":                              metrics.NewThresholds([]string{"count<4"}),
		"http_reqs{status:200}":                  metrics.NewThresholds([]string{"count<4"}),
		`http_reqs{ "status":'500', scenario:a}`: metrics.NewThresholds([]string{"count<2"}),
	})
	r.add(r.builtin.HTTPReqs, 3, "status", "200", "scenario", "a")
	r.add(r.builtin.HTTPReqs, 1, "status", "500", "scenario", "a")
	r.add(r.builtin.HTTPReqs, 5, "status", "500", "scenario", "b")
	r.add(r.builtin.HTTPReqs, 7, "method", "GET")
	body := r.scrape(acceptText)
	for _, want := range []string{
		`metric="http_reqs",threshold="count<4"} 1`,
		`metric="http_reqs{status:200}",threshold="count<4"} 0`,
		`metric="http_reqs{ \"status\":'500', scenario:a}",threshold="count<2"} 0`,
	} {
		assert.Contains(t, body, `k6_threshold_crossed{abort_on_fail="false",`+want+"\n")
	}
}

func TestThresholdsThatAbortAreMarked(t *testing.T) {
	var thresholds metrics.Thresholds
	require.NoError(t, thresholds.UnmarshalJSON([]byte(
		`[{"threshold": "count<9", "abortOnFail": true}, "count<5", "count<5"]`)))
	r := newRig(t, "runtimeMetrics=false")
	r.SetThresholds(map[string]metrics.Thresholds{"iterations": thresholds})
	assert.Equal(t, []string{
		`k6_threshold_crossed{abort_on_fail="false",metric="iterations",threshold="count<5"} 0`,
		`k6_threshold_crossed{abort_on_fail="true",metric="iterations",threshold="count<9"} 0`,
	}, thresholdLines(r.scrape(acceptText)), "one series for each, also where the script repeats one")
}

func TestThresholdsThatK6DoesNotEvaluateAreNotServed(t *testing.T) {
	r := newRig(t, "", func(p *output.Params) { p.RuntimeOptions.NoThresholds = null.BoolFrom(true) })
	r.SetThresholds(map[string]metrics.Thresholds{"iterations": metrics.NewThresholds([]string{"count<5"})})
	assert.NotContains(t, r.scrape(acceptText), "k6_threshold_crossed")
}

// TestVoidConditionsAreNotServed: scripts have them so that k6 keeps a submetric. One that is crossed all the same is.
func TestVoidConditionsAreNotServed(t *testing.T) {
	r := newRig(t, "")
	r.start()
	r.SetThresholds(map[string]metrics.Thresholds{
		"iterations":        metrics.NewThresholds([]string{"count>=0", "count>0"}),
		"http_req_duration": metrics.NewThresholds([]string{"max>=0"}),
	})
	r.add(r.builtin.Iterations, 1)
	served := func() []string { return thresholdLines(r.scrape(acceptText)) }
	assert.Equal(t, []string{`k6_threshold_crossed{abort_on_fail="false",metric="iterations",threshold="count>0"} 0`},
		served())
	r.add(r.builtin.HTTPReqDuration, -1)
	assert.Contains(t, served(),
		`k6_threshold_crossed{abort_on_fail="false",metric="http_req_duration",threshold="max>=0"} 1`)
}

func thresholdLines(body string) []string {
	var lines []string
	for line := range strings.Lines(body) {
		if strings.HasPrefix(line, "k6_threshold_crossed{") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

func TestThresholdWithoutACondition(t *testing.T) {
	r := newRig(t, "")
	r.SetThresholds(map[string]metrics.Thresholds{"iterations": metrics.NewThresholds([]string{"count"})})
	assert.Equal(t, []string{`threshold "count" on "iterations" is not served`}, r.warnings())
}
