package scenarios

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

func TestScenarioNegative(t *testing.T) {
	env := []string{"VUS=4", "TTL=1s", "DURATION=4s", "PAUSE=0.05"}
	short := append(slices.Clone(env), "DURATION=1500ms") // not enough for tokens to expire
	of := func(r k6test.Result, names ...string) (n int64) {
		for _, name := range names {
			n += int64(r.Summary.Count("negative_requests{case:" + name + "}"))
		}
		return n
	}
	runScenarios(t, "scripts/negative.js", map[string]scenario{
		"good": {
			server: func(c *authserver.Config) { c.TokenFormat = authserver.JWT },
			env:    append([]string{"MAX_P95=10s"}, env...),
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				require.Equal(t, of(r, "wrong-secret", "unknown-client"), stats.TokenRequests.ByResult["invalid_client"])
				require.Equal(t, of(r, "wrong-scope"), stats.TokenRequests.ByResult["invalid_scope"])
				require.Equal(t, map[string]int64{
					"ok": 1, "no_token": of(r, "no-token"), "invalid_token": of(r, "garbage", "altered", "expired"),
				}, stats.APIRequests.ByResult)
			},
		},
		"a 500 for some": {
			server:  servers.WithFaults(`{"token": {"errors": [{"rate": 0.2, "status": 500}]}}`),
			env:     short,
			exit:    k6test.ExitThresholds,
			crossed: []string{"negative_server_errors"},
		},
		"an API that takes whatever looks like a token": {
			server:  func(c *authserver.Config) { c.APIMiddleware = []authserver.Middleware{credulous} },
			env:     env,
			exit:    k6test.ExitThresholds,
			crossed: []string{"checks{case:garbage}", "checks{case:altered}", "checks{case:expired}"},
			saw: func(t *testing.T, _ authserver.Stats, r k6test.Result) {
				t.Helper()
				for _, name := range []string{"no-token", "wrong-secret", "wrong-scope"} {
					require.NotContains(t, r.Crossed(), "checks{case:"+name+"}")
				}
			},
		},
		"a token endpoint that does not look at the secret": {
			server:  func(c *authserver.Config) { c.TokenMiddleware = []authserver.Middleware{careless} },
			env:     short,
			exit:    k6test.ExitThresholds,
			crossed: []string{"checks{case:wrong-secret}", "checks{case:unknown-client}"},
		},
		"scopes that the client may not have are ignored": {
			server: func(c *authserver.Config) { c.TokenMiddleware = []authserver.Middleware{ignoringScopes(true)} },
			env:    append([]string{"MAX_P95=10s"}, env...),
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				require.Positive(t, of(r, "wrong-scope"))
				require.Zero(t, stats.TokenRequests.ByResult["invalid_scope"])
			},
		},
		"and said to be granted": {
			server:  func(c *authserver.Config) { c.TokenMiddleware = []authserver.Middleware{ignoringScopes(false)} },
			env:     short,
			exit:    k6test.ExitThresholds,
			crossed: []string{"checks{case:wrong-scope}"},
		},
		"it takes its time": {
			server:  servers.WithFaults(`{"token": {"latency": "300ms"}, "api": {"latency": "300ms"}}`),
			env:     append([]string{"MAX_P95=200ms"}, short...),
			exit:    k6test.ExitThresholds,
			crossed: []string{"negative_duration"},
		},
		"no token expires": {
			env:     append([]string{"ADMIN_URL="}, short...),
			exit:    k6test.ExitThresholds,
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
		r.SetBasicAuth(servers.LocalID, servers.LocalSecret)
		next.ServeHTTP(w, r)
	})
}

// ignoringScopes is a token endpoint that gives its client the scope that it may have, whatever it asks
// for (RFC 6749 §3.3); it may admit that.
func ignoringScopes(admits bool) authserver.Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
			form, formErr := url.ParseQuery(string(body))
			if err != nil || formErr != nil {
				http.Error(w, "no form", http.StatusBadRequest)
				return
			}
			asked := form.Get("scope")
			form.Set("scope", servers.LocalScope)
			r.Body = io.NopCloser(bytes.NewReader([]byte(form.Encode())))
			answer := httptest.NewRecorder()
			next.ServeHTTP(answer, r)
			text := answer.Body.Bytes()
			if !admits {
				text = bytes.Replace(text, []byte(servers.LocalScope), []byte(asked), 1)
			}
			maps.Copy(w.Header(), answer.Header())
			w.Header().Del("Content-Length")
			w.WriteHeader(answer.Code)
			_, _ = w.Write(text)
		})
	}
}
