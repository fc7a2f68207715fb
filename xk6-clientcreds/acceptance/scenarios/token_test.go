package scenarios

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// generous is an objective that a busy machine keeps.
const generous = "SLO_P95=20s"

func TestScenarioTokenBaseline(t *testing.T) {
	runScenarios(t, "scripts/token-baseline.js", map[string]scenario{
		"good": {
			env: []string{"RATE=20", "DURATION=2s", generous},
			lines: []string{
				`  SLO      95% of the token requests within {x} s, 1.00% failed`,
				`  tail     the slowest 1% take {x} times as long as the median`,
			},
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				require.Equal(t, map[string]int64{"issued": stats.TokenRequests.Total}, stats.TokenRequests.ByResult)
				require.InDelta(t, 20*2, r.Summary.Count("iterations"), 10, "near the rate, as well as a busy machine keeps it")
				require.EqualValues(t, 1+r.Summary.Count("iterations"), stats.TokenRequests.Total,
					"setup(), and a new one each time")
			},
		},
		"too slow": {
			server:  servers.WithFaults(`{"token": {"latency": "300ms"}}`),
			env:     []string{"RATE=20", "DURATION=1s", "SLO_P95=250ms"},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_request_duration"},
			lines:   []string{`  SLO      95% of the token requests within 250 ms, 1.00% failed`},
		},
		"too many errors": {
			server:  servers.WithFaults(`{"token": {"errors": [{"rate": 0.3, "error": "server_error"}]}}`),
			env:     []string{"RATE=40", "DURATION=1s", generous, "SLO_ERRORS=0.1"},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_request_failed"},
		},
		"the rate was not kept": {
			server:  servers.WithFaults(`{"token": {"latency": "300ms"}}`),
			env:     []string{"RATE=40", "DURATION=1s", generous, "MAX_VUS=2"},
			exit:    k6test.ExitInvalid,
			crossed: []string{"dropped_iterations"},
		},
	})
}

// Where no token can be had, there is nothing to say of the server's capacity.
func TestScenarioTokenCapacityWithoutLoad(t *testing.T) {
	t.Parallel()
	r := k6test.Run{Script: "scripts/token-capacity.js", Env: servers.StartLocal(t, nil).Env("CLIENT_SECRET=wrong",
		"TO=60")}.Do(t)
	require.Equal(t, k6test.ExitScriptException, r.ExitCode, r.Output)
	require.NotContains(t, r.Output, "  capacity ")
}

// With the metrics of the server, the scenario says what the server had no more of.
func TestScenarioTokenCapacityNamesTheLimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	result := filepath.Join(dir, "result.json")
	r := k6test.Run{
		Script: "scripts/token-capacity.js",
		Env: servers.StartLocal(t, servers.WithFaults(`{"token": {"rate_limit": {"per_second": 60, "burst": 20}}}`)).Env("FROM=20", "TO=160", "STEPS=2",
			"STEP=3s", "WARM_UP=0s", generous, "MAX_VUS=20", "RESULT_FILE="+result, "SLO_ERRORS=0.05"),
		Args: []string{
			"-o", "clientcreds-record=file=" + filepath.Join(dir, "r.json") +
				",scrape=idp=" + servers.StartMetrics(t, servers.GoMetrics(1.96)) +
				",scrape=db=" + servers.StartMetrics(t, servers.GoMetrics(0.5)),
		},
	}.Do(t).Passes(t)
	require.Regexp(t, `limit server: at 160/s [\d.]+% failed, idp CPU \d+%; k6`, strings.Join(strings.Fields(r.Output), " "))
	found := k6test.ReadCapacity(t, result)
	require.Regexp(t, `, idp CPU \d+%$`, found.Why)
	require.Len(t, found.Servers, 2)
	require.InDelta(t, 0.98, found.Servers[1].Usage, 0.2)
}

