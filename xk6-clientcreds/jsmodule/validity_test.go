package jsmodule

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/grafana/sobek"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/errext"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/regress"
)

// over is a VU after the test, as that of teardown() and handleSummary.
func over(t *testing.T, outputs Outputs) *vu {
	t.Helper()
	root := New()
	root.Ask(outputs)
	v := newVU(t, root)
	v.start()
	return v
}

const goodSummary = `globalThis.data = {metrics: {
	iterations: {type: 'counter', values: {count: 1000, rate: 10.5}},
	http_reqs: {type: 'counter', values: {count: 1000, rate: 10.5}},
	clientcreds_cache_hits: {type: 'counter', values: {count: 990}},
	clientcreds_generator_saturated: {type: 'rate', values: {rate: 0, passes: 0, fails: 100}},
	checks: {type: 'rate', values: {rate: 1, passes: 1000, fails: 0}, thresholds: {'rate==1': {ok: true}}},
}};`

// TestVerdictOfASummary: each fact is taken from where k6 has it.
func TestVerdictOfASummary(t *testing.T) {
	t.Parallel()
	v := over(t, Outputs{})
	for change, want := range map[string]string{
		``:                               "PASS",
		`delete data.metrics.iterations`: "INVALID: no iteration was completed",
		`delete data.metrics.clientcreds_cache_hits`:                                                                      "INVALID: 1000 requests were sent, and not one token was used",
		`data.metrics.dropped_iterations = {values: {count: 5}}`:                                                          "INVALID: 5 iterations were dropped (0.5%): the rate was not kept",
		`data.metrics.clientcreds_rejections = {values: {count: 2}}`:                                                      "INVALID: 2 answers were 401",
		`data.metrics.clientcreds_late_uses = {values: {count: 1}}`:                                                       "INVALID: 1 request carried an expired token",
		`data.metrics.clientcreds_generator_saturated.values = {passes: 20, fails: 80}`:                                   "INVALID: k6 was at the limit of its CPU or late in 20% of the time",
		`data.metrics.clientcreds_clock_skew = {values: {med: 0, max: 2500.5}}`:                                           "INVALID: the server's clock and this one differ by 2.5 s",
		`data.metrics.checks.thresholds['rate==1'].ok = false`:                                                            "FAIL: 1 threshold was crossed",
		`data.metrics.checks.thresholds['rate==1'].ok = false; data.metrics.clientcreds_late_uses = {values: {count: 1}}`: "INVALID: 1 request carried an expired token",
	} {
		assert.Equal(t, want, v.mustRun(goodSummary+change+`; validity(data).text`), change)
	}
	assert.Equal(t, map[string]any{
		"verdict": "INVALID", "text": "INVALID: 2 answers were 401",
		"reasons": []any{
			map[string]any{"rule": "rejections", "text": "2 answers were 401", "value": 0.002, "limit": int64(0)},
			map[string]any{"rule": "thresholds", "text": "checks: rate==1 does not hold", "value": int64(1), "limit": int64(0)},
		},
	}, v.mustRun(goodSummary+`data.metrics.checks.thresholds['rate==1'].ok = false;
		data.metrics.clientcreds_rejections = {values: {count: 2}}; JSON.parse(JSON.stringify({...validity(data), process: undefined}))`))
}

// TestSummaryAndRecordAreJudgedAlike: the facts of both are the same, for the same samples.
func TestSummaryAndRecordAreJudgedAlike(t *testing.T) {
	t.Parallel()
	counter := func(sum int) string { return fmt.Sprintf(`{"type":"counter","all":{"samples":1,"sum":%d}}`, sum) }
	record, err := regress.Decode(strings.NewReader(`{"format":"clientcreds-record","version":1,"interval":1,
		"thresholds":[{"metric":"checks","source":"rate==1","crossed":true},{"metric":"iterations","source":"count>1","crossed":false}],
		"metrics":{
		"iterations":` + counter(1000) + `,"dropped_iterations":` + counter(2) + `,"http_reqs":` + counter(900) + `,
		"clientcreds_cache_hits":` + counter(800) + `,"clientcreds_cache_misses":` + counter(7) + `,"clientcreds_requests":` + counter(11) + `,
		"clientcreds_rejections":` + counter(3) + `,"clientcreds_late_uses":` + counter(4) + `,
		"clientcreds_generator_saturated":{"type":"rate","all":{"samples":60,"nonzero":9}},
		"clientcreds_clock_skew":{"type":"trend","all":{"samples":1,"sum":2500,"min":2500,"max":2500,"sketch":{"accuracy":0.005,"bins":[[782,1]]}}}}}`))
	require.NoError(t, err)
	var summary map[string]any
	require.NoError(t, json.Unmarshal([]byte(`{
		"iterations":{"values":{"count":1000},"thresholds":{"count>1":{"ok":true}}},"dropped_iterations":{"values":{"count":2}},
		"http_reqs":{"values":{"count":900}},"clientcreds_cache_hits":{"values":{"count":800}},
		"clientcreds_cache_misses":{"values":{"count":7}},"clientcreds_requests":{"values":{"count":11}},
		"clientcreds_rejections":{"values":{"count":3}},"clientcreds_late_uses":{"values":{"count":4}},
		"clientcreds_generator_saturated":{"values":{"rate":0.15,"passes":9,"fails":51}},
		"clientcreds_clock_skew":{"values":{"avg":2500,"max":2500}},
		"checks":{"values":{},"thresholds":{"rate==1":{"ok":false}}}}`), &summary))
	assert.Equal(t, record.Facts(), factsOf(summary))
	assert.Equal(t, regress.Judge(record.Facts(), nil), regress.Judge(factsOf(summary), nil))
	assert.Equal(t, regress.Invalid, regress.Judge(record.Facts(), nil).Verdict)
}

