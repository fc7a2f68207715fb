package tokens

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// revokeScript has a token introspected, used, revoked, used and introspected, and prints what the
// API said to it.
const revokeScript = `
	import http from 'k6/http';
	import { check } from 'k6';
	import { Client } from 'k6/x/clientcreds';
	export const options = { thresholds: { checks: ['rate==1'] } };
	const endpoints = __ENV.INTROSPECTION_URL
		? { tokenUrl: __ENV.TOKEN_URL, introspectionUrl: __ENV.INTROSPECTION_URL, revocationUrl: __ENV.REVOCATION_URL }
		: { issuer: __ENV.ISSUER };
	const client = new Client({
		...endpoints, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET, auth: __ENV.AUTH || undefined, scope: __ENV.SCOPE,
	});
	export default function () {
		const token = client.token();
		const use = () => http.get(__ENV.API_URL, {
			headers: { Authorization: 'Bearer ' + token }, responseCallback: http.expectedStatuses(200, 401),
		}).status;
		check(client.introspect(), {
			'active': (r) => r.ok && r.status === 200 && r.active === true,
			'the scope asked for': (r) => r.scope === __ENV.SCOPE,
			'of this client': (r) => r.claims.client_id === __ENV.CLIENT_ID,
			'for a while': (r) => r.claims.exp > Date.now() / 1000,
			'timed': (r) => r.timings.waiting > 0,
		});
		check(use(), { 'the API takes it': (status) => status === 200 });
		check(client.revoke(), { 'revoked': (r) => r.ok && r.status === 200 && r.error === null });
		check(use(), { 'the API refuses it': (status) => status === 401 });
		check(client.introspect(token), { 'not active': (r) => r.ok && r.active === false && r.scope === null });
		check(client.revoke(token), { 'revoked again': (r) => r.ok });
		check(client.introspect('no-token-of-this-server'), { 'an unknown one': (r) => r.ok && r.active === false });
		check(client.token(), { 'the next is another one': (next) => next !== token });
	}`

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
			r := k6test.Run{Code: revokeScript, Env: env}.Do(t).Passes(t)
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
		Code: `
			import { check } from 'k6';
			import { Client } from 'k6/x/clientcreds';
			export const options = { thresholds: { checks: ['rate==1'] } };
			const client = (more) => new Client({ issuer: __ENV.ISSUER, clientId: 'cc-short', clientSecret: 'short-secret', ...more });
			const jwt = client({ scope: 'api:read', resource: 'https://api.example/orders' });
			const wrong = client({ clientSecret: 'not-the-secret' });
			const elsewhere = client({ introspectionUrl: __ENV.ISSUER + '/nowhere', revocationUrl: __ENV.ISSUER + '/nowhere' });
			export default function () {
				jwt.token();
				for (const f of ['introspect', 'revoke']) {
					check(jwt[f](), { 'a JWT': (r) => !r.ok && r.status === 400 && r.error === 'unsupported_token_type' });
					check(wrong[f]('some-token'), { 'a wrong secret': (r) => !r.ok && r.status === 401 && r.error === 'invalid_client' });
					check(elsewhere[f]('some-token'), { 'a wrong URL': (r) => !r.ok && r.status === 404 && r.timings !== null });
					jwt.token();
				}
			}`,
		Env: map[string]string{"ISSUER": op.Issuer, "SSL_CERT_FILE": certs.CAFile},
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
			r := k6test.Run{Code: revokeScript, Env: server.Env(more...)}.Do(t).Passes(t)
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
