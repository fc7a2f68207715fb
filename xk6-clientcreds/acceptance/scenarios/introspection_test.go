package scenarios

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

func TestScenarioIntrospection(t *testing.T) {
	env := []string{"RATE=60", "DURATION=2s", "INACTIVE=0.4"}
	runScenarios(t, "scripts/introspection.js", map[string]scenario{
		"good": {
			server: func(c *authserver.Config) { c.TokenFormat = authserver.JWT },
			env:    append([]string{"MAX_P95=10s"}, env...),
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				active, inactive := r.Summary.Count("clientcreds_introspections{active:true}"), r.Summary.Count(
					"clientcreds_introspections{active:false}")
				require.EqualValues(t, stats.IntrospectionRequests, active+inactive)
				require.InDelta(t, 0.4, float64(inactive)/float64(active+inactive), 0.2)
				require.Positive(t, stats.RevocationRequests)
				require.Equal(t, map[string]int64{"issued": stats.TokenRequests.Total}, stats.TokenRequests.ByResult)
			},
		},
		"revoked tokens stay active": {
			server:  servers.WithFaults(`{"revocation": {"errors": [{"status": 200, "body": "empty"}]}}`),
			env:     env,
			exit:    k6test.ExitThresholds,
			crossed: []string{"checks", "clientcreds_introspections{active:false}"},
		},
		"too slow": {
			server:  servers.WithFaults(`{"introspection": {"latency": "300ms"}}`),
			env:     append([]string{"MAX_P95=200ms"}, env...),
			exit:    99,
			crossed: []string{"clientcreds_introspection_duration"},
		},
		"some are not answered": {
			server:  servers.WithFaults(`{"introspection": {"errors": [{"rate": 0.2, "status": 502}]}}`),
			env:     env,
			exit:    k6test.ExitThresholds,
			crossed: []string{"checks"},
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				require.Contains(t, r.Output, fmt.Sprintf("introspections: http_error 502 ×%d\n",
					stats.Faults["error"]["introspection"]))
				require.InDelta(t, stats.Faults["error"]["introspection"], r.Summary.Value("checks", "fails"), 1,
					"except for the request of setup()")
			},
		},
	})
}

// Metadata need not name the endpoints (RFC 8414 §2): then the environment does, or the run ends before its load.
func TestScenariosOfAnIssuerWithoutTheEndpoints(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, nil)
	var issuer string
	metadata := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"issuer": %q, "token_endpoint": %q}`, issuer, server.Endpoints().Token)
	}))
	t.Cleanup(metadata.Close)
	issuer = metadata.URL
	given := []string{
		"INTROSPECTION_URL=" + server.Endpoints().Introspection,
		"REVOCATION_URL=" + server.Endpoints().Revocation,
	}
	for _, script := range []string{"scripts/introspection.js", "scripts/mixed.js"} {
		for name, c := range map[string]struct {
			env  []string
			exit int
			text string
		}{
			"given": {env: given},
			"no introspection": {
				env: given[1:], exit: k6test.ExitScriptException,
				text: "has no usable introspection_endpoint; set INTROSPECTION_URL\\n",
			},
			"no revocation": {
				env: given[:1], exit: k6test.ExitScriptException,
				text: "has no usable revocation_endpoint; set REVOCATION_URL\\n",
			},
			"not there": {
				env:  []string{given[0] + "/not-there", given[1]},
				exit: k6test.ExitScriptException, text: "preflight: the introspection endpoint answered 404 (",
			},
		} {
			t.Run(script+" "+name, func(t *testing.T) {
				t.Parallel()
				env := server.Env(append([]string{
					"ISSUER=" + issuer, "TOKEN_URL=", "RATE=20", "DURATION=1s", "MIX=introspection=2,revocation=1",
					"INTROSPECTION_URL=", "REVOCATION_URL=",
				}, c.env...)...)
				r := k6test.Run{Script: script, Env: env}.Do(t)
				require.Equal(t, c.exit, r.ExitCode, r.Output)
				require.Contains(t, r.Output, c.text)
				require.LessOrEqual(t, strings.Count(r.Output, "level=error"), 1, "one message: %s", r.Output)
			})
		}
	}
}
