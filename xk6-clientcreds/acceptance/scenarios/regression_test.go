package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// regressionCases are the cases of both the paired and the sequential scenario: they load an API only where there is
// one. The good case has these variables.
func regressionCases(good ...string) map[string]scenario {
	return map[string]scenario{
		"good": {
			env: append(good, "RATE=20", "API_RATE=10"),
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				onlyGranted(t, stats)
				require.EqualValues(t, 1+r.TokenRequests("acquire"), stats.TokenRequests.ByResult["issued"],
					"one token for the API, and one for each request")
				require.Greater(t, r.TokenRequests("acquire"), r.Summary.Count("http_reqs"))
			},
		},
		"no API": {
			env: []string{"API_URL=", "RATE=20", "DURATION=1s"},
			saw: func(t *testing.T, stats authserver.Stats, _ k6test.Result) {
				t.Helper()
				require.Zero(t, stats.APIRequests.Total)
			},
		},
		"the rate is too much for the server": {
			server:  servers.WithFaults(`{"token": {"latency": "1s"}}`),
			env:     []string{"RATE=20", "API_RATE=5", "DURATION=2s", "MAX_VUS=2"},
			exit:    k6test.ExitInvalid,
			crossed: []string{"dropped_iterations"},
		},
	}
}

// TestScenarioRegressionCI: the scenario alone.
func TestScenarioRegressionCI(t *testing.T) {
	cases := regressionCases("DURATION=2s")
	cases["the server fails"] = scenario{
		server:  servers.WithFaults(`{"token": {"errors": [{"rate": 0.3, "error": "server_error"}]}, "seed": 1}`),
		env:     []string{"RATE=20", "API_RATE=5", "DURATION=2s"},
		exit:    k6test.ExitThresholds,
		crossed: []string{"clientcreds_request_failed"},
	}
	runScenarios(t, "scripts/regression-ci.js", cases)
}
