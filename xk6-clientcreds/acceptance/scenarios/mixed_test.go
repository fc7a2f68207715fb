package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

func TestScenarioMixed(t *testing.T) {
	env := []string{"RATE=70", "DURATION=2s", "MIX=api=4,grant=3,introspection=2,revocation=1"}
	runScenarios(t, "scripts/mixed.js", map[string]scenario{
		"good": {
			env: env,
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				onlyGranted(t, stats)
				of := func(kind string) int64 { return int64(r.Summary.Count("mixed_calls{kind:" + kind + "}")) }
				require.Equal(t, of("api")+1, stats.APIRequests.Total, "and the request of setup()")
				require.Equal(t, of("introspection")+1, stats.IntrospectionRequests)
				require.Equal(t, of("revocation")+1, stats.RevocationRequests)
				require.EqualValues(t, of("grant")+of("revocation")+1, r.TokenRequests("acquire"))
				all := r.Summary.Count("mixed_calls")
				for kind, share := range map[string]float64{"api": 0.4, "grant": 0.3, "introspection": 0.2, "revocation": 0.1} {
					require.InDelta(t, share, float64(of(kind))/float64(all), 0.15, kind)
				}
			},
		},
		"only the introspection fails": {
			server:  servers.WithFaults(`{"introspection": {"errors": [{"status": 503}]}}`),
			env:     env,
			exit:    k6test.ExitThresholds,
			crossed: []string{"checks{kind:introspection}"},
			saw: func(t *testing.T, _ authserver.Stats, r k6test.Result) {
				t.Helper()
				require.Len(t, r.Crossed(), 1, "the other kinds hold")
			},
		},
		"two kinds": {
			env: append(env, "MIX=grant=1,introspection=1,api=0"),
			saw: func(t *testing.T, stats authserver.Stats, _ k6test.Result) {
				t.Helper()
				require.EqualValues(t, 1, stats.APIRequests.Total)
				require.Zero(t, stats.RevocationRequests)
			},
		},
	})
}
