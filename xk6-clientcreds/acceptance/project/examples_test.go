package project

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// example is how to run one of the examples, where running it is not all there is to it, and what
// the server must have seen of it.
type example struct {
	server func(*authserver.Config)
	files  func(t *testing.T, c *authserver.Config) // as server, for what needs files of its own
	env    func(t *testing.T, s *servers.Local) []string
	exit   int
	saw    func(t *testing.T, stats authserver.Stats, r k6test.Result)
}

var examples = map[string]example{
	"quickstart.js":   {saw: tokensPerVU(5)},
	"token.js":        {saw: tokensPerVU(2)},
	"headers.js":      {saw: tokensPerVU(2)},
	"client-verbs.js": {saw: tokensPerVU(1)},
	"async.js": {saw: func(t *testing.T, stats authserver.Stats, _ k6test.Result) {
		t.Helper()
		require.EqualValues(t, 2+4, stats.TokenRequests.ByResult["issued"], "one for each VU and one for each acquireAsync()")
	}},
	"acquire.js": {env: slowMachine, saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
		t.Helper()
		require.EqualValues(t, r.Summary.Count("iterations"), stats.TokenRequests.ByResult["issued"])
	}},
	"acquire-batch.js": {saw: func(t *testing.T, stats authserver.Stats, _ k6test.Result) {
		t.Helper()
		require.EqualValues(t, 2*3*20, stats.TokenRequests.ByResult["issued"])
	}},
	"cache-shared.js": {saw: tokensPerVU(1)},
	"cache-none.js":   {saw: tokensPerVU(10)},
	"refresh.js":      {server: func(c *authserver.Config) { c.TTL = 4 * time.Second }},
	"client-pool.js": {
		server: func(c *authserver.Config) {
			c.Clients = nil
			for n := range 3 {
				c.Clients = append(c.Clients, authserver.Client{
					ID: fmt.Sprintf("shop-%d", n+1), Secret: secret.New(fmt.Sprintf("for-the-local-server-%d", n+1)), Scope: servers.LocalScope,
				})
			}
		},
		saw: func(t *testing.T, stats authserver.Stats, _ k6test.Result) {
			t.Helper()
			require.Equal(t, map[string]int64{"shop-1": 1, "shop-2": 1, "shop-3": 1}, stats.TokenRequests.ByClient)
		},
	},
	"discovery.js": {
		server: func(c *authserver.Config) { c.Issuer = "/tenants/blue" },
		saw: func(t *testing.T, stats authserver.Stats, _ k6test.Result) {
			t.Helper()
			require.EqualValues(t, 1, stats.DiscoveryRequests)
		},
	},
	"inspect.js": {
		server: func(c *authserver.Config) { c.TokenFormat = authserver.JWT },
		saw: func(t *testing.T, stats authserver.Stats, _ k6test.Result) {
			t.Helper()
			require.EqualValues(t, 1, stats.TokenRequests.Total, "an inspection asks the token endpoint for nothing")
			require.EqualValues(t, 1, stats.DiscoveryRequests)
			require.Zero(t, stats.IntrospectionRequests)
		},
	},
	"introspect-revoke.js": {saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
		t.Helper()
		require.EqualValues(t, 20, stats.IntrospectionRequests)
		require.Equal(t, 20, r.Summary.Count("clientcreds_introspections"))
		require.EqualValues(t, 20, stats.RevocationRequests)
		require.Equal(t, 20, r.Summary.Count("clientcreds_revocations"))
		require.EqualValues(t, 20, stats.TokenRequests.ByResult["issued"], "a token that was given up is not used again")
	}},
	"token-exchange.js": {
		server: func(c *authserver.Config) { c.Clients[0].GrantTypes = authserver.GrantTypes },
		saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
			t.Helper()
			require.Equal(t, map[string]int64{"issued": 4}, stats.TokenRequests.ByResult, "two for each VU")
			require.Equal(t, 2, r.Summary.Count("clientcreds_requests{grant:token_exchange}"))
		},
	},
	"request-parameters.js": {
		server: func(c *authserver.Config) { c.TokenMiddleware = []authserver.Middleware{wantsParameters} },
		saw:    tokensPerVU(1),
	},
	"basic-encoding.js": {
		server: func(c *authserver.Config) {
			c.BasicEncoding = authserver.BasicRaw
			c.Clients[0].Secret = secret.New("p+ss%w:rd")
		},
		saw: tokensPerVU(2),
	},
	"token-error.js": {saw: func(t *testing.T, stats authserver.Stats, _ k6test.Result) {
		t.Helper()
		require.Equal(t, map[string]int64{"invalid_scope": 1}, stats.TokenRequests.ByResult)
		require.Zero(t, stats.APIRequests.Total, "no request without its token")
	}},
	"on-error-abort.js": {
		env:  func(*testing.T, *servers.Local) []string { return []string{"CLIENT_SECRET=wrong-secret"} },
		exit: k6test.ExitAborted,
		saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
			t.Helper()
			require.Zero(t, stats.APIRequests.Total, "no request without its token")
			require.Contains(t, r.Output, "test aborted: invalid_client (HTTP 401)")
		},
	},
	"retry.js": {
		server: func(c *authserver.Config) { c.TokenMiddleware = []authserver.Middleware{servers.UnavailableTwice()} },
		saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
			t.Helper()
			require.Equal(t, 2, r.Summary.Count("clientcreds_retries"))
			require.Equal(t, stats.TokenRequests.ByResult["issued"]+2, stats.TokenRequests.Total)
		},
	},
	"private-key-jwt.js": {
		server: func(c *authserver.Config) {
			c.Clients[0].Secret = secret.New("")
			c.Clients[0].JWKS.Keys = []jose.JSONWebKey{{Key: servers.ExampleKey().Public()}}
		},
		env: func(t *testing.T, _ *servers.Local) []string {
			t.Helper()
			return []string{"CLIENT_KEY_FILE=" + servers.WriteKey(t, servers.ExampleKey())}
		},
		saw: tokensPerVU(2),
	},
	"private-key-jwt-certificate.js": {
		files: func(t *testing.T, c *authserver.Config) {
			t.Helper()
			withCertificate(t, c)
			block, _ := pem.Decode([]byte(k6test.ReadFile(t, filepath.Join(c.TLSDir, "client.pem"))))
			certificate, err := x509.ParseCertificate(block.Bytes)
			require.NoError(t, err)
			c.Clients[0].JWKS.Keys[0].Certificates = []*x509.Certificate{certificate} // no other thumbprint will do
			c.Clients[0].AuthMethod = "private_key_jwt"
		},
		env: certificateFiles,
		saw: tokensPerVU(2),
	},
	"mutual-tls.js": {files: withCertificate, env: certificateFiles, saw: tokensPerVU(2)},
	"secret-file.js": {
		env: func(t *testing.T, _ *servers.Local) []string {
			t.Helper()
			file := filepath.Join(t.TempDir(), "secret")
			k6test.ReplaceFile(t, file, servers.LocalSecret+"\n")
			return []string{"CLIENT_SECRET=", "CLIENT_SECRET_FILE=" + file}
		},
		saw: tokensPerVU(2),
	},
	"secret-source.js": {
		env: func(*testing.T, *servers.Local) []string {
			return []string{"CLIENT_SECRET=", "K6_SECRET_SOURCE=mock=load-client=" + servers.LocalSecret}
		},
		saw: tokensPerVU(2),
	},
	"dpop.js": {
		server: func(c *authserver.Config) { c.DPoPNonce = time.Minute },
		saw: func(t *testing.T, stats authserver.Stats, _ k6test.Result) {
			t.Helper()
			require.Equal(t, map[string]int64{"issued": 2, "use_dpop_nonce": 2}, stats.TokenRequests.ByResult)
			require.Equal(t, map[string]int64{"ok": 6 * 4, "use_dpop_nonce": 2, "invalid_token": 6}, stats.APIRequests.ByResult)
		},
	},
	"several-clients.js":     {saw: tokensPerVU(4)},
	"tags-and-thresholds.js": {env: slowMachine, saw: tokensPerVU(2)},
	"setup-teardown.js":      {saw: tokensPerVU(1)},
	"validity.js": {
		server: func(c *authserver.Config) { c.APIMiddleware = []authserver.Middleware{endsTokensAt(2)} },
		saw: func(t *testing.T, _ authserver.Stats, r k6test.Result) {
			t.Helper()
			require.Positive(t, r.Summary.Count("clientcreds_rejections"))
			require.Contains(t, r.Output, "\nPASS\n", "what it allows")
		},
	},
	"rejected-token.js": {
		server: func(c *authserver.Config) { c.APIMiddleware = []authserver.Middleware{endsTokensAt(4)} },
		saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
			t.Helper()
			require.Greater(t, stats.TokenRequests.ByResult["issued"], int64(1))
			require.Positive(t, r.Summary.Count("clientcreds_rejections"))
		},
	},
	"websocket.js": {env: func(t *testing.T, s *servers.Local) []string {
		t.Helper()
		return []string{"WS_URL=" +
			startEcho(t, s)}
	}},
	"grpc.js": {env: func(t *testing.T, s *servers.Local) []string {
		t.Helper()
		return []string{"GRPC_ADDR=" + startHealth(t, s)}
	}},
}

