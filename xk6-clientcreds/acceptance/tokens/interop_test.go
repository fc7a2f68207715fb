package tokens

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// smokeRequests is how many tokens scripts/smoke.test.js asks for.
const smokeRequests = 3

func TestInteropEveryFunctionWorks(t *testing.T) {
	t.Parallel()
	certs := servers.NewCertificates(t)
	byTokenURL := func(op *servers.OIDCProvider) string { return "TOKEN_URL=" + op.Issuer + "/token" }
	byIssuer := func(op *servers.OIDCProvider) string { return "ISSUER=" + op.Issuer }
	for name, c := range map[string]struct {
		endpoint   func(*servers.OIDCProvider) string
		id, secret string
		env        string
	}{
		"client_secret_basic":               {byTokenURL, "cc-basic", "basic-secret", ""},
		"client_secret_basic, form-encoded": {byTokenURL, "cc basic:x", "p@ss:w%rd+/=& z", "BASIC_ENCODING=form"},
		"client_secret_post":                {byTokenURL, "cc-post", "post-secret", "AUTH=client_secret_post"},
		"discovery":                         {byIssuer, "cc-basic", "basic-secret", ""},
		"discovery, client_secret_post":     {byIssuer, "cc-post", "post-secret", "AUTH=client_secret_post"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := servers.StartOIDCProvider(t, certs)
			api := servers.StartResourceServer(t, certs, op.Issuer)
			env := map[string]string{
				"CLIENT_ID": c.id, "CLIENT_SECRET": c.secret, "SCOPE": "api:read",
				"API_URL": api.URL, "SSL_CERT_FILE": certs.CAFile,
			}
			r := k6test.Run{Script: "scripts/smoke.test.js", Env: k6test.With(env, c.endpoint(op), c.env)}.Do(t).Passes(t)

			seen := op.Stop(t)
			require.Len(t, seen, smokeRequests)
			for _, request := range seen {
				require.Equal(t, c.id, request.Client)
				require.Equal(t, 200, request.Status)
			}
			require.Equal(t, smokeRequests, r.Summary.Count("clientcreds_requests"))
			api.SawOnly(t, "active", r.Summary.Count("http_reqs"))
		})
	}
}

// The server decodes what RFC 6749 §2.3.1 has encoded, so a secret with such characters is another
// one when it is sent raw.
func TestInteropBasicEncoding(t *testing.T) {
	t.Parallel()
	certs := servers.NewCertificates(t)
	op := servers.StartOIDCProvider(t, certs)
	r := k6test.Run{
		Script: k6test.Fixture("basic-encoding.js"),
		Env:    map[string]string{"TOKEN_URL": op.Issuer + "/token", "SSL_CERT_FILE": certs.CAFile},
	}.Do(t).Passes(t)
	require.Equal(t, 2, r.Summary.Count("clientcreds_requests"))
	seen := op.Stop(t)
	require.Len(t, seen, 2)
	require.Equal(t, []string{"", "invalid_client"}, []string{seen[0].Error, seen[1].Error})
}

func TestInteropTokensExpireDuringTheRun(t *testing.T) {
	t.Parallel()
	certs := servers.NewCertificates(t)
	op := servers.StartOIDCProvider(t, certs)
	api := servers.StartResourceServer(t, certs, op.Issuer)
	r := k6test.Run{Script: "scripts/soak-through-expiry.js", Env: map[string]string{
		"ISSUER": op.Issuer, "CLIENT_ID": "cc-short", "CLIENT_SECRET": "short-secret", "API_URL": api.URL,
		"SSL_CERT_FILE": certs.CAFile, "VUS": "5", "DURATION": "8s", "PAUSE": "0.05",
		// This server's clock has whole seconds: a token granted for 3 s can be over after 2.
		"LEEWAY": "1200ms",
	}}.Do(t).Passes(t)

	seen := op.Stop(t)
	require.Empty(t, servers.Refused(seen))
	require.Len(t, seen, r.Summary.Count("clientcreds_requests"))
	early := r.TokenRequests("early")
	require.GreaterOrEqual(t, early, 2*5, "each VU replaced its token")
	require.Equal(t, 3000.0, r.Summary.Value("clientcreds_token_ttl", "max"))
	require.Positive(t, r.Summary.Value("clientcreds_token_remaining", "min"))
	require.Zero(t, r.Summary.Count("clientcreds_expired_token_uses"))
	api.SawOnly(t, "active", r.Summary.Count("http_reqs"))
}

