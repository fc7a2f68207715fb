package verdict

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/lib/executor"
	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// TestTokenRequestsAreCounted: attempts that were repeated, challenged, or early are not counted as others are.
func TestTokenRequestsAreCounted(t *testing.T) {
	t.Parallel()
	r := newRig(t).begin()
	for reason, values := range map[string][]float64{
		"cold": {0, 0, 0, 0, 1, 1, 1, 1}, "early": {0, 0, 1, 1, 1},
	} {
		for _, failed := range values {
			r.see("clientcreds_request_failed", failed, "reason", reason)
		}
	}
	r.see("clientcreds_retries", 2, "reason", "cold")
	r.see("clientcreds_retries", 1, "reason", "early")
	r.see("clientcreds_dpop_nonce_retries", 1, "server", "authorization")
	r.see("clientcreds_dpop_nonce_retries", 5, "server", "resource")
	r.see("http_reqs", 2, "status", "200")
	r.see("grpc_req_duration", 7.5, "status", "0")
	r.see("grpc_req_duration", 7.5, "status", "16")
	got := r.Outcome().Inputs
	assert.InDelta(t, 13-3-1, got.TokenRequests, 0)
	assert.InDelta(t, 13-7-1, got.TokensGranted, 0)
	assert.InDelta(t, 7-3-(3-1), got.TokenRequestsFailed, 0)
	assert.InDelta(t, 4, got.Requests, 0)
	assert.InDelta(t, 1, got.Unauthorized, 0)
}

// TestDroppedWithoutTheTagScenario: iterations are undone only if no scenario has a rate.
func TestDroppedWithoutTheTagScenario(t *testing.T) {
	t.Parallel()
	for scenario, want := range map[string]validity.Inputs{
		"batch": {Unfinished: map[string]float64{"": 5}},
		"load":  {Dropped: 5},
	} {
		r := newRig(t, func(r *rig) {
			r.options.Scenarios = lib.ScenarioConfigs{"batch": executor.NewSharedIterationsConfig("batch")}
			if scenario == "load" {
				r.options.Scenarios["load"] = constant("load", time.Second)
			}
		}).begin()
		r.see("dropped_iterations", 5)
		got := r.Outcome().Inputs
		assert.Equal(t, want.Unfinished, got.Unfinished, scenario)
		assert.InDelta(t, want.Dropped, got.Dropped, 0, scenario)
	}
	assert.False(t, byIterations(nil, ""), "nothing is known of the scenarios")
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	assert.False(t, newRig(t).Interrupted(), "before the first iteration")
	r := newRig(t).begin()
	assert.False(t, r.Interrupted())
	r.test.SetExecutionStatus(lib.ExecutionStatusInterrupted)
	assert.True(t, r.Interrupted())
	for signal, want := range map[os.Signal]string{os.Interrupt: "SIGINT", syscall.SIGTERM: "SIGTERM"} {
		r = newRig(t).begin()
		r.signaled(signal)
		r.signaled(syscall.SIGTERM)
		assert.True(t, r.Interrupted())
		assert.Equal(t, want, r.signal, "the first one counts")
	}
}

// TestTestBeginsWhenK6SaysSo: its end and its length are known.
func TestTestBeginsWhenK6SaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t).begin()
		r.test.MarkStarted()
		time.Sleep(4 * time.Second) // on the bubble's clock
		r.time = testStart.Add(10 * time.Second)
		r.end()
		assert.Equal(t, testStart.Add(6*time.Second), r.started)
		assert.Equal(t, testStart.Add(10*time.Second), r.ended)
	})
	r := newRig(t)
	r.start()
	r.time = testStart.Add(time.Second)
	r.end()
	assert.Equal(t, testStart, r.started, "no iteration has begun")
}

func TestAfterLoad(t *testing.T) {
	t.Parallel()
	assert.False(t, afterLoad(nil))
	assert.False(t, afterLoad(&validity.Stop{After: 5.999, Of: 6}))
	assert.True(t, afterLoad(&validity.Stop{After: 6, Of: 6}))
	assert.False(t, afterLoad(&validity.Stop{After: 6, Of: 0}), "nobody knows how long the load is")
	assert.False(t, afterLoad(&validity.Stop{}))
}

// TestLevelOfTheLog: only a run whose exit code is not k6's own is an error.
func TestLevelOfTheLog(t *testing.T) {
	t.Parallel()
	r := newRig(t).begin()
	r.finally(nil)
	assert.Equal(t, logrus.ErrorLevel, r.logs.LastEntry().Level)
	r = newRig(t, func(r *rig) { r.env["K6_CLIENTCREDS_EXIT_CODE"] = "k6" }).begin()
	r.finally(nil)
	assert.Equal(t, logrus.WarnLevel, r.logs.LastEntry().Level)
	r = newRig(t).begin().good()
	r.state.TestStatus.MarkFailed()
	r.finally(nil)
	require.NotNil(t, r.logs.LastEntry())
	assert.Equal(t, logrus.WarnLevel, r.logs.LastEntry().Level, "FAIL")
}

func TestWordsAreBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	longest := strings.Repeat("x", maxWhy)
	assert.Equal(t, longest, r.safeText(longest))
	assert.Equal(t, longest[:maxWhy-len("…")]+"…", r.safeText(longest+"x"))
}

// TestVoidThresholds: a threshold that only has k6 keep a submetric is left out, unless it was crossed.
func TestVoidThresholds(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(r *rig) {
		all := metrics.NewThresholds([]string{"rate>=0", "rate>0"})
		crossed := metrics.NewThresholds([]string{"count>=0"})
		crossed.Thresholds[0].LastFailed = true
		r.options.Thresholds = map[string]metrics.Thresholds{"checks": all, "iterations": crossed}
	}).begin().good()
	assert.Equal(t, []validity.Threshold{
		{Metric: "checks", Source: "rate>0"}, {Metric: "iterations", Source: "count>=0", Crossed: true},
	}, r.Outcome().Thresholds)
}
