package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

func TestScenarioDPoPNonce(t *testing.T) {
	const vus = 3
	demanded := func(t *testing.T, stats authserver.Stats, r k6test.Result) (authorization, resource int64) {
		t.Helper()
		authorization, resource = stats.TokenRequests.ByResult["use_dpop_nonce"], stats.APIRequests.ByResult["use_dpop_nonce"]
		require.EqualValues(t, authorization, r.Summary.Count("clientcreds_dpop_nonce_retries{server:authorization}"))
		require.EqualValues(t, resource, r.Summary.Count("clientcreds_dpop_nonce_retries{server:resource}"))
		return authorization, resource
	}
	runScenarios(t, "scripts/dpop-nonce.js", map[string]scenario{
		"good": {
			env: []string{"VUS=3", "DURATION=4s", "PAUSE=0.02", "NONCE=2s"},
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				authorization, resource := demanded(t, stats, r)
				require.EqualValues(t, 1+vus, authorization, "setup(), and each virtual user's first")
				require.EqualValues(t, 1+vus, resource)
			},
		},
		"nonces are not good for the next request": {
			env:     []string{"VUS=3", "DURATION=6s", "PAUSE=2.1", "NONCE=1s"},
			exit:    k6test.ExitThresholds,
			crossed: []string{"doubled"},
			lines:   []string{"  doubled  100.00% of the API requests were sent twice"},
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				_, resource := demanded(t, stats, r)
				require.Equal(t, stats.APIRequests.ByResult["ok"], resource)
			},
		},
		"nobody demands a nonce": {
			env:     []string{"VUS=3", "DURATION=1s", "ADMIN_URL="},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_dpop_nonce_retries"},
		},
	})
}
