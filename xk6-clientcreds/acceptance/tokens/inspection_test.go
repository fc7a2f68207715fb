package tokens

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

func requireInspected(t *testing.T, r k6test.Result) {
	t.Helper()
	require.Equal(t, 6*11, int(r.Summary.Value("checks", "passes")))
	require.Equal(t, 3, r.Summary.Count("clientcreds_requests"), "one for each VU: inspections ask for no token")
	require.Zero(t, r.Summary.Count("clientcreds_introspections"))
	require.Zero(t, r.Summary.Value("clientcreds_clock_skew", "max"))
	require.Zero(t, r.Summary.Count("http_reqs"))
}

func TestLocalServerInspect(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"ES256", "RS256", "PS256", "EdDSA"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			server := servers.StartLocal(t, func(c *authserver.Config) {
				c.TLSDir, c.TokenFormat, c.JWTAlgorithm = t.TempDir(), authserver.JWT, algorithm
			})
			r := k6test.Run{
				Script: k6test.Fixture("inspect.js"),
				Env:    server.Env("RESOURCE=https://api.example.com/orders", "LIFETIME=300"),
			}.Do(t).Passes(t)
			requireInspected(t, r)
			require.EqualValues(t, 1, server.Stats().DiscoveryRequests)
		})
	}
}

func TestInteropInspect(t *testing.T) {
	t.Parallel()
	certs := servers.NewCertificates(t)
	op := servers.StartOIDCProvider(t, certs)
	r := k6test.Run{Script: k6test.Fixture("inspect.js"), Env: map[string]string{
		"ISSUER": op.Issuer, "TOKEN_URL": op.Issuer + "/token", "CLIENT_ID": "cc-basic", "CLIENT_SECRET": "basic-secret",
		"SCOPE": "api:read", "RESOURCE": "https://api.example/orders", "LIFETIME": "600", "SSL_CERT_FILE": certs.CAFile,
	}}.Do(t).Passes(t)
	requireInspected(t, r)
	require.Len(t, op.Stop(t), 3)
}
