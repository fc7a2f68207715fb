package exporter

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.k6.io/k6/v2/metrics"
)

func TestMetricsAreFilteredByName(t *testing.T) {
	all := []string{"k6_http_req_blocked_seconds", "k6_http_req_duration_seconds", "k6_http_reqs_total", "k6_checks_rate"}
	for argument, want := range map[string][]string{
		"":                           all,
		"metrics=http_*":             all[:3],
		"metrics=http_* checks":      all,
		"metrics=k6_http_*_seconds":  all[:2],
		"metrics=k6_checks_rate":     all[3:],
		"dropMetrics=http_req_*":     all[2:],
		"dropMetrics=*_seconds *s_*": nil, // k6_checks_samples_total, k6_http_reqs_total
		"metrics=http_*,dropMetrics=k6_http_req_blocked_seconds": all[1:3],
		"metrics=[a-c]*": all[3:],
		"metrics=":       nil,
	} {
		r := newRig(t, argument)
		r.add(r.builtin.HTTPReqBlocked, 1)
		r.add(r.builtin.HTTPReqDuration, 1)
		r.add(r.builtin.HTTPReqs, 1)
		r.add(r.builtin.Checks, 1)
		body := r.scrape(acceptText)
		for _, name := range all {
			assert.Equal(t, slices.Contains(want, name), strings.Contains(body, "\n# TYPE "+name+" "), "%s with %q", name, argument)
		}
		assert.Contains(t, body, "\nk6_test_running 1\n", "%q leaves the metrics about the test", argument)
	}
}

// TestMetricsThatAreLeftOut are not dropped samples, which would make the run invalid, and their thresholds are served.
func TestMetricsThatAreLeftOut(t *testing.T) {
	r := newRig(t, "runtimeMetrics=false,dropMetrics=http_reqs,maxSeries=1")
	r.SetThresholds(map[string]metrics.Thresholds{"http_reqs": metrics.NewThresholds([]string{"count<3"})})
	r.add(r.builtin.HTTPReqs, 2, "status", "200")
	r.add(r.builtin.HTTPReqs, 2, "status", "500")
	r.add(r.builtin.HTTPReqs, math.NaN())
	body := r.scrape(acceptText)
	assert.NotContains(t, body, "k6_http_reqs")
	assert.NotContains(t, body, "k6_prometheus_dropped_samples_total")
	assert.Contains(t, body, `k6_threshold_crossed{abort_on_fail="false",metric="http_reqs",threshold="count<3"} 1`)
	assert.Empty(t, r.warnings())
}

func TestFilterThatLeavesNoMetric(t *testing.T) {
	r := newRig(t, "metrics=htpp_*")
	r.add(r.builtin.HTTPReqs, 1)
	r.add(r.builtin.VUs, 1)
	r.store.finish(nil)
	assert.Equal(t, []string{"The options metrics and dropMetrics left out all 2 metrics of the test. Prometheus got only the " +
		"metrics about the run: check the names"}, r.warnings())

	r = newRig(t, "metrics=http_*")
	r.add(r.builtin.HTTPReqs, 1)
	r.add(r.builtin.VUs, 1)
	r.store.finish(nil)
	assert.Empty(t, r.warnings(), "one is left")

	r = newRig(t, "metrics=http_*")
	r.store.finish(nil)
	assert.Empty(t, r.warnings(), "the test had none")
}
