package scenarios

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

func TestScenarioColdStartHerd(t *testing.T) {
	const vus = 20
	runScenarios(t, "scripts/cold-start-herd.js", map[string]scenario{
		"good": {
			server: servers.WithFaults(`{"token": {"latency": "700ms"}}`),
			env:    []string{"VUS=20", "GAP=2s", "MAX_WAIT=30s"},
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				onlyGranted(t, stats)
				require.Regexp(t, `(?m)^  shared   token requests of 20 VUs: 1; the longest wait [0-9]`, r.Unwrapped())
				require.Regexp(t, `(?m)^  vu       token requests of 20 VUs: 20, up to [0-9]+ at once; the longest wait [0-9]`,
					r.Unwrapped())
				require.Equal(t, map[string]int64{"issued": 1 + 1 + vus}, stats.TokenRequests.ByResult,
					"setup(), one for all, one for each")
				require.Greater(t, stats.TokenRequests.ConcurrentPeak, int64(vus/2))
				require.EqualValues(t, stats.TokenRequests.ConcurrentPeak, r.Summary.Value("token_requests_at_once", "value"))
			},
		},
		"the server does not stand the burst": {
			server: servers.WithFaults(`{"token": {"rate_limit": {"per_second": 2, "burst": 5, "retry_after": "1s"}}}`),
			env:    []string{"VUS=20", "GAP=1s"},
			exit:   k6test.ExitThresholds,
			crossed: []string{
				"checks{scenario:vu}", "clientcreds_request_failed{scenario:vu}",
				"clientcreds_requests{scenario:vu}",
			},
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				require.Positive(t, stats.TokenRequests.ByResult["rate_limited"])
				for _, holds := range []string{"checks", "clientcreds_request_failed", "clientcreds_requests"} {
					require.NotContains(t, r.Crossed(), holds+"{scenario:shared}")
				}
			},
		},
		"the last one waits too long": {
			server:  servers.WithFaults(`{"token": {"latency": "600ms"}}`),
			env:     []string{"VUS=5", "GAP=1s", "MAX_WAIT=300ms"},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_token_wait{scenario:shared}", "clientcreds_token_wait{scenario:vu}"},
		},
	})
}

var replaced = regexp.MustCompile(`(?m)^  (together|spread) +40 of 40 tokens replaced, up to ([0-9]+) in the same tenth of their lifetime; `)

func TestScenarioExpiryHerd(t *testing.T) {
	env := []string{"VUS=40", "TTL=3s", "DURATION=4s"}
	peaks := func(t *testing.T, r k6test.Result) (together, spread int) {
		t.Helper()
		found := replaced.FindAllStringSubmatch(r.Unwrapped(), -1)
		require.Len(t, found, 2, r.Output)
		together, err := strconv.Atoi(found[0][2])
		require.NoError(t, err)
		spread, err = strconv.Atoi(found[1][2])
		require.NoError(t, err)
		return together, spread
	}
	runScenarios(t, "scripts/expiry-herd.js", map[string]scenario{
		"good": {
			env: env,
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				together, spread := peaks(t, r)
				require.Greater(t, together, 30)
				require.LessOrEqual(t, spread, 20)
				require.Equal(t, stats.TokenRequests.Total, stats.Faults["ttl"]["token"], "of the lifetime that was asked for")
			},
		},
		"no jitter": {
			env:  append([]string{"JITTER=0"}, env...),
			exit: k6test.ExitThresholds,
			saw: func(t *testing.T, _ authserver.Stats, r k6test.Result) {
				t.Helper()
				_, spread := peaks(t, r)
				require.Greater(t, spread, 30)
				require.Contains(t, r.Crossed()[0], "replacements{scenario:spread,tenth:")
			},
		},
		"tokens outlive the run": {
			env:     []string{"VUS=2", "DURATION=1s", "ADMIN_URL="},
			exit:    k6test.ExitThresholds,
			crossed: []string{"replacements{scenario:together}", "replacements{scenario:spread}"},
		},
	})
}
