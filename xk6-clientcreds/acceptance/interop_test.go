package acceptance

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// smokeRequests is how many tokens scripts/smoke.test.js asks for.
const smokeRequests = 3

func TestInteropEveryFunctionWorks(t *testing.T) {
	t.Parallel()
	certs := newCertificates(t)
	byTokenURL := func(op *oidcProvider) string { return "TOKEN_URL=" + op.issuer + "/token" }
	byIssuer := func(op *oidcProvider) string { return "ISSUER=" + op.issuer }
	for name, c := range map[string]struct {
		endpoint   func(*oidcProvider) string
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
			op := startOIDCProvider(t, certs)
			api := startResourceServer(t, certs, op.issuer)
			env := map[string]string{
				"CLIENT_ID": c.id, "CLIENT_SECRET": c.secret, "SCOPE": "api:read",
				"API_URL": api.URL, "SSL_CERT_FILE": certs.caFile,
			}
			r := k6run{script: "scripts/smoke.test.js", env: with(env, c.endpoint(op), c.env)}.do(t).passes(t)

			seen := op.stop(t)
			require.Len(t, seen, smokeRequests)
			for _, request := range seen {
				require.Equal(t, c.id, request.Client)
				require.Equal(t, 200, request.Status)
			}
			require.Equal(t, smokeRequests, r.summary.count("clientcreds_requests"))
			api.sawOnly(t, "active", r.summary.count("http_reqs"))
		})
	}
}

// The server decodes what RFC 6749 §2.3.1 has encoded, so a secret with such characters is another
// one when it is sent raw.
func TestInteropBasicEncoding(t *testing.T) {
	t.Parallel()
	certs := newCertificates(t)
	op := startOIDCProvider(t, certs)
	r := k6run{
		code: `
			import { Client } from 'k6/x/clientcreds';
			import { check } from 'k6';
			export const options = { thresholds: { checks: ['rate==1'] } };
			const client = (basicEncoding) => new Client({
				tokenUrl: __ENV.TOKEN_URL, clientId: 'cc-encoded', clientSecret: 'p+ss%2Fword', basicEncoding,
			});
			const form = client('form');
			const raw = client('raw');
			export default function () {
				check(form.acquire(), { 'form': (r) => r.ok });
				check(raw.acquire(), {
					'raw': (r) => !r.ok && r.error === 'invalid_client' && r.status === 401 && r.accessToken === null,
				});
			}`,
		env: map[string]string{"TOKEN_URL": op.issuer + "/token", "SSL_CERT_FILE": certs.caFile},
	}.do(t).passes(t)
	require.Equal(t, 2, r.summary.count("clientcreds_requests"))
	seen := op.stop(t)
	require.Len(t, seen, 2)
	require.Equal(t, []string{"", "invalid_client"}, []string{seen[0].Error, seen[1].Error})
}

func TestInteropTokensExpireDuringTheRun(t *testing.T) {
	t.Parallel()
	certs := newCertificates(t)
	op := startOIDCProvider(t, certs)
	api := startResourceServer(t, certs, op.issuer)
	r := k6run{script: "scripts/soak-through-expiry.js", env: map[string]string{
		"ISSUER": op.issuer, "CLIENT_ID": "cc-short", "CLIENT_SECRET": "short-secret", "API_URL": api.URL,
		"SSL_CERT_FILE": certs.caFile, "VUS": "5", "DURATION": "8s", "PAUSE": "0.05",
		// This server's clock has whole seconds: a token granted for 3 s can be over after 2.
		"LEEWAY": "1200ms",
	}}.do(t).passes(t)

	seen := op.stop(t)
	require.Empty(t, refused(seen))
	require.Len(t, seen, r.summary.count("clientcreds_requests"))
	early := r.tokenRequests("early")
	require.GreaterOrEqual(t, early, 2*5, "each VU replaced its token")
	require.Equal(t, 3000.0, r.summary.value("clientcreds_token_ttl", "max"))
	require.Positive(t, r.summary.value("clientcreds_token_remaining", "min"))
	require.Zero(t, r.summary.count("clientcreds_expired_token_uses"))
	api.sawOnly(t, "active", r.summary.count("http_reqs"))
}

func TestInteropWrongSecret(t *testing.T) {
	t.Parallel()
	certs := newCertificates(t)
	op := startOIDCProvider(t, certs)
	r := k6run{script: "scripts/api-load.js", env: map[string]string{
		"TOKEN_URL": op.issuer + "/token", "CLIENT_ID": "cc-basic", "CLIENT_SECRET": "not-the-secret",
		"API_URL": op.issuer, "SSL_CERT_FILE": certs.caFile, "VUS": "5", "DURATION": "30s",
	}}.do(t)

	require.Equal(t, exitScriptException, r.exitCode, r.output)
	require.Contains(t, r.output, `TokenError: invalid_client (HTTP 401): client authentication failed `+
		`(client \"cc-basic\" at `+op.issuer+`/token); check clientId and clientSecret`)
	require.NotContains(t, r.output, "not-the-secret")
	seen := op.stop(t)
	require.Len(t, seen, 1, "credentials that were refused are not sent again")
	require.Equal(t, tokenRequest{At: seen[0].At, Client: "cc-basic", Status: 401, Error: "invalid_client"}, seen[0])
	require.Equal(t, 1, r.summary.count("clientcreds_requests"))
}

