package jsmodule

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/metrics"
)

// see hands what was sampled to the sinks of k6's metrics, as k6 does for its summary.
func (v *vu) see() {
	for _, samples := range v.collected() {
		for _, s := range samples {
			for _, sub := range s.Metric.Submetrics {
				sub.Metric.Sink.Add(s)
			}
		}
	}
}

// iterated has k6 count iterations.
func (v *vu) iterated(n float64) {
	m := v.rt.BuiltinMetrics.Iterations
	v.samples <- metrics.Sample{
		TimeSeries: metrics.TimeSeries{Metric: m, Tags: v.state.Tags.GetCurrentValues().Tags},
		Value:      n,
	}
}

// TestValidity: with any argument, the verdict is the run's verdict.
func TestValidity(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := newVU(t, New())
	v.mustRun(e.client(""))
	v.start()
	v.mustRun(`client.token(); client.token()`)
	v.module.process.end()
	v.iterated(2)
	v.see()
	for _, argument := range []string{
		``, `null`, `7`, `{}`, `{metrics: {iterations: {values: {count: 0}}}}`,
		`{metadata: {}, results: {}}`,
	} {
		assert.Equal(t, "PASS", v.mustRun(`validity(`+argument+`).text`), argument)
	}
	_, _ = v.module.process.run.Finish(nil) // as an output does
	assert.Equal(t, map[string]any{"verdict": "PASS", "text": "PASS", "reasons": []any{}},
		v.mustRun(`JSON.parse(JSON.stringify({...validity(), process: undefined}))`))
}

func TestValidityHasReasons(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	v.start()
	v.iterated(1)
	v.see()
	assert.Equal(t, map[string]any{
		"verdict": "INVALID", "text": "INVALID: not one token was used",
		"reasons": []any{map[string]any{
			"rule": "no_tokens", "text": "not one token was used", "value": int64(1),
			"limit": int64(0),
		}},
	}, v.mustRun(`JSON.parse(JSON.stringify({...validity(), process: undefined}))`))
}

func TestValidityInTheInitContext(t *testing.T) {
	t.Parallel()
	_, err := newVU(t, New()).run(`validity()`)
	require.ErrorContains(t, err,
		"TypeError: k6/x/clientcreds: validity() is called in the init context or during the test; "+
			"call it in handleSummary(), because the verdict is known when the test is over")
}

// TestCallsWithoutATokenAreCounted: each way of calling, and not where k6 ends the iteration.
func TestCallsWithoutATokenAreCounted(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.refuse = func(_ int, w http.ResponseWriter) bool { return oauthError(w, 401, "invalid_client", "") }
	v := newVU(t, New())
	v.mustRun(e.client(""))
	v.start()
	v.mustRun(`(async () => {
		for (const f of [() => client.token(), () => client.headers(), () => client.get('http://127.0.0.1:9/')]) try { f() } catch {}
		for (const f of [() => client.tokenAsync(), () => client.asyncRequest('GET', 'http://127.0.0.1:9/')]) try { await f() } catch {}
		client.acquire();
	})()`)
	samples := v.collected()["clientcreds_token_errors"]
	assert.Equal(t, 5.0, sum(samples))
	label, _ := samples[0].Tags.Get("error")
	assert.Equal(t, "invalid_client", label)

	v.iterated(5)
	v.see()
	assert.Equal(t, "INVALID: not one token was granted: 6 token requests failed", v.mustRun(`validity().text`))
}