func TestLostSamplesCountInTheSummaryToo(t *testing.T) {
	t.Parallel()
	v := over(t, Outputs{Lost: func() map[string]int64 { return map[string]int64{"prometheus_nan": 2, "prometheus_series_limit": 1} }})
	assert.Equal(t, "INVALID: 3 samples were lost by an output", v.mustRun(goodSummary+`validity(data).text`))
}

func TestWhatAScriptAllowsIsNoReason(t *testing.T) {
	t.Parallel()
	v := over(t, Outputs{})
	v.module.process.places.lookupEnv = func(string) (string, bool) { return "", false }
	code := goodSummary + `data.metrics.clientcreds_rejections = {values: {count: 2}}; validity(data).text`
	v.state.Options.External = map[string]json.RawMessage{"clientcreds": json.RawMessage(`{"allow":{"rejections":0.01}}`)}
	assert.Equal(t, "PASS", v.mustRun(code))
	v.state.Options.External = map[string]json.RawMessage{"clientcreds": json.RawMessage(`{"allow":["rejection"]}`)}
	_, err := v.run(code)
	require.ErrorContains(t, err, `TypeError: k6/x/clientcreds: options.ext.clientcreds: "rejection" is not a rule of validity; allowed: no_iterations`)
	v.state.Options.External = nil
	v.module.process.places.lookupEnv = func(name string) (string, bool) { return "rejections", name == "K6_CLIENTCREDS_ALLOW" }
	assert.Equal(t, "PASS", v.mustRun(code))
}

func TestValidityOfSomethingElse(t *testing.T) {
	t.Parallel()
	v := over(t, Outputs{})
	for _, argument := range []string{``, `null`, `7`, `{}`, `{metrics: 1}`, `[]`} {
		_, err := v.run(`validity(` + argument + `)`)
		require.ErrorContains(t, err, "TypeError: k6/x/clientcreds: validity() wants the data that k6 gives handleSummary", argument)
	}
	assert.Equal(t, "INVALID: no iteration was completed", v.mustRun(`validity({metrics: {iterations: null, x: 7, y: {values: 3, thresholds: {a: 1}}}}).text`))
}

func TestRequireValid(t *testing.T) {
	t.Parallel()
	judged := regress.Validity{Verdict: regress.Pass}
	known := true
	v := over(t, Outputs{Judge: func(context.Context) (regress.Validity, bool) { return judged, known }})
	assert.Nil(t, v.mustRun(`requireValid()`))
	judged = regress.Judge(regress.Facts{Iterations: 1, LateUses: 2}, nil)
	_, err := v.run(`try { requireValid() } catch (e) {}; while (true) {}`)
	var interrupted *sobek.InterruptedError
	require.ErrorAs(t, err, &interrupted, "a script cannot catch it")
	coded, ok := interrupted.Value().(errext.HasExitCode)
	require.True(t, ok)
	assert.EqualValues(t, 90, coded.ExitCode())
	require.EqualError(t, coded, "the run does not count: INVALID: 2 requests carried an expired token")
	assert.NotErrorAs(t, coded, new(errext.HasAbortReason), "the test was not stopped early")

	v.rt.VU.Runtime().ClearInterrupt()
	known = false
	assert.Nil(t, v.mustRun(`requireValid()`), "nothing was recorded")
	assert.Nil(t, over(t, Outputs{}).mustRun(`requireValid()`))
}

func TestRequireValidIsForTeardown(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	const want = "TypeError: k6/x/clientcreds: requireValid() is to be called in teardown()"
	_, err := v.run(`requireValid()`)
	require.ErrorContains(t, err, want, "the init context")
	v.start()
	v.state.VUID = 3
	_, err = v.run(`requireValid()`)
	require.ErrorContains(t, err, want, "an iteration")
}

// TestRequireValidKnowsWhatIterationsCounted: counters that wait for the end of the test are sent before.
func TestRequireValidKnowsWhatIterationsCounted(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	root := New()
	v := newVU(t, root)
	v.mustRun(e.client(""))
	v.start()
	v.mustRun(`client.token(); client.token()`)
	require.Empty(t, v.collected()["clientcreds_cache_hits"])
	var hits float64
	root.Ask(Outputs{Judge: func(context.Context) (regress.Validity, bool) {
		hits = sum(v.collected()["clientcreds_cache_hits"])
		return regress.Validity{}, false
	}})
	teardown := newVU(t, root)
	teardown.start()
	teardown.mustRun(`requireValid()`)
	assert.InDelta(t, 1, hits, 0)
}
