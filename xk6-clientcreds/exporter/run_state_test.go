package exporter

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"
)

// withScenarios sets the scenarios of a test, as a script has them.
func withScenarios(t *testing.T, scenarios string) func(*output.Params) {
	t.Helper()
	return func(p *output.Params) {
		require.NoError(t, json.Unmarshal([]byte(scenarios), &p.ScriptOptions.Scenarios))
	}
}

// value returns the value of the gauge whose line starts with series, or absent.
func (r *rig) value(series string) string {
	r.t.Helper()
	for line := range strings.Lines(r.scrape(acceptText)) {
		if value, found := strings.CutPrefix(line, series+" "); found {
			return strings.TrimSpace(value)
		}
	}
	return absent
}

const absent = "absent"

func TestStateOfTheTest(t *testing.T) {
	r := newRig(t, "")
	r.add(r.builtin.VUs, 1) // k6 sends both during initialization
	r.add(r.builtin.VUsMax, 1)
	assert.Equal(t, "0", r.value("k6_test_running"), "not yet")
	assert.Equal(t, absent, r.value("k6_test_start_time_seconds"))
	assert.Equal(t, absent, r.value("k6_test_end_time_seconds"))

	r.time = testStart.Add(10 * time.Second)
	r.add(r.builtin.IterationDuration, 2000)
	assert.Equal(t, "1", r.value("k6_test_running"))
	assert.Equal(t, "1.700000008e+09", r.value("k6_test_start_time_seconds"), "when the first iteration began")
	assert.Equal(t, absent, r.value("k6_test_exit_code"))

	r.time = testStart.Add(20 * time.Second)
	r.add(r.builtin.IterationDuration, 15_000)
	assert.Equal(t, "1.700000008e+09", r.value("k6_test_start_time_seconds"), "only the first samples tell")

	r.store.finish(nil)
	assert.Equal(t, "0", r.value("k6_test_running"))
	assert.Equal(t, "1.70000002e+09", r.value("k6_test_end_time_seconds"))
	assert.Equal(t, "0", r.value("k6_test_exit_code"))
}

// TestStartIsNotGuessedFromOtherTimes: a token's lifetime is a time too, and not one that has passed.
func TestStartIsNotGuessedFromOtherTimes(t *testing.T) {
	r := newRig(t, "")
	r.add(r.metric("token_ttl", metrics.Trend, metrics.Time), 300_000)
	assert.Equal(t, "1.7e+09", r.value("k6_test_start_time_seconds"))
}

func TestExitCode(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, "0"},
		{errors.New("unexpected"), "255"},
		{errext.WithExitCodeIfNone(errors.New("thresholds"), exitcodes.ThresholdsHaveFailed), "99"},
		{fmt.Errorf("wrapped: %w", errext.WithExitCodeIfNone(errors.New("x"), exitcodes.ScriptException)), "107"},
	} {
		r := newRig(t, "")
		r.store.finish(c.err)
		assert.Equal(t, c.want, r.value("k6_test_exit_code"), "%v", c.err)
	}
}

func TestProgressByTime(t *testing.T) {
	r := newRig(t, "", withScenarios(t, `{
		"vus":     {"executor": "constant-vus", "vus": 1, "duration": "10s", "gracefulStop": "30s"},
		"ramp":    {"executor": "ramping-vus", "stages": [{"duration": "5s", "target": 1}, {"duration": "15s", "target": 0}]},
		"rate":    {"executor": "constant-arrival-rate", "rate": 1, "preAllocatedVUs": 1, "duration": "10s", "startTime": "20s", "exec": "other"},
		"ramping": {"executor": "ramping-arrival-rate", "preAllocatedVUs": 1, "stages": [{"duration": "40s", "target": 1}]}
	}`))
	assert.Equal(t, "1", r.value(`k6_scenario_info{exec="other",executor="constant-arrival-rate",scenario="rate"}`))
	assert.Equal(t, "1", r.value(`k6_scenario_info{exec="default",executor="constant-vus",scenario="vus"}`))
	progress := func() []string {
		return []string{
			r.value(`k6_scenario_progress_ratio{scenario="vus"}`),
			r.value(`k6_scenario_progress_ratio{scenario="ramp"}`),
			r.value(`k6_scenario_progress_ratio{scenario="rate"}`),
			r.value(`k6_scenario_progress_ratio{scenario="ramping"}`),
			r.value("k6_test_progress_ratio"),
		}
	}
	assert.Equal(t, []string{"0", "0", "0", "0", "0"}, progress(), "before the start")
	r.add(r.builtin.Iterations, 1)
	r.time = testStart.Add(5 * time.Second)
	assert.Equal(t, []string{"0.5", "0.25", "0", "0.125", "0.125"}, progress())
	r.time = testStart.Add(25 * time.Second)
	assert.Equal(t, []string{"1", "1", "0.5", "0.625", "0.625"}, progress())
	r.time = testStart.Add(41 * time.Second) // iterations that stop gracefully
	assert.Equal(t, []string{"1", "1", "1", "1", "1"}, progress())
}