func TestInteropWrongSecret(t *testing.T) {
	t.Parallel()
	certs := servers.NewCertificates(t)
	op := servers.StartOIDCProvider(t, certs)
	r := k6test.Run{Script: "scripts/api-load.js", Env: map[string]string{
		"TOKEN_URL": op.Issuer + "/token", "CLIENT_ID": "cc-basic", "CLIENT_SECRET": "not-the-secret",
		"API_URL": op.Issuer, "SSL_CERT_FILE": certs.CAFile, "VUS": "5", "DURATION": "30s",
	}}.Do(t)

	require.Equal(t, k6test.ExitScriptException, r.ExitCode, r.Output)
	require.Contains(t, r.Output, `TokenError: invalid_client (HTTP 401): client authentication failed `+
		`(client \"cc-basic\" at `+op.Issuer+`/token); check clientId and clientSecret`)
	require.NotContains(t, r.Output, "not-the-secret")
	seen := op.Stop(t)
	require.Len(t, seen, 1, "credentials that were refused are not sent again")
	require.Equal(t, servers.TokenRequest{At: seen[0].At, Client: "cc-basic", Status: 401, Error: "invalid_client"}, seen[0])
	require.Equal(t, 1, r.Summary.Count("clientcreds_requests"))
}

func TestInteropScopeAndResource(t *testing.T) {
	t.Parallel()
	certs := servers.NewCertificates(t)
	op := servers.StartOIDCProvider(t, certs)
	r := k6test.Run{
		Script: k6test.Fixture("scope-and-resource.js"),
		Env:    map[string]string{"ISSUER": op.Issuer, "SSL_CERT_FILE": certs.CAFile},
	}.Do(t).Passes(t)
	require.Equal(t, 6, int(r.Summary.Value("checks", "passes")))
	require.Equal(t, 5, r.Summary.Count("clientcreds_requests"))
	require.Len(t, op.Stop(t), 5)
}

// The provider dies between two refreshes and comes back, without its tokens, while VUs wait.
func TestInteropServerKilledAndRestarted(t *testing.T) {
	t.Parallel()
	const vus = 5
	certs := servers.NewCertificates(t)
	first := servers.StartOIDCProvider(t, certs)
	rest := k6test.FreeAddress(t)
	p := k6test.Run{
		Script: k6test.Fixture("restarted-server.js"),
		Env:    map[string]string{"TOKEN_URL": first.Issuer + "/token", "SSL_CERT_FILE": certs.CAFile},
		Args:   []string{"--address", rest},
	}.Start(t)

	// All have a token, and the first refresh is more than two seconds away: no request is under way.
	k6test.Eventually(t, func() bool { return len(first.Seen()) == vus }, "the cold start")
	first.Kill(t)
	k6test.Eventually(t, func() bool { return k6test.LiveCount(t, rest, "clientcreds_retries") >= 3*vus },
		"refreshes fail and are repeated")
	second := servers.StartOIDCProvider(t, certs, "PORT="+first.Port())
	require.Equal(t, first.Issuer, second.Issuer)
	r := p.Result(t).Passes(t)

	answered := len(first.Seen()) + len(second.Stop(t))
	require.Greater(t, answered, 2*vus, "the VUs went on with the provider that came back")
	require.Empty(t, servers.Refused(first.Seen()))
	require.Empty(t, servers.Refused(second.Seen()))
	require.Equal(t, answered, r.Summary.Count("clientcreds_requests{status:200}"))
	failed := r.Summary.Count("clientcreds_requests{error:connection_refused}")
	require.Equal(t, r.Summary.Count("clientcreds_requests"), answered+failed)
	require.Equal(t, failed, int(r.Summary.Value("clientcreds_request_failed", "passes")))
	require.Positive(t, r.Summary.Count("clientcreds_retries"))
}