// slowMachine lets requests take as long as they may on a machine with other work to do, and iterations be dropped.
func slowMachine(*testing.T, *servers.Local) []string {
	return append(slices.Clone(k6test.BusyMachine), "SLOWEST=60000")
}

// tokensPerVU checks that so many tokens were issued, to so many requests.
func tokensPerVU(n int64) func(*testing.T, authserver.Stats, k6test.Result) {
	return func(t *testing.T, stats authserver.Stats, _ k6test.Result) {
		t.Helper()
		require.Equal(t, map[string]int64{"issued": n}, stats.TokenRequests.ByResult)
		require.Equal(t, n, stats.TokenRequests.Total)
	}
}

func TestExamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(k6test.Root, "examples", "*.js"))
	require.NoError(t, err)
	require.Len(t, files, len(examples), "every example is in the table")
	for _, file := range files {
		name := filepath.Base(file)
		e, known := examples[name]
		require.True(t, known, "%s is not in the table", name)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := servers.StartLocal(t, func(c *authserver.Config) {
				if e.server != nil {
					e.server(c)
				}
				if e.files != nil {
					e.files(t, c)
				}
			})
			var more []string
			if e.env != nil {
				more = e.env(t, server)
			}
			r := k6test.Run{Script: "examples/" + name, Env: server.Env(more...)}.Do(t)
			require.Equal(t, e.exit, r.ExitCode, r.Output)
			if e.exit == 0 {
				r.Passes(t)
				if strings.Contains(k6test.ReadFile(t, file), "check(") {
					require.Positive(t, r.Summary.Value("checks", "passes"))
				}
			}
			server.Agrees(t, r)
			if e.saw != nil {
				e.saw(t, server.Stats(), r)
			}
		})
	}
}

// withCertificate registers a certificate with the client, instead of its secret.
func withCertificate(t *testing.T, c *authserver.Config) {
	t.Helper()
	c.TLSDir = t.TempDir()
	registered, err := c.Clients[0].WithCertificate(c.TLSDir, filepath.Join(c.TLSDir, "client.pem"),
		filepath.Join(c.TLSDir, "client-key.pem"))
	require.NoError(t, err)
	registered.Secret = secret.New("")
	c.Clients[0] = registered
}

func certificateFiles(_ *testing.T, s *servers.Local) []string {
	return []string{
		"CLIENT_CERTIFICATE_FILE=" + filepath.Join(s.Config.TLSDir, "client.pem"),
		"CLIENT_KEY_FILE=" + filepath.Join(s.Config.TLSDir, "client-key.pem"),
	}
}
