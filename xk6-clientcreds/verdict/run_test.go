package verdict

import (
	"encoding/json"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/guregu/null.v3"

	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/lib/executor"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// TestFactsFromSamples: each fact is counted from the samples that tell of it.
func TestFactsFromSamples(t *testing.T) {
	t.Parallel()
	for want, see := range map[string]func(r *rig){
		"PASS": func(*rig) {},
		"INVALID: 2 answers were 401": func(r *rig) {
			r.see("http_reqs", 1, "status", "401", "expected_response", "false")
			r.see("http_reqs", 1, "status", "401") // http.setResponseCallback(null)
		},
		"PASS, a 401 is expected": func(r *rig) {
			r.see("http_reqs", 1, "status", "401", "expected_response", "true")
			r.see("clientcreds_rejections", 1)
		},
		"INVALID: 1 answer was 401 (WebSocket)": func(r *rig) { r.see("ws_sessions", 1, "status", "401") },
		"INVALID: 1 answer was 401 (gRPC)":      func(r *rig) { r.see("grpc_req_duration", 7.5, "status", "16") },
		"PASS, other answers": func(r *rig) {
			r.see("grpc_req_duration", 7.5, "status", "14")
			r.see("http_reqs", 1, "status", "403")
		},
		"INVALID: 1 request carried an expired token": func(r *rig) { r.see("clientcreds_expired_token_uses", 1) },
		"INVALID: 1 of 2 token requests failed (50%)": func(r *rig) {
			r.see("clientcreds_request_failed", 1, "reason", "expired")
		},
		"PASS, a background refresh fails": func(r *rig) {
			r.see("clientcreds_request_failed", 1, "reason", "early")
		},
		"PASS, a retry makes it good": func(r *rig) {
			r.see("clientcreds_request_failed", 1, "reason", "cold")
			r.see("clientcreds_retries", 1, "reason", "cold")
		},
		"INVALID: 1 of 2 token requests failed (50%), of three attempts": func(r *rig) {
			for range 3 {
				r.see("clientcreds_request_failed", 1, "reason", "acquire")
			}
			r.see("clientcreds_retries", 2, "reason", "acquire")
		},
		"INVALID: 2 of 12 calls that needed a token got none (16.67%)": func(r *rig) { r.see("clientcreds_token_errors", 2) },
		"INVALID: 5 iterations were dropped (33.33%): the rate was not kept": func(r *rig) {
			r.see("dropped_iterations", 5, "scenario", "load")
		},
		`INVALID: maxDuration ended scenario "batch" with 5 iterations undone`: func(r *rig) {
			r.see("dropped_iterations", 5, "scenario", "batch")
		},
		"INVALID: the server's clock and this one differ by 3 s": func(r *rig) { r.see("clientcreds_clock_skew", 3000) },
		"INVALID: k6 was at the limit of its CPU or late in 75% of the time": func(r *rig) {
			for _, saturated := range []float64{1, 1, 0, 1} {
				r.see("clientcreds_generator_saturated", saturated)
			}
		},
		"INVALID: 11 of 21 requests failed (52.38%)": func(r *rig) {
			r.see("http_reqs", 11, "status", "0", "expected_response", "false")
			r.see("http_reqs", 0, "status", "401", "expected_response", "false")
		},
		"INVALID: 11 of 21 requests failed (52.38%); and of introspect()": func(r *rig) {
			r.see("clientcreds_introspections", 6, "error", "server_error")
			r.see("clientcreds_revocations", 5, "error", "timeout")
		},
		"INVALID: 6 of 10 iterations ended with an exception (60%)": func(r *rig) {
			r.FailedIterations = func() int64 { return 6 }
		},
		"INVALID: 1 of 2 token requests failed (50%), with a nonce": func(r *rig) {
			r.see("clientcreds_request_failed", 0)
			r.see("clientcreds_dpop_nonce_retries", 1, "server", "authorization")
			r.see("clientcreds_dpop_nonce_retries", 1, "server", "resource")
			r.see("clientcreds_request_failed", 1)
		},
		"INVALID: 2 samples were lost by an output": func(r *rig) {
			r.Lost = func() map[string]int64 { return map[string]int64{"x": 2} }
		},
	} {
		r := newRig(t, func(r *rig) {
			r.options.Scenarios["batch"] = executor.NewSharedIterationsConfig("batch")
		}).begin().good()
		r.see("iterations", 0, "scenario", "batch")
		see(r)
		text := r.Outcome().Validity.String()
		assert.Equal(t, want[:min(len(want), len(text))], text, want)
	}
}

// TestWithoutTheTagStatus: only the clients' own observations are known.
func TestWithoutTheTagStatus(t *testing.T) {
	t.Parallel()
	r := newRig(t).begin()
	r.see("iterations", 1)
	r.see("clientcreds_cache_hits", 2)
	r.see("http_reqs", 2)
	r.see("clientcreds_rejections", 2)
	assert.Equal(t, "INVALID: 2 answers were 401", r.Outcome().Validity.String())
}

// TestOutputHandsSamplesOn: then k6's sinks are not listened to, and only one of several outputs is.
func TestOutputHandsSamplesOn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	add, err := r.Record(output.Params{ScriptOptions: r.options})
	require.NoError(t, err)
	again, err := r.Observe(output.Params{ScriptOptions: r.options})
	require.NoError(t, err)
	assert.Nil(t, again)
	r.see("iterations", 7)
	add([]metrics.SampleContainer{r.sample("iterations", 1), r.sample("http_req_duration", 5)})
	assert.Equal(t, validity.Inputs{Imported: true, Iterations: 1}, r.Outcome().Inputs)
}

