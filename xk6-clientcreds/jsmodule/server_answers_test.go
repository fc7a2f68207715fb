package jsmodule

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/metrics"
)

// wrongAnswers are answers of a token endpoint and what becomes of them: the message of the
// TokenError before and after " (client … at …)", its error and whether it is retryable.
var wrongAnswers = []struct {
	name         string
	status       int
	header, body string
	before       string
	after        string
	code         string
	retryable    bool
}{
	{
		"wrong secret", 401, `WWW-Authenticate: Basic realm="idp"`,
		`{"error":"invalid_client","error_description":"Client authentication failed"}`,
		`invalid_client (HTTP 401): Client authentication failed`,
		`; check clientId and clientSecret, and whether the server expects auth: 'client_secret_post' or basicEncoding: 'raw'`, "invalid_client", false,
	},
	{
		"wrong secret with 400", 400, ``, `{"error":"invalid_client"}`,
		`invalid_client (HTTP 400)`,
		`; check clientId and clientSecret, and whether the server expects auth: 'client_secret_post' or basicEncoding: 'raw'`, "invalid_client", false,
	},
	{
		"server repeats the secret", 401, ``, `{"error":"invalid_client","error_description":"no client has the secret ` +
			testSecret + `"}`,
		`invalid_client (HTTP 401): no client has the secret ***REDACTED***`,
		`; check clientId and clientSecret, and whether the server expects auth: 'client_secret_post' or basicEncoding: 'raw'`, "invalid_client", false,
	},
	{
		"grant not allowed", 400, ``, `{"error":"unauthorized_client"}`,
		`unauthorized_client (HTTP 400)`,
		`; the server does not allow this client the client_credentials grant; if it does, check clientId and clientSecret, ` +
			`and whether the server expects auth: 'client_secret_post' or basicEncoding: 'raw'`, "unauthorized_client", false,
	},
	{
		"grant not offered", 400, ``, `{"error":"unsupported_grant_type"}`,
		`unsupported_grant_type (HTTP 400)`,
		`; the server does not offer the client_credentials grant at this endpoint`, "unsupported_grant_type", false,
	},
	{
		"wrong scope", 400, ``, `{"error":"invalid_scope","error_description":"unknown scope orders.raed"}`,
		`invalid_scope (HTTP 400): unknown scope orders.raed`,
		`; the client may not request this scope; check the scope option`, "invalid_scope", false,
	},
	{
		"wrong audience", 400, ``, `{"error":"invalid_target"}`,
		`invalid_target (HTTP 400)`,
		`; the server does not know this audience or resource`, "invalid_target", false,
	},
	{
		"bad request", 400, ``, `{"error":"invalid_request","error_description":"audience is required"}`,
		`invalid_request (HTTP 400): audience is required`,
		`; a parameter is missing or not accepted by the server; check params, audience and resource`, "invalid_request",
		false,
	},
	{
		"forbidden by policy", 403, ``, `{"error":"access_denied"}`,
		`access_denied (HTTP 403)`,
		`; a policy of the server denies this client a token; see the server's log`, "access_denied", false,
	},
	{
		"error of its own", 400, ``, `{"error":"tenant_suspended","error_description":"call us"}`,
		`tenant_suspended (HTTP 400): call us`,
		``, "tenant_suspended", false,
	},
	{
		"error with status 200", 200, ``, `{"error":"invalid_client"}`,
		`invalid_client (HTTP 200)`,
		`; check clientId and clientSecret, and whether the server expects auth: 'client_secret_post' or basicEncoding: 'raw'`, "invalid_client", false,
	},
	{
		"server error", 500, ``, `{"error":"server_error"}`,
		`server_error (HTTP 500)`,
		`; the server has an internal problem; see its log`, "server_error", true,
	},
	{
		"too many requests", 429, `Retry-After: 7`, `{"error":"slow_down"}`,
		`slow_down (HTTP 429) (retry after 7s)`,
		`; the server limits the rate of token requests; cache.scope: 'shared' needs the fewest`, "slow_down", true,
	},
	{
		"too many requests, by a gateway", 429, `Retry-After: 7`, `{"message":"API rate limit exceeded"}`,
		`http_error (HTTP 429): API rate limit exceeded (retry after 7s)`,
		`; the server limits the rate of token requests; cache.scope: 'shared' needs the fewest`, "http_error", true,
	},
	{
		"unavailable", 503, `Retry-After: 30`, `{"error":"temporarily_unavailable"}`,
		`temporarily_unavailable (HTTP 503) (retry after 30s)`,
		`; the server has an internal problem; see its log`, "temporarily_unavailable", true,
	},
	{
		"proxy's page", 502, `Content-Type: text/html`, `<html>secret stuff</html>`,
		`http_error (HTTP 502): the answer is not JSON, but text/html`,
		`; a proxy cannot reach the server`, "http_error", true,
	},
	{
		"gateway timeout", 504, `Content-Type: text/html`, `<html></html>`,
		`http_error (HTTP 504): the answer is not JSON, but text/html`,
		`; the server does not answer its proxy in time`, "http_error", true,
	},
	{
		"maintenance page", 503, `Content-Type: text/html`, `<html></html>`,
		`http_error (HTTP 503): the answer is not JSON, but text/html`,
		`; the server or a proxy in front of it is overloaded or down`, "http_error", true,
	},
	{
		"internal error page", 500, `Content-Type: text/plain`, `panic: `,
		`http_error (HTTP 500): the answer is not JSON, but text/plain: panic:`,
		`; the server has an internal problem; see its log`, "http_error", true,
	},
	{
		"wrong path", 404, `Content-Type: text/html`, `<html></html>`,
		`http_error (HTTP 404): the answer is not JSON, but text/html`,
		`; there is nothing at this path; check tokenUrl`, "http_error", false,
	},
	{
		"proxy wants credentials", 401, `Content-Type: text/html`, `<html></html>`,
		`http_error (HTTP 401): the answer is not JSON, but text/html`,
		`; check clientId and clientSecret, and whether the server expects auth: 'client_secret_post' or basicEncoding: 'raw'; ` +
			`if they are right, something in front of the token endpoint expects other credentials, such as a proxy or gateway`,
		"http_error", false,
	},
	{
		"wrong secret, by Spring", 401, ``,
		`{"status":401,"error":"Unauthorized","message":"Bad credentials","path":"/token"}`,
		`http_error (HTTP 401): Bad credentials`,
		`; check clientId and clientSecret, and whether the server expects auth: 'client_secret_post' or basicEncoding: 'raw'; ` +
			`if they are right, something in front of the token endpoint expects other credentials, such as a proxy or gateway`,
		"http_error", false,
	},
	{
		"wrong secret, by Keycloak", 401, ``,
		`{"error":"unauthorized_client","error_description":"Invalid client or Invalid client credentials"}`,
		`unauthorized_client (HTTP 401): Invalid client or Invalid client credentials`,
		`; check clientId and clientSecret, and whether the server expects auth: 'client_secret_post' or basicEncoding: 'raw'; ` +
			`if they are right, the server does not allow this client the client_credentials grant`, "unauthorized_client",
		false,
	},
	{
		"wrong secret, by Auth0", 401, ``, `{"error":"access_denied","error_description":"Unauthorized"}`,
		`access_denied (HTTP 401): Unauthorized`,
		`; check clientId and clientSecret, and whether the server expects auth: 'client_secret_post' or basicEncoding: 'raw'; ` +
			`if they are right, a policy of the server denies this client a token; see the server's log`, "access_denied", false,
	},
	{
		"wrong secret, in words of its own", 401, ``, `{"error":"tenant_suspended"}`,
		`tenant_suspended (HTTP 401)`,
		`; check clientId and clientSecret, and whether the server expects auth: 'client_secret_post' or basicEncoding: 'raw'`, "tenant_suspended", false,
	},
	{
		"a server that repeats the secret in words of its own", 400, ``,
		`{"error":{"message":"no client has the secret ` + testSecret + `"}}`,
		`http_error (HTTP 400): no client has the secret ***REDACTED***`,
		`; check that tokenUrl is a token endpoint, and whether the server expects https`, "http_error", false,
	},
	{
		"port for TLS", 400, `Content-Type: text/plain`, "Client sent an HTTP request to an HTTPS server.\n",
		`http_error (HTTP 400): the server speaks TLS at this port, and the request was plain HTTP; use an https URL`,
		``, "http_error", false,
	},
	{
		"firewall", 403, `Content-Type: text/html`, `<html></html>`,
		`http_error (HTTP 403): the answer is not JSON, but text/html`,
		`; something in front of the token endpoint forbids the request, such as a proxy, gateway or firewall`, "http_error",
		false,
	},
	{
		"no POST", 405, `Content-Type: text/plain`, `Method Not Allowed`,
		`http_error (HTTP 405): the answer is not JSON, but text/plain: Method Not Allowed`,
		`; this path does not take POST; check that tokenUrl is a token endpoint`, "http_error", false,
	},
	{
		"redirect to a login page", 302, `Location: https://idp.example.com/login`, ``,
		`http_error (HTTP 302): the token endpoint redirects to https://idp.example.com/login, and credentials do not follow a redirect; configure the final URL`,
		``, "http_error", false,
	},
	{
		"redirect to https", 308, `Location: https://idp.example.com/token?key=hush`, ``,
		`http_error (HTTP 308): the token endpoint redirects to https://idp.example.com/token…, and credentials do not follow a redirect; configure the final URL`,
		``, "http_error", false,
	},
	{
		"login page", 200, `Content-Type: text/html`, `<html></html>`,
		`invalid_response (HTTP 200): the answer is not JSON, but text/html`,
		`; this is not the answer of a token endpoint (RFC 6749 §5.1); check tokenUrl, or the server`, "invalid_response",
		false,
	},
	{
		"nothing", 200, `Content-Type: `, ``,
		`invalid_response (HTTP 200): the answer is empty`,
		`; this is not the answer of a token endpoint (RFC 6749 §5.1); check tokenUrl, or the server`, "invalid_response",
		false,
	},
	{
		"no content", 204, ``, ``,
		`invalid_response (HTTP 204): the answer is empty`,
		`; this is not the answer of a token endpoint (RFC 6749 §5.1); check tokenUrl, or the server`, "invalid_response",
		false,
	},
	{
		"not an object", 200, ``, `["token"]`,
		`invalid_response (HTTP 200): the answer is JSON, but not an object`,
		`; this is not the answer of a token endpoint (RFC 6749 §5.1); check tokenUrl, or the server`, "invalid_response",
		false,
	},
	{
		"no token", 200, ``, `{"token_type":"bearer"}`,
		`invalid_response (HTTP 200): the answer has no access_token`,
		`; this is not the answer of a token endpoint (RFC 6749 §5.1); check tokenUrl, or the server`, "invalid_response",
		false,
	},
	{
		"token is null", 200, ``, `{"access_token":null}`,
		`invalid_response (HTTP 200): the answer has no access_token`,
		`; this is not the answer of a token endpoint (RFC 6749 §5.1); check tokenUrl, or the server`, "invalid_response",
		false,
	},
	{
		"token with a line break", 200, ``, `{"access_token":"a\nb"}`,
		`invalid_response (HTTP 200): the access_token has characters that no header can carry`,
		`; this is not the answer of a token endpoint (RFC 6749 §5.1); check tokenUrl, or the server`, "invalid_response",
		false,
	},
	{
		"half an answer", 200, ``, `{"access_token":"abc`,
		`invalid_response (HTTP 200): the answer claims to be application/json, but is not JSON`,
		`; this is not the answer of a token endpoint (RFC 6749 §5.1); check tokenUrl, or the server`, "invalid_response",
		false,
	},
	{
		"too large", 200, ``, `{"access_token":"` + strings.Repeat("a", 1<<20) + `"}`,
		`invalid_response (HTTP 200): the answer is larger than 1 MiB`,
		`; this is not the answer of a token endpoint (RFC 6749 §5.1); check tokenUrl, or the server`, "invalid_response",
		false,
	},
	{
		"description to be cleaned", 400, ``, `{"error":"invalid_scope","error_description":"one\u001b[31mtwo\nthree"}`,
		`invalid_scope (HTTP 400): one [31mtwo three`,
		`; the client may not request this scope; check the scope option`, "invalid_scope", false,
	},
}

