package acceptance

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

func TestScenarioNegative(t *testing.T) {
	env := []string{"VUS=4", "TTL=1s", "DURATION=4s", "PAUSE=0.05"}
	of := func(r run, names ...string) (n int64) {
		for _, name := range names {
			n += int64(r.summary.count("negative_requests{case:" + name + "}"))
		}
		return n
	}
	runScenarios(t, "scripts/negative.js", map[string]scenario{
		"good": {
			server: func(c *authserver.Config) { c.TokenFormat = authserver.JWT },
			env:    append([]string{"MAX_P95=10s"}, env...),
			saw: func(t *testing.T, stats authserver.Stats, r run) {
				t.Helper()
				require.Equal(t, of(r, "wrong-secret", "unknown-client"), stats.TokenRequests.ByResult["invalid_client"])
				require.Equal(t, of(r, "wrong-scope"), stats.TokenRequests.ByResult["invalid_scope"])
				require.Equal(t, map[string]int64{
					"ok": 1, "no_token": of(r, "no-token"), "invalid_token": of(r, "garbage", "altered", "expired"),
				}, stats.APIRequests.ByResult)
			},
		},
		"a 500 for some": {
			server:  withFaults(`{"token": {"errors": [{"rate": 0.2, "status": 500}]}}`),
			env:     env,
			exit:    exitThresholds,
			crossed: []string{"negative_server_errors", "checks{case:wrong-secret}"},
		},
		"an API that takes whatever looks like a token": {
			server:  func(c *authserver.Config) { c.APIMiddleware = []authserver.Middleware{credulous} },
			env:     env,
			exit:    exitThresholds,
			crossed: []string{"checks{case:garbage}", "checks{case:altered}", "checks{case:expired}"},
			saw: func(t *testing.T, _ authserver.Stats, r run) {
				t.Helper()
				for _, name := range []string{"no-token", "wrong-secret", "wrong-scope"} {
					require.NotContains(t, r.crossed(), "checks{case:"+name+"}")
				}
			},
		},
		"a token endpoint that does not look at the secret": {
			server:  func(c *authserver.Config) { c.TokenMiddleware = []authserver.Middleware{careless} },
			env:     env,
			exit:    exitThresholds,
			crossed: []string{"checks{case:wrong-secret}", "checks{case:unknown-client}"},
		},
		"it takes its time": {
			server:  withFaults(`{"token": {"latency": "300ms"}, "api": {"latency": "300ms"}}`),
			env:     append([]string{"MAX_P95=200ms"}, env...),
			exit:    exitThresholds,
			crossed: []string{"negative_duration"},
		},
		"no token expires": {
			env:     append([]string{"ADMIN_URL="}, env...),
			exit:    exitThresholds,
			crossed: []string{"negative_requests{case:expired}"},
		},
	})
}

// credulous is an API that only looks whether there is a token.
func credulous(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			w.WriteHeader(http.StatusOK)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// careless is a token endpoint that takes everybody for its client.
func careless(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.SetBasicAuth(localID, localSecret)
		next.ServeHTTP(w, r)
	})
}
