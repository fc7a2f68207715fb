package tokens

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// exchangeScript exchanges tokens in all ways, and in those that the server refuses.
const exchangeScript = `
	import { check } from 'k6';
	import { Client } from 'k6/x/clientcreds';
	export const options = { thresholds: {
		checks: ['rate==1'],
		'clientcreds_requests{grant:client_credentials}': ['count>0'],
		'clientcreds_requests{grant:token_exchange}': ['count>0'],
		'clientcreds_requests{grant:token_exchange,status:400}': ['count>0'],
	} };
	const jwt = 'urn:ietf:params:oauth:token-type:jwt';
	const base = { issuer: __ENV.ISSUER, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET, auth: __ENV.AUTH, scope: __ENV.SCOPE };
	const exchanging = (exchange, more) => new Client({ ...base, ...more, exchange });
	const owner = new Client({ ...base, clientId: 'owner' });
	const narrow = exchanging({ audience: ['inventory', 'billing'], resource: 'https://api.example/', scope: 'orders.read', requestedTokenType: jwt });
	const wider = exchanging({ scope: 'admin' });
	const forbidden = exchanging({}, { clientId: 'owner' });
	const broken = exchanging({ subjectToken: 'of-nobody-here' });
	export default function () {
		const token = narrow.token();
		check(narrow.inspect(), {
			'valid': (i) => i.valid === true && i.problems.length === 0,
			'for all of them': (i) => i.claims.aud.join(' ') === 'inventory billing https://api.example/',
			'of less scope': (i) => i.scope.granted.join() === 'orders.read' && i.claims.sub === __ENV.CLIENT_ID,
		});
		check(narrow.get(__ENV.API_URL), { 'the API takes it': (r) => r.status === 200 && r.json('scope') === 'orders.read' });
		check(narrow.introspect(), { 'active': (r) => r.active === true });
		check(narrow.token(), { 'cached': (again) => again === token });

		const delegated = new Client({ ...base, exchange: { subjectToken: owner.token() }, cache: { scope: 'none' } });
		check(delegated.acquire(), { 'acting': (r) => r.ok && r.retries === 0 && r.expiresIn <= 60 });
		check(delegated.inspect(delegated.token()), {
			'for the owner': (i) => i.valid === true && i.claims.sub === 'owner' && i.claims.act.sub === __ENV.CLIENT_ID,
		});

		check(wider.acquire(), { 'no more scope': (r) => r.error === 'invalid_scope' && r.grant === 'token_exchange' && r.status === 400 });
		check(forbidden.acquire(), { 'not allowed': (r) => r.error === 'unauthorized_client' && r.grant === 'token_exchange' });
		check(broken.acquire(), { 'no token': (r) => r.error === 'invalid_request' && r.errorDescription.startsWith('the subject token is malformed') });
	}`

// The environment has the scenarios exchange tokens.
func TestScriptsExchangeTokens(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, func(c *authserver.Config) {
		c.Clients[0].GrantTypes = authserver.GrantTypes
		c.Clients[0].Scope = "orders.read orders.write"
	})
	r := k6test.Run{Script: "scripts/api-load.js", Env: server.Env("EXCHANGE=true", "EXCHANGE_AUDIENCE=inventory",
		"EXCHANGE_RESOURCE=https://api.example.com/", "EXCHANGE_SCOPE=orders.read", "CACHE_SCOPE=shared",
		"VUS=2", "DURATION=1s", "PAUSE=0.1")}.Do(t).Passes(t)
	server.Agrees(t, r)
	stats := server.Stats()
	require.EqualValues(t, 2, stats.TokenRequests.ByResult["issued"], "a token, and what it was exchanged for")
	require.EqualValues(t, 2, stats.TokenRequests.Total)
}

func TestLocalServerTokenExchange(t *testing.T) {
	t.Parallel()
	for _, auth := range []string{"client_secret_basic", "client_secret_post", "client_secret_jwt"} {
		t.Run(auth, func(t *testing.T) {
			t.Parallel()
			server := servers.StartLocal(t, func(c *authserver.Config) {
				const secret = "a secret of 32 bytes or even more"
				c.TLSDir, c.TokenFormat = t.TempDir(), authserver.JWT
				c.Clients[0].Secret, c.Clients[0].GrantTypes = secret, authserver.GrantTypes
				c.Clients = append(c.Clients, authserver.Client{ID: "owner", Secret: secret, Scope: servers.LocalScope, TTL: time.Minute})
			})
			r := k6test.Run{Code: exchangeScript, Env: server.Env("AUTH=" + auth)}.Do(t).Passes(t)
			require.Equal(t, 11, int(r.Summary.Value("checks", "passes")))
			stats := server.Stats()
			require.Equal(t, int(stats.TokenRequests.Total), r.Summary.Count("clientcreds_requests"))
			require.Equal(t, 6, r.Summary.Count("clientcreds_requests{grant:client_credentials}"),
				"one request has no exchange, and no tag")
			require.Equal(t, 6, r.Summary.Count("clientcreds_requests{grant:token_exchange}"))
			require.Equal(t, 3, r.Summary.Count("clientcreds_requests{grant:token_exchange,status:400}"))
			require.Equal(t, map[string]int64{"issued": 10, "invalid_scope": 1, "unauthorized_client": 1, "invalid_request": 1},
				stats.TokenRequests.ByResult)
		})
	}
}