func TestScriptThatHasNothingToDoWithIt(t *testing.T) {
	t.Parallel()
	r := New()
	add, err := r.Observe(output.Params{})
	require.NoError(t, err)
	assert.Nil(t, add)
	_, wanted := r.Finish(nil)
	assert.False(t, wanted)
	r.start()
	r.finally(nil)
	assert.Equal(t, 0, r.exitCode(0), "and no panic without a logger")
}

func abort(text string, reason errext.AbortReason, code exitcodes.ExitCode) error {
	return errext.WithAbortReasonIfNone(errext.WithExitCodeIfNone(errors.New(text), code), reason)
}

// TestWhatStoppedTheTest: as the error says it that k6 gives outputs.
func TestWhatStoppedTheTest(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"INVALID: stopped after 3 s of 6 s by SIGINT": abort("test run was aborted because k6 received a 'interrupt' signal",
			errext.AbortedByUser, exitcodes.ExternalAbort),
		"INVALID: stopped after 3 s of 6 s by SIGTERM": abort("test run was aborted because k6 received a 'terminated' "+
			"signal",
			errext.AbortedByUser, exitcodes.ExternalAbort),
		"INVALID: stopped after 3 s of 6 s by the REST API": abort("test run stopped from REST API", errext.AbortedByUser,
			exitcodes.ScriptStoppedFromRESTAPI),
		"INVALID: stopped after 3 s of 6 s by the script": &errext.InterruptError{Reason: errext.AbortTest},
		"INVALID: stopped after 3 s of 6 s by an output": errext.WithAbortReasonIfNone(errors.New("x"),
			errext.AbortedByOutput),
		"FAIL: teardown() ended with an exception; asynchronous": errors.New("Uncaught (in promise) Error: x"),
		"FAIL: teardown() ended with an exception": abort("x", errext.AbortedByScriptError,
			exitcodes.ScriptException),
		"FAIL: teardown() took too long": abort("x", errext.AbortedByTimeout,
			exitcodes.TeardownTimeout),
	} {
		r := newRig(t).begin().good()
		r.time = r.time.Add(3 * time.Second)
		r.end()
		o, wanted := r.Finish(err)
		assert.True(t, wanted)
		assert.Equal(t, strings.TrimSuffix(want, "; asynchronous"), o.Validity.String())
		assert.Equal(t, codeOf(err), o.ExitCode, "k6's own code stays")
	}
}