// The scenario finds the capacity of the server's token bucket, and the side that limits it.
func TestScenarioTokenCapacity(t *testing.T) {
	dir := t.TempDir()
	result := func(name string) string { return "RESULT_FILE=" + filepath.Join(dir, name) }
	found := func(t *testing.T, name string) k6test.Capacity {
		t.Helper()
		return k6test.ReadCapacity(t, filepath.Join(dir, name))
	}
	runScenarios(t, "scripts/token-capacity.js", map[string]scenario{
		"no limit": {
			env: []string{"FROM=20", "TO=60", "STEPS=3", "STEP=1s", "WARM_UP=0s", generous, "MAX_VUS=20", result("none")},
			lines: []string{
				`  capacity at least {x} tokens/s within the SLO`,
				`  limit    none: raise TO; k6 used up to {x}% of its CPU`,
			},
			saw: func(t *testing.T, stats authserver.Stats, _ k6test.Result) {
				t.Helper()
				found := found(t, "none")
				require.Len(t, found.Steps, 3)
				require.Equal(t, []int{20, 40, 60}, []int{found.Steps[0].Rate, found.Steps[1].Rate, found.Steps[2].Rate})
				require.InDelta(t, 60, found.Capacity, 3)
				require.InDelta(t, 20+40+60, stats.TokenRequests.ByResult["issued"], 3)
			},
		},
		"the server's rate limit": {
			server: servers.WithFaults(`{"token": {"rate_limit": {"per_second": 60, "burst": 20}}}`),
			env: []string{
				"FROM=40", "TO=120", "STEPS=3", "STEP=2s", "WARM_UP=0s", generous, "MAX_VUS=20", "SLO_ERRORS=0.05",
				result("limited"),
			},
			lines: []string{
				`  capacity {x} tokens/s within the SLO`,
				`  limit    server: at {n}/s {x}% failed; k6 used up to {x}% of its CPU`,
			},
			saw: func(t *testing.T, stats authserver.Stats, _ k6test.Result) {
				t.Helper()
				found := found(t, "limited")
				require.InDelta(t, 40, found.Capacity, 2, "the last step below the limit")
				require.InDelta(t, 60, found.Steps[2].Granted, 12, "what the limit lets through when the bucket is empty")
				require.InDelta(t, 60+20/2, found.Most, 12)
				require.Positive(t, stats.TokenRequests.ByResult["rate_limited"])
			},
		},
		"not even the first step": {
			server: servers.WithFaults(`{"token": {"rate_limit": {"per_second": 10, "burst": 1}}}`),
			env: []string{
				"FROM=40", "TO=80", "STEPS=2", "STEP=1s", "WARM_UP=0s", generous, "MAX_VUS=20",
				result("none of it"),
			},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_request_failed{step:1}"},
			saw: func(t *testing.T, _ authserver.Stats, r k6test.Result) {
				t.Helper()
				require.Zero(t, found(t, "none of it").Capacity)
				require.NotContains(t, r.Crossed(), "clientcreds_request_failed{step:2}")
			},
		},
		"less than expected": {
			server: servers.WithFaults(`{"token": {"latency": "300ms"}}`),
			env: []string{
				"FROM=10", "TO=20", "STEPS=2", "STEP=1s", "WARM_UP=0s", "SLO_P95=250ms", "EXPECT=20",
				"MAX_VUS=20",
			},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_request_duration{step:1}", "clientcreds_request_duration{step:2}"},
			lines:   []string{`  limit    server: at 10/s p95 was {n} ms; k6 used up to {x}% of its CPU`},
		},
		"too few virtual users": {
			server: servers.WithFaults(`{"token": {"latency": "200ms"}}`),
			env: []string{
				"FROM=5", "TO=80", "STEPS=2", "STEP=2s", "WARM_UP=0s", generous, "MAX_VUS=3", "EXPECT=80",
				result("VUs"),
			},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_requests{step:2}"},
			saw: func(t *testing.T, _ authserver.Stats, _ k6test.Result) {
				t.Helper()
				found := found(t, "VUs")
				require.Equal(t, "generator", found.Limit)
				require.Contains(t, found.Why, "at 80/s the rate was not kept")
			},
		},
	})
}

// What is only seen of a saturated machine, of metrics as they are there: steps of 100 and 200 requests
// per second, of which the second one misses the objective.
func TestScenarioTokenCapacitySide(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		p95, failed, requests float64 // of the second step
		cpu                   float64
		saturated             bool // as the verdict says
		limit, why            string
	}{
		"in time": {10, 0, 200, 0.5, false, "none", "raise TO"},
		"late":    {900, 0, 200, 0.5, false, "server", "at 200/s p95 was 900 ms"},
		"late, with little CPU": {
			900, 0, 200, 0.85, false, "generator",
			"at 200/s p95 was 900 ms, and k6 had too little CPU to spare",
		},
		"late, without CPU": {
			900, 0, 200, 1, true, "generator",
			"at 200/s p95 was 900 ms, and k6 had too little CPU to spare",
		},
		"late, without CPU for once": {
			900, 0, 200, 0.95, false, "generator",
			"at 200/s p95 was 900 ms, and k6 had too little CPU to spare",
		},
		"late, with others' load": {
			900, 0, 200, 0.3, true, "generator",
			"at 200/s p95 was 900 ms, and k6 had too little CPU to spare",
		},
		"refused":              {10, 0.2, 200, 0.5, false, "server", "at 200/s 20.00% failed"},
		"refused, without CPU": {10, 0.2, 200, 1, true, "server", "at 200/s 20.00% failed"},
		"not sent": {
			10, 0, 100, 0.5, false, "generator",
			"at 200/s the rate was not kept although the server was fast enough: raise MAX_VUS",
		},
		"not sent, without CPU": {
			10, 0, 100, 1, true, "generator",
			"at 200/s the rate was not kept, and k6 had too little CPU to spare",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			type values map[string]any
			metric := func(v values) map[string]values { return map[string]values{"values": v} }
			metrics, err := json.Marshal(map[string]any{
				"iterations":                           metric(values{"count": 300}),
				"clientcreds_requests":                 metric(values{"count": 300}),
				"clientcreds_request_duration{step:1}": metric(values{"p(95)": 10, "max": 10}),
				"clientcreds_request_failed{step:1}":   metric(values{"rate": 0, "passes": 0, "fails": 100}),
				"clientcreds_request_duration{step:2}": metric(values{"p(95)": c.p95, "max": c.p95}),
				"clientcreds_request_failed{step:2}": metric(values{
					"rate": c.failed, "passes": c.failed * c.requests,
					"fails": (1 - c.failed) * c.requests,
				}),
				"clientcreds_generator_cpu": metric(values{"value": c.cpu, "max": c.cpu}),
			})
			require.NoError(t, err)
			r := k6test.Run{
				Script: k6test.Fixture("capacity-of.js"),
				Env: map[string]string{
					"FROM": "100", "TO": "200", "STEPS": "2", "STEP": "1s",
					"MEASURED": string(metrics), "SATURATED": strconv.FormatBool(c.saturated), "K6_CLIENTCREDS_ALLOW": "no_tokens",
				},
				Args: []string{"--log-format", "raw"},
			}.Do(t).Passes(t)
			var found k6test.Capacity
			require.NoError(t, json.Unmarshal([]byte(jsonLine.FindString(r.Output)), &found), r.Output)
			require.Equal(t, c.limit, found.Limit)
			require.Equal(t, c.why, found.Why)
		})
	}
}

var jsonLine = regexp.MustCompile(`(?m)^\{.*\}$`)
