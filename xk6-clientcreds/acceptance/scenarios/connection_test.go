package scenarios

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

func TestScenarioTokenTLSAxis(t *testing.T) {
	const script = "scripts/token-tls-axis.js"
	type variant struct {
		Grants, Connections int
		Time, Request       float64
	}
	dir := t.TempDir()
	result := func(name string) string { return "RESULT_FILE=" + filepath.Join(dir, name) }
	found := func(t *testing.T, name string) (both struct{ New, Kept variant }) {
		t.Helper()
		require.NoError(t, json.Unmarshal([]byte(k6test.ReadFile(t, filepath.Join(dir, name))), &both))
		return both
	}
	load := []string{"RATE=20", "DURATION=2s", "GRANTS=5"}
	loaded := func(more ...string) []string { return append(more, load...) }
	https := func(change func(*authserver.Config)) func(*authserver.Config) {
		tls := t.TempDir()
		return func(c *authserver.Config) {
			c.TLSDir = tls
			change(c)
		}
	}
	runScenarios(t, script, map[string]scenario{
		"good": {
			server: https(func(*authserver.Config) {}),
			env:    loaded("SLO_HANDSHAKE=20s", result("good")),
			lines:  []string{`  TLS      with a connection of its own a grant takes {x} times as long`},
			saw: func(t *testing.T, stats authserver.Stats, _ k6test.Result) {
				t.Helper()
				found := found(t, "good")
				require.InDelta(t, 20*2, found.New.Grants, 10)
				require.InDelta(t, 20*2, found.Kept.Grants, 10)
				require.Equal(t, found.New.Grants, found.New.Connections)
				require.Equal(t, found.Kept.Grants, 5*found.Kept.Connections)
				require.EqualValues(t, 1+found.New.Grants+found.Kept.Grants, stats.TokenRequests.ByResult["issued"])
			},
		},
		"slow handshakes": {
			server:  https(servers.WithFaults(`{"tls": {"handshake_delay": "300ms"}}`)),
			env:     loaded("SLO_HANDSHAKE=250ms", result("slow")),
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_request_tls_handshaking"},
			saw: func(t *testing.T, _ authserver.Stats, _ k6test.Result) {
				t.Helper()
				found := found(t, "slow")
				require.Greater(t, found.New.Time, 300+found.New.Request*0.5)
				require.Less(t, found.Kept.Time, found.New.Time/2, "most of its grants have no handshake")
			},
		},
		"connections are not kept": {
			server: https(func(c *authserver.Config) {
				c.TokenMiddleware = []authserver.Middleware{closesConnections}
			}),
			env:     loaded("SLO_HANDSHAKE=20s"),
			exit:    k6test.ExitThresholds,
			crossed: []string{"connections_opened{scenario:kept}"},
		},
	})
	t.Run("no TLS", func(t *testing.T) {
		t.Parallel()
		r := k6test.Run{Script: script, Env: servers.StartLocal(t, nil).Env()}.Do(t)
		require.Equal(t, k6test.ExitScriptException, r.ExitCode, r.Output)
		require.Contains(t, r.Output,
			"configuration: the token endpoint has no TLS; set an https URL, or run the local server with --tls-dir")
	})
}

// closesConnections answers each request on its connection's last breath.
func closesConnections(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		next.ServeHTTP(w, r)
	})
}