func TestExceptionInSetup(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	o, _ := r.Finish(abort("x", errext.AbortedByScriptError, exitcodes.ScriptException))
	assert.Equal(t, "INVALID: no iteration was completed; stopped by an exception: x; not one token was used",
		o.Validity.String())
}

// TestComparisonThatStoppedTheTest: k6 ends such a test without an error, so its exit code stays 0. What stops it later
// counts as usual.
func TestComparisonThatStoppedTheTest(t *testing.T) {
	r := newRig(t).begin().good()
	r.Decided()
	r.time = r.time.Add(2 * time.Second)
	o := r.Outcome()
	assert.Equal(t, &validity.Stop{By: validity.ByDecision, After: 2, Of: 6}, o.Stopped)
	assert.Equal(t, "PASS", o.String())
	assert.Zero(t, o.ExitCode)

	o, _ = r.Finish(abort("test run was aborted because k6 received a 'interrupt' signal", errext.AbortedByUser, exitcodes.ExternalAbort))
	assert.Equal(t, validity.Invalid, o.Verdict)
}

// TestWhyTheScriptStoppedTheTest: the text of the script, without what must not get into a record.
func TestWhyTheScriptStoppedTheTest(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ö", 300)
	for text, want := range map[string]string{
		"Error: preflight: the API answered 404\n\tat preflight (file:///home/me/lib/preflight.js:18:15(70))\n": "preflight: the API answered 404",
		"GoError: k6/x/clientcreds: no token\n\tat setup (file:///x.js:1:1(1))":                                 "k6/x/clientcreds: no token",
		"test aborted: enough of it at default (file:///home/me/script.js:5:45(6))":                             "enough of it",
		"Uncaught (in promise) Error: late at file (file:///x.js:1:1(1))":                                       "late",
		"test aborted":                  "",
		"the secret hunter2 is refused": "the secret **** is refused",
		"the API at https://me:pw@api.example.com:8443/a/b?key=abc#x answered 401": "the API at https://api.example.com:8443/… answered 401",
		"GET http://127.0.0.1:1 and http://h/ 'https://i.example/x' \x1b[31mred\r": "GET http://127.0.0.1:1 and http://h/ " +
			"'https://i.example/…' [31mred",
		long: strings.Repeat("ö", 148) + "…",
	} {
		r := newRig(t)
		r.Redact = func(text string) string { return strings.ReplaceAll(text, "hunter2", "****") }
		r.start()
		for reason, by := range map[errext.AbortReason]string{
			errext.AbortedByScriptError: "an exception",
			errext.AbortedByScriptAbort: "the script",
		} {
			o, _ := r.Finish(abort(text, reason, exitcodes.ScriptException))
			require.NotNil(t, o.Stopped)
			assert.Equal(t, validity.Stop{By: by, Why: want}, *o.Stopped)
		}
		o, _ := r.Finish(abort(text, errext.AbortedByOutput, exitcodes.ScriptException))
		assert.Empty(t, o.Stopped.Why, "nobody else stopped it with a text")
	}
}

// TestStoppedBeforeTheErrorIsKnown: in handleSummary without an output, k6's status and the signal say so.
func TestStoppedBeforeTheErrorIsKnown(t *testing.T) {
	t.Parallel()
	r := newRig(t).begin().good()
	assert.Equal(t, "PASS", r.Outcome().Validity.String())
	r.test.SetExecutionStatus(lib.ExecutionStatusInterrupted)
	r.time = r.time.Add(2 * time.Second)
	r.end()
	assert.Equal(t, "INVALID: stopped after 2 s of 6 s", r.Outcome().Validity.String())

	r = newRig(t).begin().good()
	r.signaled(syscall.SIGTERM)
	r.time = r.time.Add(2 * time.Second) // of teardown()
	r.signaled(syscall.SIGINT)
	r.end()
	r.test.SetExecutionStatus(lib.ExecutionStatusInterrupted)
	assert.Equal(t, "INVALID: stopped by SIGTERM", r.Outcome().Validity.String())
}

