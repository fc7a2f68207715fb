package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// TestScenarioRegressionCI: the scenario alone, which loads an API only where there is one.
func TestScenarioRegressionCI(t *testing.T) {
	runScenarios(t, "scripts/regression-ci.js", map[string]scenario{
		"good": {
			env: []string{"RATE=20", "API_RATE=10", "DURATION=2s"},
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
		"the server fails": {
			server:  servers.WithFaults(`{"token": {"errors": [{"rate": 0.3, "error": "server_error"}]}, "seed": 1}`),
			env:     []string{"RATE=20", "API_RATE=5", "DURATION=2s"},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_request_failed"},
		},
	})
}