func TestProgressByIterations(t *testing.T) {
	r := newRig(t, "", withScenarios(t, `{
		"shared": {"executor": "shared-iterations", "vus": 2, "iterations": 10},
		"each":   {"executor": "per-vu-iterations", "vus": 4, "iterations": 5, "maxDuration": "20s"}
	}`))
	for range 5 {
		r.add(r.builtin.Iterations, 1, "scenario", "shared")
		r.add(r.builtin.Iterations, 1, "scenario", "each")
		r.add(r.builtin.HTTPReqs, 1, "scenario", "each")
	}
	r.time = testStart.Add(10 * time.Second)
	assert.Equal(t, "0.5", r.value(`k6_scenario_progress_ratio{scenario="shared"}`))
	assert.Equal(t, "0.25", r.value(`k6_scenario_progress_ratio{scenario="each"}`), "5 of 20")
	assert.Equal(t, "0.5", r.value("k6_test_progress_ratio"),
		"10 s each are left: by the pace of the first and by the longest time of the second")
	r.time = testStart.Add(20 * time.Second)
	assert.Equal(t, "1", r.value(`k6_scenario_progress_ratio{scenario="each"}`), "out of time")
}

// Where nobody knows how long a scenario takes, nobody knows how much of the test is done.
func TestProgressOfAScenarioWithoutLength(t *testing.T) {
	r := runState{now: time.Now, start: testStart, scenarios: []*scenario{{length: time.Minute}, {}}}
	_, known := r.progress()
	assert.False(t, known)
	_, known = (&runState{now: time.Now, start: testStart, scenarios: r.scenarios[:1]}).progress()
	assert.True(t, known)
}

// The pace of a scenario counts from its own start.
func TestProgressOfALateScenario(t *testing.T) {
	s := scenario{startTime: 10 * time.Second, length: time.Minute, iterations: 10}
	assert.Zero(t, s.progress(5*time.Second))
	assert.Equal(t, 65*time.Second, s.left(5*time.Second))
	s.done = 1
	assert.Zero(t, s.progress(10*time.Second-1))
	assert.InDelta(t, 0.1, s.progress(10*time.Second), 1e-9)
	s.done = 4
	assert.Equal(t, 15*time.Second, s.left(20*time.Second), "4 in 10 s")
	s.done = 20
	assert.InDelta(t, 1, s.progress(20*time.Second), 1e-9)
}

func TestProgressCountsTheSegmentOnly(t *testing.T) {
	r := newRig(t, "", withScenarios(t, `{"a": {"executor": "shared-iterations", "vus": 2, "iterations": 10}}`),
		func(p *output.Params) {
			segment, err := lib.NewExecutionSegmentFromString("0:1/2")
			require.NoError(t, err)
			p.ScriptOptions.ExecutionSegment = segment
		})
	r.add(r.builtin.Iterations, 4, "scenario", "a")
	r.time = testStart.Add(time.Second)
	assert.Equal(t, "0.8", r.value(`k6_scenario_progress_ratio{scenario="a"}`), "4 of the 5 that are this instance's")
}

func TestProgressAtTheEnd(t *testing.T) {
	const scenarios = `{"a": {"executor": "constant-vus", "vus": 1, "duration": "10s"}}`
	abort := func(reason errext.AbortReason) error {
		return errext.WithAbortReasonIfNone(errors.New("stopped"), reason)
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, "1"},
		{abort(errext.AbortedByThresholdsAfterTestEnd), "1"},
		{abort(errext.AbortedByThreshold), "0.4"},
		{abort(errext.AbortedByUser), "0.4"},
	} {
		r := newRig(t, "", withScenarios(t, scenarios))
		r.add(r.builtin.Iterations, 1)
		r.time = testStart.Add(4 * time.Second)
		r.store.finish(c.err)
		r.time = testStart.Add(8 * time.Second) // nothing moves during the linger
		assert.Equal(t, c.want, r.value("k6_test_progress_ratio"), "%v", c.err)
	}
}

func TestRunTagsAreLabelsOfTheState(t *testing.T) {
	r := newRig(t, "dropLabels=team", func(p *output.Params) {
		p.ScriptOptions.RunTags = map[string]string{"testid": "a", "team": "b", "metric": "taken by the exporter"}
	})
	r.add(r.builtin.Iterations, 1)
	r.add(r.builtin.Iterations, math.NaN())
	assert.Equal(t, "1", r.value(`k6_test_running{metric="taken by the exporter",testid="a"}`))
	assert.Equal(t, "1", r.value(`k6_prometheus_dropped_samples_total{metric="iterations",reason="nan",testid="a"}`))
}

// TestRunTagsAreLabelsOfTheProcess: the dashboards select a test by its tag testid, with the CPU of its load generator.
func TestRunTagsAreLabelsOfTheProcess(t *testing.T) {
	r := newRig(t, "", func(p *output.Params) {
		p.ScriptOptions.RunTags = map[string]string{"testid": "a", "version": "of the server", "quantile": "x"}
	})
	for _, want := range []string{
		`go_goroutines{tag_quantile="x",testid="a"} `, `process_cpu_seconds_total{tag_quantile="x",testid="a"} `,
		`go_info{tag_quantile="x",testid="a",version="go`,
	} {
		assert.Contains(t, r.scrape(acceptText), "\n"+want)
	}
}