// The other server that exchanges the tokens of clients. Where it is not told what to issue it is a
// refresh token, which is none that an API takes.
func TestInteropTokenExchange(t *testing.T) {
	t.Parallel()
	certs := servers.NewCertificates(t)
	issuer := servers.StartZitadel(t, certs, []servers.Registration{
		{ID: "service", Secret: "of-the-service"}, {ID: "owner", Secret: "of-the-owner"},
	})
	r := k6test.Run{
		Code: `
			import { check } from 'k6';
			import { Client } from 'k6/x/clientcreds';
			export const options = { thresholds: {
				checks: ['rate==1'],
				'clientcreds_requests{grant:token_exchange,status:200}': ['count==3'],
				'clientcreds_requests{grant:token_exchange,error:invalid_response}': ['count==1'],
				'clientcreds_requests{grant:token_exchange,error:invalid_request}': ['count==1'],
			} };
			const accessToken = 'urn:ietf:params:oauth:token-type:access_token';
			const base = { issuer: __ENV.ISSUER, clientId: 'service', clientSecret: 'of-the-service', scope: ['openid', 'profile'] };
			const owner = new Client({ ...base, clientId: 'owner', clientSecret: 'of-the-owner' });
			const exchanging = (exchange) => new Client({ ...base, exchange });
			const narrow = exchanging({ requestedTokenType: accessToken, audience: 'service', scope: 'openid' });
			const undecided = exchanging({});
			const broken = exchanging({ requestedTokenType: accessToken, subjectToken: 'of-nobody-here' });
			export default function () {
				const token = narrow.token();
				check(narrow.introspect(), {
					'active': (r) => r.active === true && r.scope === 'openid',
					'of the service': (r) => r.claims.sub === 'service' && r.claims.client_id === 'service',
				});
				check(narrow.token(), { 'cached': (again) => again === token });
				const delegated = new Client({ ...base, exchange: { requestedTokenType: accessToken, audience: 'service', scope: 'openid', subjectToken: owner.token() } });
				check(delegated.introspect(delegated.token()), {
					'for the owner': (r) => r.active === true && r.claims.sub === 'owner',
				});
				check(undecided.acquire(), {
					'a refresh token is none': (r) => !r.ok && r.grant === 'token_exchange' && r.error === 'invalid_response' &&
						r.errorDescription.includes('refresh_token, which is not an access token'),
				});
				check(broken.acquire(), { 'no token': (r) => r.error === 'invalid_request' && r.errorDescription === 'subject_token is invalid' });
			}`,
		Env: map[string]string{"ISSUER": issuer, "SSL_CERT_FILE": certs.CAFile},
	}.Do(t).Passes(t)
	require.Equal(t, 6, int(r.Summary.Value("checks", "passes")))
}

// Tokens that end with their subject are renewed in time, by both requests.
func TestLocalServerTokenExchangeRefreshes(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, func(c *authserver.Config) {
		c.TTL = 2 * time.Second
		c.Clients[0].GrantTypes = authserver.GrantTypes
	})
	r := k6test.Run{
		Code: `
			import { sleep } from 'k6';
			import { Client } from 'k6/x/clientcreds';
			export const options = { vus: 4, duration: '5s', thresholds: {
				clientcreds_rejections: ['count==0'],
				clientcreds_expired_token_uses: ['count==0'],
				'clientcreds_requests{reason:early,grant:client_credentials}': ['count>=4'],
				'clientcreds_requests{reason:early,grant:token_exchange}': ['count>=4'],
			} };
			const client = new Client({
				tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET,
				exchange: { audience: 'x' }, cache: { leeway: '40%' },
			});
			export default function () {
				client.get(__ENV.API_URL);
				sleep(0.05);
			}`,
		Env: server.Env(),
	}.Do(t).Passes(t)
	server.Agrees(t, r)
	require.EqualValues(t, r.Summary.Count("http_reqs"), server.Stats().APIRequests.ByResult["ok"])
}