// thresholds are a script's thresholds, of which the first has been crossed.
func thresholds(abort bool) map[string]metrics.Thresholds {
	all := metrics.NewThresholds([]string{"rate==1", "rate>0"})
	all.Thresholds[0].LastFailed, all.Thresholds[0].AbortOnFail = true, abort
	return map[string]metrics.Thresholds{"checks": all}
}

func TestThresholds(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(r *rig) { r.options.Thresholds = thresholds(false) }).begin().good()
	o, _ := r.Finish(abort("x", errext.AbortedByThresholdsAfterTestEnd, exitcodes.ThresholdsHaveFailed))
	assert.Equal(t, "FAIL: 1 threshold was crossed; exit code 99", o.String())
	assert.Equal(t, []validity.Threshold{
		{Metric: "checks", Source: "rate==1", Crossed: true},
		{Metric: "checks", Source: "rate>0"},
	}, o.Thresholds)

	r = newRig(t, func(r *rig) { r.options.Thresholds = thresholds(true) }).begin().good()
	r.test.SetExecutionStatus(lib.ExecutionStatusInterrupted)
	assert.Equal(t, "FAIL: 1 threshold was crossed", r.Outcome().Validity.String(), "abortOnFail")
	assert.Equal(t, validity.ByThreshold, r.Outcome().Stopped.By)

	r = newRig(t, func(r *rig) {
		r.options.Thresholds = thresholds(false)
		r.state.RuntimeOptions.NoThresholds = null.BoolFrom(true)
	}).begin().good()
	assert.Equal(t, "PASS", r.Outcome().Validity.String(), "--no-thresholds")
	assert.Empty(t, r.Outcome().Thresholds)
}

func TestTestThatTheScriptMarksAsFailed(t *testing.T) {
	t.Parallel()
	r := newRig(t).begin().good()
	r.state.TestStatus.MarkFailed()
	assert.Equal(t, "FAIL: the script marked the test as failed", r.Outcome().Validity.String())
}

// TestExitCodes: 90 replaces what says that nothing, or only the measurement, went wrong.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	for own, want := range map[int]int{
		0: 90, 99: 90, 110: 90, 103: 103, 104: 104, 105: 105, 107: 107, 108: 108,
		255: 255,
	} {
		r := newRig(t).begin()
		assert.Equal(t, own, r.exitCode(own), "the run goes on")
		r.finally(nil)
		assert.Equal(t, want, r.exitCode(own))
		good := newRig(t).begin().good()
		good.finally(nil)
		assert.Equal(t, own, good.exitCode(own))
	}
}

func TestExitCodeThatIsKept(t *testing.T) {
	t.Parallel()
	script := func(text string) func(*rig) {
		return func(r *rig) { r.options.External = map[string]json.RawMessage{"clientcreds": json.RawMessage(text)} }
	}
	variable := func(value string) func(*rig) { return func(r *rig) { r.env["K6_CLIENTCREDS_EXIT_CODE"] = value } }
	for _, c := range []struct {
		change []func(*rig)
		want   int
	}{
		{nil, 90},
		{[]func(*rig){script(`{"exitCode": "k6"}`)}, 0},
		{[]func(*rig){variable("k6")}, 0},
		{[]func(*rig){script(`{"exitCode": "k6"}`), variable("verdict")}, 90},
		{[]func(*rig){script(`{"exitCode": "verdict"}`), variable("k6")}, 0},
	} {
		r := newRig(t, c.change...).begin()
		r.finally(nil)
		assert.Equal(t, c.want, r.exitCode(0))
	}
	for text, want := range map[string]string{
		`{"exitCode": "none"}`: `options.ext.clientcreds.exitCode is "none"; it must be "verdict", by which an invalid run ends with 90, or "k6"`,
		`{"allow": ["x"]}`:     `options.ext.clientcreds: "x" is not a rule of validity; use one of no_iterations`,
		`{"exitcod": "k6"}`:    `options.ext.clientcreds must be an object that has nothing but allow and the text exitCode, but it has "exitcod"`,
	} {
		r := newRig(t, script(text))
		require.ErrorContains(t, r.Begin(r.execution()), want)
	}
	r := newRig(t)
	r.env["K6_CLIENTCREDS_EXIT_CODE"] = "0"
	require.ErrorContains(t, r.Import(r.state), `K6_CLIENTCREDS_EXIT_CODE is "0"; it must be "verdict"`)
}