// answering is a token endpoint with one answer; header is "Name: value".
func answering(status int, header, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if name, value, ok := strings.Cut(header, ": "); ok {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// caught is code that evaluates to what client.token() throws.
const caught = `(() => { try { client.token() } catch (e) {
	return {name: e.name, message: e.message, error: e.error, status: e.status,
		retryable: e.retryable, retryAfter: e.retryAfter}
} })()`

// clientAt is a VU with a client of that token endpoint, which asks once.
func clientAt(t *testing.T, tokenURL, more string) *vu {
	t.Helper()
	v := newVU(t, New())
	v.mustRun(fmt.Sprintf(`globalThis.client = new Client({tokenUrl: %q, clientId: 'orders', clientSecret: %q, retry: {attempts: 1}, %s})`,
		tokenURL, testSecret, more))
	v.start()
	return v
}

func TestWrongAnswersAreTokenErrors(t *testing.T) {
	t.Parallel()
	for _, c := range wrongAnswers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			base := serve(t, answering(c.status, c.header, c.body))
			v := clientAt(t, base+"/token?key=hidden", "")
			got, _ := v.mustRun(caught).(map[string]any)
			require.NotNil(t, got, "nothing was thrown")
			assert.Equal(t, c.before+fmt.Sprintf(` (client "orders" at %s/token)`, base)+c.after, got["message"])
			delete(got, "message")
			retryAfter := int64(0)
			_, _ = fmt.Sscanf(c.header, "Retry-After: %d", &retryAfter)
			assert.Equal(t, map[string]any{
				"name": "TokenError", "error": c.code, "status": int64(c.status), "retryable": c.retryable,
				"retryAfter": retryAfter,
			}, got)
			samples := v.sampled()
			assert.Len(t, samples["clientcreds_request_duration"], 1, "a refusal is an answer")
			failed := samples["clientcreds_request_failed"]
			require.Len(t, failed, 1)
			assert.Equal(t, 1.0, failed[0].Value)
			label, _ := failed[0].Tags.Get("error")
			if c.code == "tenant_suspended" {
				c.code = "other" // the server's own words are not a metric tag
			}
			assert.Equal(t, c.code, label)
		})
	}
}