func TestScenarioAuthMethodMatrix(t *testing.T) {
	certs := servers.NewClientCertificates(t)
	type outcome struct{ Median, Ratio, Signing, Failed float64 }
	dir := t.TempDir()
	result := func(name string) string { return "RESULT_FILE=" + filepath.Join(dir, name) }
	found := func(t *testing.T, name string) (methods map[string]outcome) {
		t.Helper()
		require.NoError(t, json.Unmarshal([]byte(k6test.ReadFile(t, filepath.Join(dir, name))), &methods))
		return methods
	}
	secret := func(c *authserver.Config) {
		c.Clients[0].Secret = secret.New("a-secret-long-enough-for-HS256-signatures")
	}
	runScenarios(t, "scripts/auth-method-matrix.js", map[string]scenario{
		"good": {
			server: func(c *authserver.Config) {
				secret(c)
				c.TLSDir = certs.Dir
				client, err := c.Clients[0].WithCertificate(certs.Dir, certs.Good.Certificate, certs.Good.Key)
				if err != nil {
					panic(err)
				}
				c.Clients[0] = client
			},
			env: []string{
				"CLIENT_CERTIFICATE_FILE=" + certs.Good.Certificate, "CLIENT_KEY_FILE=" + certs.Good.Key,
				"METHODS=client_secret_basic client_secret_post client_secret_jwt private_key_jwt tls_client_auth",
				"RATE=5", "DURATION=2s", "MAX_VUS=5", generous, result("good"),
			},
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				methods := found(t, "good")
				require.Len(t, methods, 5)
				for name, m := range methods {
					require.Zero(t, m.Failed, name)
					require.Positive(t, m.Median, name)
					require.Regexp(t, `(?m)^ .* `+name+` +[0-9.]+ m?s, [0-9.]+ times client_secret_basic; p95 `, r.Unwrapped())
					require.Equal(t, name == "client_secret_jwt" || name == "private_key_jwt", m.Signing > 0, name)
				}
				require.Equal(t, 1.0, methods["client_secret_basic"].Ratio)
				require.InDelta(t, 5*(1+5*2), stats.TokenRequests.ByResult["issued"], 5)
			},
		},
		"slow at assertions": {
			server: func(c *authserver.Config) {
				secret(c)
				c.TokenMiddleware = []authserver.Middleware{slowAtAssertions}
			},
			env:     []string{"RATE=5", "DURATION=2s", "MAX_VUS=30", "SLO_P95=250ms", result("slow")},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_request_duration{scenario:client_secret_jwt}"},
			saw: func(t *testing.T, _ authserver.Stats, _ k6test.Result) {
				t.Helper()
				methods := found(t, "slow")
				require.Len(t, methods, 3, "those that a secret allows")
				require.Greater(t, methods["client_secret_jwt"].Ratio, 1.5*methods["client_secret_post"].Ratio)
			},
		},
	})
	t.Run("a method that the server refuses", func(t *testing.T) {
		t.Parallel()
		server := servers.StartLocal(t, secret)
		r := k6test.Run{
			Script: "scripts/auth-method-matrix.js",
			Env:    server.Env("CLIENT_KEY_FILE=" + servers.WriteKey(t, servers.ExampleKey())),
		}.Do(t)
		require.Equal(t, k6test.ExitScriptException, r.ExitCode, r.Output)
		require.Contains(t, r.Output, "Error: preflight: private_key_jwt: invalid_client (HTTP 401)")
		require.Contains(t, r.Output, "; METHODS names those to compare")
	})
	t.Run("no credentials", func(t *testing.T) {
		t.Parallel()
		server := servers.StartLocal(t, nil)
		r := k6test.Run{Script: "scripts/auth-method-matrix.js", Env: server.Env("CLIENT_SECRET=")}.Do(t)
		require.Equal(t, k6test.ExitScriptException, r.ExitCode, r.Output)
		require.Contains(t, r.Output,
			"configuration: the client has no credentials; set CLIENT_SECRET, CLIENT_KEY_FILE, or CLIENT_CERTIFICATE_FILE")
	})
}

// slowAtAssertions is a server that takes its time to verify a JWT.
func slowAtAssertions(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
		form, formErr := url.ParseQuery(string(body))
		if err != nil || formErr != nil {
			http.Error(w, "no form", http.StatusBadRequest)
			return
		}
		if form.Has("client_assertion") {
			select {
			case <-time.After(300 * time.Millisecond):
			case <-r.Context().Done():
			}
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}