// The environment counts although the module never saw an iteration: k6 may give all of them to virtual users that it
// does not wait for.
func TestEnvironmentWithoutAnIteration(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]int{"": 90, "no_tokens,idle_scenarios,no_iterations": 0} {
		r := newRig(t, func(r *rig) { r.env["K6_CLIENTCREDS_ALLOW"] = value })
		r.start()
		r.see("iterations", 10, "scenario", "load")
		r.finally(nil)
		assert.Equal(t, want, r.exitCode(0), value)
	}
}

// TestLog: an outcome that is not PASS is logged once, with the exit code.
func TestLog(t *testing.T) {
	t.Parallel()
	const reason = "no iteration was completed; not one token was used"
	r := newRig(t).begin()
	r.finally(nil)
	assert.Equal(t, "The run is INVALID: "+reason+"; exit code 90, not 0: set K6_CLIENTCREDS_EXIT_CODE=k6 to keep k6's own", r.logs.LastEntry().Message)

	r = newRig(t, func(r *rig) { r.env["K6_CLIENTCREDS_EXIT_CODE"] = "k6" }).begin()
	r.finally(nil)
	assert.Equal(t, "The run is INVALID: "+reason+"; exit code 0, as exitCode or K6_CLIENTCREDS_EXIT_CODE asks for",
		r.logs.LastEntry().Message)

	r = newRig(t).begin()
	r.Written("run.json", nil)
	r.finally(nil)
	assert.Empty(t, r.logs.AllEntries())
	r = newRig(t).begin().good()
	r.finally(nil)
	assert.Empty(t, r.logs.AllEntries())
	r = newRig(t)
	r.finally(errors.New("an exception in the init context"))
	assert.Empty(t, r.logs.AllEntries(), "it did not begin")
}

func TestRecordThatIsNotWritten(t *testing.T) {
	t.Parallel()
	r := newRig(t).begin().good()
	r.Unwritten(errors.New("the run record was not written: no space left on the device"))
	r.finally(nil)
	assert.Equal(t, 90, r.exitCode(0))
	assert.Contains(t, r.logs.LastEntry().Message,
		"The run is INVALID: the run record was not written: no space left on the device")
}

// TestNobodyLooks: without facts there is no verdict, least of all PASS.
func TestNobodyLooks(t *testing.T) {
	t.Parallel()
	off := func(r *rig) {
		r.state.RuntimeOptions.NoThresholds = null.BoolFrom(true)
		r.state.RuntimeOptions.SummaryMode = null.StringFrom("disabled")
	}
	r := newRig(t, off).begin()
	r.finally(nil)
	assert.Contains(t, r.logs.LastEntry().Message, "The verdict on this run is unknown")
	assert.Equal(t, 0, r.exitCode(0))

	r = newRig(t, off)
	_, err := r.Observe(output.Params{ScriptOptions: r.options})
	require.NoError(t, err)
	r.begin().finally(nil)
	assert.Equal(t, 90, r.exitCode(0), "an output looks")
}

// TestErrorOfAnEvent: k6's types of data are internal.
func TestErrorOfAnEvent(t *testing.T) {
	t.Parallel()
	err := errors.New("x")
	assert.Equal(t, err, errorIn(&struct{ Error error }{err}))
	require.NoError(t, errorIn(&struct{ Error error }{}))
	for _, data := range []any{nil, 7, struct{}{}, &struct{ Error string }{"x"}} {
		require.NoError(t, errorIn(data))
	}
}

func BenchmarkSink(b *testing.B) {
	registry := metrics.NewRegistry()
	builtin := metrics.RegisterBuiltinMetrics(registry)
	r := New()
	require.NoError(b, r.Import(&lib.TestPreInitState{Registry: registry}))
	s := metrics.Sample{TimeSeries: metrics.TimeSeries{
		Metric: builtin.HTTPReqs, Tags: registry.RootTagSet().With("status", "200").With("url", "x").With("expected_response",
			"true"),
	}, Value: 1}
	b.ReportAllocs()
	for b.Loop() {
		builtin.HTTPReqs.Submetrics[0].Metric.Sink.Add(s)
	}
}