func TestNoAnswerIsATokenError(t *testing.T) {
	t.Parallel()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	refused := nobody.Addr().String()
	require.NoError(t, nobody.Close())
	tls := httptest.NewUnstartedServer(answering(200, "", "{}"))
	tls.Config.ErrorLog = quiet()
	tls.StartTLS()
	t.Cleanup(tls.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })

	for name, c := range map[string]struct {
		url, more, before, hint, code string
		retryable                     bool
	}{
		"nobody listens": {
			"http://" + refused, "", "connection_refused: connection refused (" + refused + ")",
			"nothing listens there; check tokenUrl or issuer, and k6's hosts option", "connection_refused", true,
		},
		"closed": {
			serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), "",
			"connection_reset: the connection was closed before the answer was complete",
			"the server or a proxy in front of it closed the connection: it is overloaded, restarting, or not an HTTP server; " +
				"or the server expects https", "connection_reset", true,
		},
		"too slow": {
			serve(t, func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				select {
				case <-release:
				case <-r.Context().Done():
				}
			}), "timeout: 20", "timeout: no answer in time", "the server did not answer within the timeout option", "timeout",
			true,
		},
		"no TLS": {
			"https://" + plain.Listener.Addr().String(), "",
			"tls: the server answers in plain HTTP at this port; use an http URL, or the port for TLS",
			"", "tls", false,
		},
		"unknown CA": {
			tls.URL, "", "tls: failed to verify certificate: x509: certificate signed by unknown authority",
			"check the certificate; SSL_CERT_FILE names a CA file to trust, insecureSkipTLSVerify is k6's option for tests",
			"tls", false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := clientAt(t, c.url+"/token", c.more)
			got, _ := v.mustRun(caught).(map[string]any)
			require.NotNil(t, got, "nothing was thrown")
			if c.hint != "" {
				c.hint = "; " + c.hint
			}
			assert.Equal(t, fmt.Sprintf(`%s (client "orders" at %s/token)%s`, c.before, c.url, c.hint), got["message"])
			assert.Equal(t, []any{c.code, int64(0), c.retryable}, []any{got["error"], got["status"], got["retryable"]})
			samples := v.sampled()
			tags := samples["clientcreds_requests"][0].Tags.Map()
			assert.Equal(t, map[string]string{"client": "orders", "reason": "cold", "status": "0", "error": c.code}, tags)
			assert.Len(t, samples["clientcreds_request_failed"], len(samples["clientcreds_requests"]))
			assert.Empty(t, samples["clientcreds_request_duration"], "nobody answered")
		})
	}
}