func TestInteropScopeAndResource(t *testing.T) {
	t.Parallel()
	certs := newCertificates(t)
	op := startOIDCProvider(t, certs)
	r := k6run{
		code: `
			import encoding from 'k6/encoding';
			import { check } from 'k6';
			import { Client } from 'k6/x/clientcreds';
			export const options = { thresholds: { checks: ['rate==1'] } };
			const client = (more) => new Client({ issuer: __ENV.ISSUER, clientId: 'cc-short', clientSecret: 'short-secret', ...more });
			const none = client({ scope: ['api:write'] });
			const some = client({ scope: ['api:read', 'unheard-of'] });
			const resource = client({ scope: 'api:read', resource: 'https://api.example/orders' });
			const nowhere = client({ resource: 'https://api.example/invoices' });
			const claims = (token) => JSON.parse(encoding.b64decode(token.split('.')[1], 'rawurl', 's'));
			export default function () {
				check(none.acquire(), {
					'a scope that the client may not have': (r) => r.error === 'invalid_scope' && r.status === 400,
				});
				check(some.acquire(), { 'a scope nobody knows is left out': (r) => r.scope === 'api:read' });
				check(resource.acquire(), { 'the audience is the resource': (r) => claims(r.accessToken).aud === 'https://api.example/orders' });
				check(nowhere.acquire(), { 'an unknown resource': (r) => r.error === 'invalid_target' });
				try {
					none.token();
				} catch (e) {
					check(e, {
						'a TokenError': (e) => e.name === 'TokenError' && e.error === 'invalid_scope' && !e.retryable,
						'says where to look': (e) => e.message.includes('check the scope option'),
					});
				}
			}`,
		env: map[string]string{"ISSUER": op.issuer, "SSL_CERT_FILE": certs.caFile},
	}.do(t).passes(t)
	require.Equal(t, 6, int(r.summary.value("checks", "passes")))
	require.Equal(t, 5, r.summary.count("clientcreds_requests"))
	require.Len(t, op.stop(t), 5)
}

// The provider dies between two refreshes and comes back, without its tokens, while VUs wait.
func TestInteropServerKilledAndRestarted(t *testing.T) {
	t.Parallel()
	const vus = 5
	certs := newCertificates(t)
	first := startOIDCProvider(t, certs)
	rest := freeAddress(t)
	p := k6run{
		code: `
			import { check, sleep } from 'k6';
			import { Client } from 'k6/x/clientcreds';
			export const options = {
				scenarios: { api: { executor: 'constant-vus', vus: 5, duration: '12s', gracefulStop: '30s' } },
				thresholds: {
					checks: ['rate==1'],
					'clientcreds_requests{status:200}': ['count>0'],
					'clientcreds_requests{error:connection_refused}': ['count>0'],
				},
			};
			const client = new Client({
				tokenUrl: __ENV.TOKEN_URL, clientId: 'cc-short', clientSecret: 'short-secret',
				retry: { attempts: 100, backoff: '300ms', maxBackoff: '300ms', budget: '1m' },
			});
			export default function () {
				check(client.token(), { 'a token comes': (token) => token.length > 0 });
				sleep(0.05);
			}`,
		env:  map[string]string{"TOKEN_URL": first.issuer + "/token", "SSL_CERT_FILE": certs.caFile},
		args: []string{"--address", rest},
	}.start(t)

	// All have a token, and the first refresh is more than two seconds away: no request is under way.
	eventually(t, func() bool { return len(first.seen()) == vus }, "the cold start")
	first.kill(t)
	eventually(t, func() bool { return liveCount(t, rest, "clientcreds_retries") >= 3*vus },
		"refreshes fail and are repeated")
	second := startOIDCProvider(t, certs, "PORT="+first.port())
	require.Equal(t, first.issuer, second.issuer)
	r := p.result(t).passes(t)

	answered := len(first.seen()) + len(second.stop(t))
	require.Greater(t, answered, 2*vus, "the VUs went on with the provider that came back")
	require.Empty(t, refused(first.seen()))
	require.Empty(t, refused(second.seen()))
	require.Equal(t, answered, r.summary.count("clientcreds_requests{status:200}"))
	failed := r.summary.count("clientcreds_requests{error:connection_refused}")
	require.Equal(t, r.summary.count("clientcreds_requests"), answered+failed)
	require.Equal(t, failed, int(r.summary.value("clientcreds_request_failed", "passes")))
	require.Positive(t, r.summary.count("clientcreds_retries"))
}

// liveCount reads a counter over k6's REST API while the test runs, 0 before its first sample.
func liveCount(t *testing.T, address, metric string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/v1/metrics/"+metric, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	var answer struct {
		Data struct {
			Attributes struct {
				Sample map[string]float64 `json:"sample"`
			} `json:"attributes"`
		} `json:"data"`
	}
	if json.NewDecoder(resp.Body).Decode(&answer) != nil {
		return 0
	}
	return int(answer.Data.Attributes.Sample["count"])
}