// TestIdleScenarios: a scenario that completed nothing is not measured. In one part of a test it may have no virtual
// user.
func TestIdleScenarios(t *testing.T) {
	t.Parallel()
	withIdle := func(r *rig) { r.options.Scenarios["idle"] = constant("idle", time.Second) }
	r := newRig(t, withIdle).begin().good()
	assert.Equal(t, `INVALID: scenario "idle" completed no iteration`, r.Outcome().Validity.String())
	r.see("iterations", 1, "scenario", "idle")
	assert.Equal(t, "PASS", r.Outcome().Validity.String())

	r = newRig(t, withIdle, func(r *rig) {
		segment, err := lib.NewExecutionSegmentFromString("0:1/2")
		require.NoError(t, err)
		r.options.ExecutionSegment = segment
	}).begin().good()
	assert.Equal(t, "PASS", r.Outcome().Validity.String())

	r = newRig(t, withIdle).begin()
	r.see("iterations", 1) // options.systemTags leaves the tag out
	r.see("clientcreds_cache_hits", 1)
	assert.Equal(t, "PASS", r.Outcome().Validity.String())
}

// TestCanceledTokenRequests: what k6 cut off has neither failed nor succeeded.
func TestCanceledTokenRequests(t *testing.T) {
	t.Parallel()
	r := newRig(t).begin().good()
	for range 10 {
		r.see("clientcreds_request_failed", 1, "error", "canceled")
		r.see("clientcreds_token_errors", 1, "error", "canceled")
	}
	assert.Equal(t, "PASS", r.Outcome().Validity.String())
	assert.InDelta(t, 1, r.Outcome().Inputs.TokenRequests, 0)
}

// TestStopAfterTheLoad: what was measured counts.
func TestStopAfterTheLoad(t *testing.T) {
	t.Parallel()
	r := newRig(t).begin().good()
	r.time = r.time.Add(7 * time.Second)
	r.end()
	o, _ := r.Finish(abort("test run was aborted because k6 received a 'interrupt' signal", errext.AbortedByUser,
		exitcodes.ExternalAbort))
	assert.Equal(t, "FAIL: stopped by SIGINT when its load was over", o.Validity.String())
	assert.Nil(t, o.Stopped)
}

// TestAsynchronousSetupIsRejected: k6's error has neither a reason nor a code.
func TestAsynchronousSetupIsRejected(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	o, _ := r.Finish(errors.New("Uncaught (in promise) Error: no server"))
	assert.Equal(t, "INVALID: no iteration was completed; stopped by an exception: no server; not one token was used",
		o.Validity.String())
}

// TestThresholdsWithoutSamples: k6 takes them for kept.
func TestThresholdsWithoutSamples(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(r *rig) {
		r.options.Thresholds = make(map[string]metrics.Thresholds)
		for name, source := range map[string]string{
			"http_req_duration{scenario:misspelled}": "p(95)<500", "checks": "rate>0.9", "clientcreds_rejections": "count==0",
			"http_req_waiting": "max>=0", "iterations": "count>0",
		} {
			r.options.Thresholds[name] = metrics.NewThresholds([]string{source})
		}
	}).begin().good()
	m := r.registry.Get("http_req_duration")
	_, err := m.AddSubmetric("scenario:misspelled")
	require.NoError(t, err)
	r.registry.Get("iterations").Sink.Add(r.sample("iterations", 1))
	r.end()
	r.finally(nil)
	var warned []string
	for _, e := range r.logs.AllEntries() {
		warned = append(warned, e.Message)
	}
	assert.Equal(t, []string{
		`The threshold "rate>0.9" of checks decided nothing, because there was no sample: check the name and the tags`,
		`The threshold "p(95)<500" of http_req_duration{scenario:misspelled} decided nothing, because there was no sample: check the name and the tags`,
	}, warned)
}