// A server that takes longer to answer than its tokens live grants nothing, to token() as to acquire().
func TestTokenThatHasExpiredOnArrivalIsAFailedRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := clientAt(t, "http://idp.example/token", "")
		v.state.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
			time.Sleep(1200 * time.Millisecond) // on the bubble's clock
			return answer(r, 200, `{"access_token":"abcdefgh","token_type":"Bearer","expires_in":1}`), nil
		})
		got, _ := v.mustRun(caught).(map[string]any)
		assert.Equal(t, `invalid_response (HTTP 200): the token had expired when it arrived: its lifetime is 1s, and the response took 1.2s `+
			`(client "orders" at http://idp.example/token); the server takes longer to answer than its tokens live: `+
			`find out why it is slow, or have it grant a longer lifetime`, got["message"])
		assert.Equal(t, "false,invalid_response,200",
			v.mustRun(`(({ok, error, status}) => [ok, error, status].join())(client.acquire())`))
		samples := v.sampled()
		assert.Equal(t, []string{"invalid_response", "invalid_response"}, tagsOf(samples["clientcreds_requests"], "error"))
		assert.Equal(t, 2.0, sum(samples["clientcreds_request_failed"]))
		assert.Empty(t, samples["clientcreds_token_ttl"], "no token was granted")
	})
}

