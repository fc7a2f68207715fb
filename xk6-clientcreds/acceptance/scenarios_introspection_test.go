package acceptance

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

func TestScenarioIntrospection(t *testing.T) {
	env := []string{"RATE=60", "DURATION=2s", "INACTIVE=0.4"}
	runScenarios(t, "scripts/introspection.js", map[string]scenario{
		"good": {
			server: func(c *authserver.Config) { c.TokenFormat = authserver.JWT },
			env:    append([]string{"MAX_P95=10s"}, env...),
			saw: func(t *testing.T, stats authserver.Stats, r run) {
				t.Helper()
				active, inactive := r.summary.count("clientcreds_introspections{active:true}"), r.summary.count("clientcreds_introspections{active:false}")
				require.EqualValues(t, stats.IntrospectionRequests, active+inactive)
				require.InDelta(t, 0.4, float64(inactive)/float64(active+inactive), 0.2)
				require.Positive(t, stats.RevocationRequests)
				require.Equal(t, map[string]int64{"issued": stats.TokenRequests.Total}, stats.TokenRequests.ByResult)
			},
		},
		"revoked tokens stay active": {
			server:  withFaults(`{"revocation": {"errors": [{"status": 200, "body": "empty"}]}}`),
			env:     env,
			exit:    exitThresholds,
			crossed: []string{"checks", "clientcreds_introspections{active:false}"},
		},
		"too slow": {
			server:  withFaults(`{"introspection": {"latency": "300ms"}}`),
			env:     append([]string{"MAX_P95=200ms"}, env...),
			exit:    exitThresholds,
			crossed: []string{"clientcreds_introspection_duration"},
		},
		"some are not answered": {
			server:  withFaults(`{"introspection": {"errors": [{"rate": 0.2, "status": 502}]}}`),
			env:     env,
			exit:    exitThresholds,
			crossed: []string{"checks"},
			saw: func(t *testing.T, stats authserver.Stats, r run) {
				t.Helper()
				require.EqualValues(t, stats.Faults["error"]["introspection"], r.summary.value("checks", "fails"))
			},
		},
	})
}
