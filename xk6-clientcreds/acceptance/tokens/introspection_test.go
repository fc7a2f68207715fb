package tokens

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

func requireRevoked(t *testing.T, r k6test.Result) {
	t.Helper()
	require.Equal(t, 12, int(r.Summary.Value("checks", "passes")))
	require.Equal(t, 3, r.Summary.Count("clientcreds_introspections"))
	require.Equal(t, 2, r.Summary.Count("clientcreds_revocations"))
	require.Positive(t, r.Summary.Value("clientcreds_introspection_duration", "max"))
	require.Positive(t, r.Summary.Value("clientcreds_revocation_duration", "max"))
	require.Equal(t, 2, r.Summary.Count("clientcreds_requests"))
	require.Equal(t, 2, r.Summary.Count("http_reqs"))
}

func TestInteropIntrospectAndRevoke(t *testing.T) {
	t.Parallel()
	certs := servers.NewCertificates(t)
	for name, c := range map[string]struct {
		id, secret, auth string
		urls             bool
	}{
		"client_secret_basic":               {"cc-basic", "basic-secret", "", false},
		"client_secret_basic, form-encoded": {"cc basic:x", "p@ss:w%rd+/=& z", "", false},
		"client_secret_post":                {"cc-post", "post-secret", "client_secret_post", false},
		"client_secret_jwt":                 {"cc-csjwt", servers.LongSecret, "client_secret_jwt", false},
		"client_secret_jwt, by URLs":        {"cc-csjwt", servers.LongSecret, "client_secret_jwt", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := servers.StartOIDCProvider(t, certs)
			api := servers.StartResourceServer(t, certs, op.Issuer)
			env := map[string]string{
				"ISSUER": op.Issuer, "CLIENT_ID": c.id, "CLIENT_SECRET": c.secret, "AUTH": c.auth, "SCOPE": "api:read",
				"API_URL": api.URL, "SSL_CERT_FILE": certs.CAFile,
			}
			if c.urls {
				env = k6test.With(env, "TOKEN_URL="+op.Issuer+"/token", "INTROSPECTION_URL="+op.Issuer+"/token/introspection",
					"REVOCATION_URL="+op.Issuer+"/token/revocation")
			}
			r := k6test.Run{Script: k6test.Fixture("revoke.js"), Env: env}.Do(t).Passes(t)
			requireRevoked(t, r)
			require.Len(t, op.Stop(t), 2)
			require.Equal(t, map[string]int{"active": 1, "inactive": 1}, api.Results)
		})
	}
}

// A refusal of the provider is a result, with its own code.
func TestInteropIntrospectAndRevokeRefused(t *testing.T) {
	t.Parallel()
	certs := servers.NewCertificates(t)
	op := servers.StartOIDCProvider(t, certs)
	r := k6test.Run{
		Script: k6test.Fixture("revoke-refused.js"),
		Env:    map[string]string{"ISSUER": op.Issuer, "SSL_CERT_FILE": certs.CAFile},
	}.Do(t).Passes(t)
	require.Equal(t, 6, int(r.Summary.Value("checks", "passes")))
	require.NotContains(t, r.Output, "not-the-secret")
	require.Len(t, op.Stop(t), 2, "the revoked token left the cache")
}

func TestLocalServerIntrospectAndRevoke(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*authserver.Config)
		urls   bool
	}{
		"opaque, by discovery": {nil, false},
		"JWT, by URLs":         {func(c *authserver.Config) { c.TokenFormat = authserver.JWT }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := servers.StartLocal(t, c.change)
			more := []string{"SCOPE=orders.read"}
			if e := server.Endpoints(); c.urls {
				more = append(more, "INTROSPECTION_URL="+e.Introspection, "REVOCATION_URL="+e.Revocation)
			}
			r := k6test.Run{Script: k6test.Fixture("revoke.js"), Env: server.Env(more...)}.Do(t).Passes(t)
			requireRevoked(t, r)
			server.Agrees(t, r)
			stats := server.Stats()
			require.EqualValues(t, 3, stats.IntrospectionRequests)
			require.EqualValues(t, 2, stats.RevocationRequests)
			require.EqualValues(t, 1, stats.APIRequests.ByResult["ok"])
			require.EqualValues(t, 1, stats.APIRequests.ByResult["invalid_token"])
		})
	}
}