// A request this is not answered ends when the timeout option says.
func TestTimeoutOption(t *testing.T) {
	t.Parallel()
	for option, want := range map[string]time.Duration{
		"": 30 * time.Second, "timeout: 1500": 1500 * time.Millisecond, "timeout: '2m'": 2 * time.Minute,
	} {
		synctest.Test(t, func(t *testing.T) {
			v := clientAt(t, "http://idp.example/token", "introspectionUrl: 'http://idp.example/introspect', "+option)
			v.state.Transport = transportFunc(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			})
			for _, call := range []string{`client.acquire().error`, `client.introspect('abcdefgh').error`} {
				begin := time.Now()
				assert.Equal(t, "timeout", v.mustRun(call))
				assert.Equal(t, want, time.Since(begin), option+" "+call)
			}
		})
	}
}

// A name that cannot be resolved, without asking a resolver.
func TestUnknownHostIsATokenError(t *testing.T) {
	t.Parallel()
	v := clientAt(t, "http://idp.example/token", "")
	v.state.Transport = transportFunc(func(*http.Request) (*http.Response, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "idp.example", IsNotFound: true}
	})
	got, _ := v.mustRun(caught).(map[string]any)
	assert.Equal(t, `dns: lookup idp.example: no such host (client "orders" at http://idp.example/token); `+
		`the host cannot be resolved; check tokenUrl or issuer, and k6's hosts and dns options`, got["message"])
}

func TestDiscoveryThatFailsIsATokenErrorAndCounted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		before string
	}{
		"no document": {
			http.NotFound,
			"no metadata of the issuer: URL/.well-known/oauth-authorization-server/tenant: HTTP 404; " +
				"URL/tenant/.well-known/openid-configuration: HTTP 404",
		},
		"of another issuer": {
			answering(200, "", `{"issuer":"https://other.example","token_endpoint":"https://other.example/token"}`),
			`the document is about issuer "https://other.example", not "URL/tenant"; they must be equal to the letter (RFC 8414 §3.3)`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := serve(t, c.answer)
			v := newVU(t, New())
			v.mustRun(fmt.Sprintf(`globalThis.client = new Client({issuer: '%s/tenant', clientId: 'orders', clientSecret: %q})`,
				base, testSecret))
			v.start()
			got, _ := v.mustRun(caught).(map[string]any)
			message, _ := got["message"].(string)
			assert.Contains(t, message, strings.ReplaceAll(c.before, "URL", base))
			assert.Contains(t, message, `(client "orders" at issuer `+base+`/tenant); check issuer, or set tokenUrl instead`)
			assert.Equal(t, "discovery", got["error"])
			assert.Equal(t, false, v.mustRun(`client.acquire().ok`))
			assert.Equal(t, []any{int64(0), int64(2)}, v.mustRun(`[client.stats().requests, client.stats().failed]`))

			samples := v.sampled()
			assert.Empty(t, samples["clientcreds_requests"], "no token request was sent")
			assert.Equal(t, []string{"cold", "acquire"}, tagsOf(samples["clientcreds_request_failed"], "reason"))
			assert.Equal(t, []string{"discovery", "discovery"}, tagsOf(samples["clientcreds_request_failed"], "error"))
			assert.Equal(t, 2.0, sum(samples["clientcreds_request_failed"]))
		})
	}
}

func tagsOf(samples []metrics.Sample, name string) []string {
	values := make([]string, len(samples))
	for i, s := range samples {
		values[i], _ = s.Tags.Get(name)
	}
	return values
}

// Requests that met a connection which the server had closed meanwhile have not been sent: they count once,
// as at the server.
func TestClosedIdleConnectionsAreNotCounted(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen, counted := make(map[string]bool), 0
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if seen[r.RemoteAddr] {
			conn, _, err := w.(http.Hijacker).Hijack()
			if assert.NoError(t, err) {
				_ = conn.Close()
			}
			return
		}
		seen[r.RemoteAddr] = true
		counted++
		answering(200, "", `{"access_token":"`+tokenNumber(counted)+`","token_type":"Bearer","expires_in":60,"active":true}`)(
			w, r)
	})
	v := clientAt(t, base+"/token",
		fmt.Sprintf(`introspectionUrl: '%[1]s/introspect', revocationUrl: '%[1]s/revoke', httpMetrics: true`, base))
	assert.Equal(t, []any{true, true, true, true},
		v.mustRun(`[client.acquire(), client.acquire(), client.introspect('t'), client.revoke('t')].map((r) => r.ok)`))
	assert.Equal(t, []any{int64(2), int64(0)}, v.mustRun(`[client.stats().requests, client.stats().failed]`))
	samples := v.sampled()
	assert.Equal(t, 4, counted)
	assert.Len(t, seen, 4, "each on a connection of its own")
	for name, want := range map[string]int{
		"clientcreds_requests": 2, "clientcreds_introspections": 1, "clientcreds_revocations": 1, "http_reqs": 4,
		"clientcreds_request_duration": 2,
	} {
		assert.Len(t, samples[name], want, name)
	}
	assert.Zero(t, sum(samples["clientcreds_request_failed"]))
	assert.Zero(t, sum(samples["clientcreds_retries"]))
}
