package jsmodule

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/metrics"
)

// authority is an authorization server with all three endpoints, which remembers what came in.
type authority struct {
	base string

	mu      sync.Mutex
	issued  int
	revoked map[string]bool
	seen    []seenRequest
	answer  func(path string, w http.ResponseWriter) bool // answers instead when it returns true
}

type seenRequest struct {
	path, query, authorization, agent, extra string

	form url.Values
}

func newAuthority(t *testing.T, metadata string) *authority {
	t.Helper()
	a := &authority{revoked: make(map[string]bool)}
	a.base = serve(t, func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodGet {
			_, _ = fmt.Fprintf(w, `{"issuer":%q,"token_endpoint":%q%s}`, a.base, a.base+"/token",
				strings.ReplaceAll(metadata, "BASE", a.base))
			return
		}
		_ = r.ParseForm()
		a.seen = append(a.seen, seenRequest{
			r.URL.Path, r.URL.RawQuery, r.Header.Get("Authorization"), r.UserAgent(), r.Header.Get("X-Gateway"), r.PostForm,
		})
		if a.answer != nil && a.answer(r.URL.Path, w) {
			return
		}
		token := r.PostForm.Get("token")
		switch r.URL.Path {
		case "/token":
			a.issued++
			_, _ = fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":600}`, tokenNumber(a.issued))
		case "/introspect":
			if a.revoked[token] {
				_, _ = fmt.Fprint(w, `{"active":false}`)
				return
			}
			_, _ = fmt.Fprint(w, `{"active":true,"scope":"a b","exp":1893456000,"client_id":"orders","ext":{"list":[1,null]}}`)
		case "/revoke":
			a.revoked[token] = true
		}
	})
	return a
}

func (a *authority) requests(path string) []seenRequest {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []seenRequest
	for _, s := range a.seen {
		if s.path == path {
			list = append(list, s)
		}
	}
	return list
}

const bothEndpoints = `,"introspection_endpoint":"BASE/introspect","revocation_endpoint":"BASE/revoke"`

// client is a VU with a client of a; where is its issuer or tokenUrl.
func (a *authority) client(t *testing.T, where, more string) *vu {
	t.Helper()
	v := newVU(t, New())
	v.mustRun(fmt.Sprintf(`globalThis.client = new Client({%s, clientId: 'orders', clientSecret: %q, %s})`,
		strings.ReplaceAll(where, "BASE", a.base), testSecret, more))
	v.start()
	return v
}

const (
	byIssuer = `issuer: 'BASE'`
	byURLs   = `tokenUrl: 'BASE/token', introspectionUrl: 'BASE/introspect', revocationUrl: 'BASE/revoke'`
)

func TestIntrospectAndRevoke(t *testing.T) {
	t.Parallel()
	for name, where := range map[string]string{"discovery": byIssuer, "URLs": byURLs} {
		for _, auth := range []string{"client_secret_basic", "client_secret_post"} {
			t.Run(name+", "+auth, func(t *testing.T) {
				t.Parallel()
				a := newAuthority(t, bothEndpoints)
				v := a.client(t, where, "headers: {'X-Gateway': 'key'}, params: {tenant: 'blue'}, auth: '"+auth+"'")
				got := v.mustRun(`
					const first = client.token();
					const before = client.introspect();
					const revoked = client.revoke();
					const after = client.introspect(first);
					({before, revoked, after, timed: before.timings.duration > 0 && revoked.timings.duration > 0,
						next: client.token() !== first})`).(map[string]any)
				assert.Equal(t, true, got["timed"])
				assert.Equal(t, true, got["next"], "the revoked token left the cache")
				for _, key := range []string{"before", "revoked", "after"} {
					delete(got[key].(map[string]any), "timings")
				}
				assert.Equal(t, map[string]any{
					"ok": true, "status": int64(200), "active": true, "scope": "a b",
					"claims": map[string]any{
						"active": true, "scope": "a b", "exp": int64(1893456000), "client_id": "orders",
						"ext": map[string]any{"list": []any{int64(1), nil}},
					},
					"error": nil, "errorDescription": nil, "retryAfter": nil,
				}, got["before"])
				assert.Equal(t, map[string]any{
					"ok": true, "status": int64(200), "error": nil, "errorDescription": nil, "retryAfter": nil,
				}, got["revoked"])
				assert.Equal(t, map[string]any{
					"ok": true, "status": int64(200), "active": false, "scope": nil, "claims": map[string]any{"active": false},
					"error": nil, "errorDescription": nil, "retryAfter": nil,
				}, got["after"])

				want := seenRequest{path: "/introspect", agent: "k6-under-test", extra: "key", form: url.Values{
					"token": {tokenNumber(1)}, "token_type_hint": {"access_token"},
				}}
				if auth == "client_secret_basic" {
					want.authorization = "Basic " + base64.StdEncoding.EncodeToString([]byte("orders:"+testSecret))
				} else {
					want.form["client_id"], want.form["client_secret"] = []string{"orders"}, []string{testSecret}
				}
				assert.Equal(t, []seenRequest{want, want}, a.requests("/introspect"))
				want.path = "/revoke"
				assert.Equal(t, []seenRequest{want}, a.requests("/revoke"))

				samples := v.sampled()
				asked := samples["clientcreds_introspections"]
				assert.Equal(t, []string{"true", "false"}, tagsOf(asked, "active"))
				assert.Equal(t, []string{"200", "200"}, tagsOf(asked, "status"))
				assert.Len(t, samples["clientcreds_introspection_duration"], 2)
				assert.Equal(t, map[string]string{"client": "orders", "status": "200"},
					samples["clientcreds_revocations"][0].Tags.Map())
				assert.Equal(t, 1.0, sum(samples["clientcreds_revocations"]))
				assert.Equal(t, 2.0, sum(samples["clientcreds_requests"]), "token requests only")
				assert.Equal(t, []string{"cold", "rejected"}, tagsOf(samples["clientcreds_requests"], "reason"))
				assert.Empty(t, samples["http_reqs"])
			})
		}
	}
}

func TestTokenQueriesThatFailAreResults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer                     http.HandlerFunc
		introspect, revoke         string
		introspectCode, revokeCode string
	}{
		"an OAuth error": {
			answer:         answering(401, "", `{"error":"invalid_client","error_description":"who are you"}`),
			introspect:     `[false,401,null,null,"invalid_client","who are you",null,true]`,
			introspectCode: "invalid_client", revokeCode: "invalid_client",
		},
		"another type of token": {
			answer:         answering(400, "", `{"error":"unsupported_token_type"}`),
			introspect:     `[false,400,null,null,"unsupported_token_type","",null,true]`,
			introspectCode: "unsupported_token_type", revokeCode: "unsupported_token_type",
		},
		"overload": {
			answer:         answering(503, "Retry-After: 7", `busy`),
			introspect:     `[false,503,null,null,"http_error","the answer claims to be application/json, but is not JSON",7,true]`,
			introspectCode: "http_error", revokeCode: "http_error",
		},
		"a redirect": {
			answer:         answering(307, "Location: /elsewhere", ``),
			introspect:     `[false,307,null,null,"http_error","the endpoint redirects to /elsewhere, and credentials do not follow a redirect; configure the final URL",null,true]`,
			introspectCode: "http_error", revokeCode: "http_error",
		},
		"a success that says nothing": {
			answer:         answering(200, "", `{}`),
			introspect:     `[false,200,null,null,"invalid_response","the answer has no member active (RFC 7662 §2.2)",null,true]`,
			revoke:         `[true,200,null,null,null,true]`,
			introspectCode: "invalid_response",
		},
		"a number that no script can hold": {
			answer:         answering(200, "", `{"active":true,"exp":1e400}`),
			introspect:     `[false,200,null,null,"invalid_response","the answer has a number that is out of range",null,true]`,
			revoke:         `[true,200,null,null,null,true]`,
			introspectCode: "invalid_response",
		},
		"active as text": {
			answer:         answering(200, "", `{"active":"true"}`),
			introspect:     `[false,200,null,null,"invalid_response","the member active is not a boolean (RFC 7662 §2.2)",null,true]`,
			revoke:         `[true,200,null,null,null,true]`,
			introspectCode: "invalid_response",
		},
		"no answer": {
			answer:         func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			introspect:     `[false,0,null,null,"connection_reset","the connection was closed before the answer was complete",null,true]`,
			introspectCode: "connection_reset", revokeCode: "connection_reset",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.revoke == "" {
				c.revoke = strings.Replace(c.introspect, "null,null,", "", 1)
			}
			base := serve(t, c.answer)
			v := clientAt(t, base+"/token", fmt.Sprintf(
				`introspectionUrl: '%s/introspect?key=hidden', revocationUrl: '%s/revoke', onError: 'abort', retry: {attempts: 5}`, base, base))
			v.mustRun(`globalThis.tail = (r) => [r.error, r.errorDescription, r.retryAfter, r.timings !== null && r.timings.duration >= 0]`)
			assert.Equal(t, c.introspect, v.mustRun(`{ const r = client.introspect('some-token');
				JSON.stringify([r.ok, r.status, r.active, r.claims, ...tail(r)]) }`))
			assert.Equal(t, c.revoke, v.mustRun(`{ const r = client.revoke('some-token'); JSON.stringify([r.ok, r.status, ...tail(r)]) }`))

			samples := v.sampled()
			assert.Equal(t, []string{c.introspectCode}, tagsOf(samples["clientcreds_introspections"], "error"))
			assert.Equal(t, []string{""}, tagsOf(samples["clientcreds_introspections"], "active"))
			assert.Equal(t, []string{c.revokeCode}, tagsOf(samples["clientcreds_revocations"], "error"))
			assert.Len(t, samples["clientcreds_introspections"], 1, "one request: it is not repeated")
			answered := 1
			if name == "no answer" {
				answered = 0
			}
			assert.Len(t, samples["clientcreds_introspection_duration"], answered)
			assert.Len(t, samples["clientcreds_revocation_duration"], answered)
			assert.Empty(t, samples["clientcreds_requests"])
		})
	}
}

func TestTokenQueriesThatOnlyTheScriptCanMend(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, `,"revocation_endpoint":"/relative"`)
	const byToken = `tokenUrl: 'BASE/token'`
	for name, c := range map[string]struct{ where, more, code, want string }{
		"no URL": {
			byToken, "", `client.introspect('some-token')`,
			`client.introspect() needs option "introspectionUrl", the URL of the endpoint, or issuer instead of tokenUrl to discover it`,
		},
		"no URL to revoke": {
			byToken, "", `client.revoke('some-token')`,
			`client.revoke() needs option "revocationUrl", the URL of the endpoint, or issuer instead of tokenUrl to discover it`,
		},
		"not in the metadata": {
			byIssuer, "", `client.introspect('some-token')`,
			`client.introspect() needs option "introspectionUrl": metadata of issuer BASE: the document has no usable introspection_endpoint`,
		},
		"no URL in the metadata": {
			byIssuer, "", `client.revoke('some-token')`,
			`client.revoke() needs option "revocationUrl": metadata of issuer BASE: the document has no usable revocation_endpoint`,
		},
		"nothing cached": {
			byURLs, "", `client.introspect()`,
			`client.introspect(): there is no token in the cache; pass one, client.introspect(token), or call client.token() before`,
		},
		"no cache": {
			byURLs, "cache: {scope: 'none'}", `client.token(); client.revoke()`,
			`client.revoke(): there is no token in the cache; pass one, client.revoke(token), or call client.token() before`,
		},
		"no string": {
			byURLs, "", `client.introspect({})`,
			`client.introspect(token): token is an object; it must be a non-empty string`,
		},
		"empty": {
			byURLs, "", `client.revoke('')`,
			`client.revoke(token): token is an empty string; it must be a non-empty string`,
		},
		"null": {
			byURLs, "", `client.revoke(null)`,
			`client.revoke(token): token is null; it must be a non-empty string`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := a.client(t, c.where, c.more)
			got := v.mustRun(`(() => { try { ` + c.code + ` } catch (e) { return e.name + ': ' + e.message } })()`)
			assert.Equal(t, "TypeError: "+strings.ReplaceAll(c.want, "BASE", a.base), got)
			samples := v.sampled()
			assert.Empty(t, samples["clientcreds_introspections"])
			assert.Empty(t, samples["clientcreds_revocations"])
		})
	}
	t.Run("in the init context", func(t *testing.T) {
		t.Parallel()
		v := newVU(t, New())
		v.mustRun(`globalThis.client = new Client({` + strings.ReplaceAll(byURLs, "BASE",
			a.base) + `, clientId: 'orders', clientSecret: 'x'})`)
		for _, code := range []string{`client.introspect('some-token')`, `client.revoke('some-token')`} {
			_, err := v.run(code)
			require.ErrorContains(t, err, "in the init context")
		}
	})
}

// The script takes precedence over the metadata, which need not even be there.
func TestURLsOfTheScriptTakePrecedence(t *testing.T) {
	t.Parallel()
	const urls = `introspectionUrl: 'BASE/introspect', revocationUrl: 'BASE/revoke'`
	a := newAuthority(t, `,"introspection_endpoint":"BASE/other","revocation_endpoint":"BASE/other"`)
	for issuer, token := range map[string]string{"BASE": "client.token()", "BASE/of-nobody": "'some-token'"} {
		v := a.client(t, `issuer: '`+issuer+`', `+urls, "")
		assert.Equal(t, []any{true, true},
			v.mustRun(`{ const t = `+token+`; [client.introspect(t).ok, client.revoke(t).ok] }`), issuer)
	}
	assert.Len(t, a.requests("/introspect"), 2)
	assert.Len(t, a.requests("/revoke"), 2)
	assert.Empty(t, a.requests("/other"))
}

// Token and credentials of an https issuer go nowhere in the clear.
func TestEndpointsInTheClear(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	v.mustRun(`globalThis.client = new Client({issuer: 'https://idp.example.com', clientId: 'orders', clientSecret: 'x'})`)
	v.state.Transport = transportFunc(func(req *http.Request) (*http.Response, error) {
		assert.Equal(t, http.MethodGet, req.Method)
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"issuer":"https://idp.example.com",
			"token_endpoint":"https://idp.example.com/t","introspection_endpoint":"http://idp.example.com/i"}`))}, nil
	})
	v.start()
	_, err := v.run(`client.introspect('some-token')`)
	require.ErrorContains(t, err,
		`client.introspect() needs option "introspectionUrl": metadata of issuer https://idp.example.com: `+
			`the document of an https issuer has an http introspection_endpoint, to which credentials would go in the clear (RFC 6749 §3.2)`)
}

// Discovery that fails is a result too, and counted although nothing was sent to the endpoint.
func TestTokenQueryWithoutDiscovery(t *testing.T) {
	t.Parallel()
	base := serve(t, http.NotFound)
	v := newVU(t, New())
	v.mustRun(fmt.Sprintf(`globalThis.client = new Client({issuer: %q, clientId: 'orders', clientSecret: %q})`, base,
		testSecret))
	v.start()
	got := v.mustRun(`['introspect', 'revoke'].map((f) => { const r = client[f]('some-token'); return [r.ok, r.status, r.error, r.timings] })`)
	assert.Equal(t, []any{[]any{false, int64(0), "discovery", nil}, []any{false, int64(0), "discovery", nil}}, got)
	samples := v.sampled()
	for name, want := range map[string]map[string]string{
		"clientcreds_introspections": {"client": "orders", "status": "0", "error": "discovery"},
		"clientcreds_revocations":    {"client": "orders", "status": "0", "error": "discovery"},
	} {
		require.Len(t, samples[name], 1, name)
		assert.Equal(t, want, samples[name][0].Tags.Map(), name)
	}
	assert.Empty(t, samples["clientcreds_introspection_duration"])
	assert.Empty(t, samples["clientcreds_revocation_duration"])
}

// A token that is not the cached one does not take that out of the cache; the cached one leaves it
// whatever the server says, because it may be revoked.
func TestRevokeAndTheCache(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "")
	v := a.client(t, byURLs, "")
	assert.Equal(t, true, v.mustRun(`{ const t = client.token(); client.revoke('another-token'); client.token() === t }`))
	a.answer = func(path string, w http.ResponseWriter) bool {
		return path == "/revoke" && oauthError(w, 503, "temporarily_unavailable", "")
	}
	assert.Equal(t, true, v.mustRun(`{ const t = client.token(); !client.revoke(t).ok && client.token() !== t }`))
	assert.Len(t, a.requests("/token"), 2)
}

func TestTokenQueriesInHTTPMetrics(t *testing.T) {
	t.Parallel()
	a := newAuthority(t, "")
	v := a.client(t, byURLs, "httpMetrics: true")
	v.mustRun(`client.introspect('some-token'); client.revoke('some-token')`)
	samples := v.sampled()["http_reqs"]
	assert.Equal(t, []string{a.base + "/introspect", a.base + "/revoke"}, tagsOf(samples, "name"))
	assert.Equal(t, []string{"POST", "POST"}, tagsOf(samples, "method"))
}

// The token that a script asks about is in no log, metric or error, also when a server repeats it.
func TestTokenQueriesShowNoToken(t *testing.T) {
	t.Parallel()
	const token = "a-token-that-the-script-has-from-elsewhere"
	a := newAuthority(t, "")
	a.answer = func(_ string, w http.ResponseWriter) bool {
		return oauthError(w, 400, "invalid_request", "what is "+token+" of "+testSecret)
	}
	v := a.client(t, byURLs, "httpMetrics: true")
	got, _ := v.mustRun(`['introspect', 'revoke'].map((f) => JSON.stringify(client[f]('` + token + `'))).join()`).(string)
	require.Contains(t, got, "what is ")
	v.state.Logger.Info("the token is " + token)
	texts := append(v.messages(), got)
	require.Len(t, texts, 2)
	for name, samples := range v.sampled() {
		texts = append(texts, textOf(name, samples))
	}
	all := strings.Join(texts, "\n")
	assert.NotContains(t, all, token)
	assert.NotContains(t, all, testSecret)
	for _, s := range a.seen {
		assert.Empty(t, s.query)
		assert.NotContains(t, s.path, token)
		assert.Equal(t, token, s.form.Get("token"))
	}
}

func textOf(name string, samples []metrics.Sample) string {
	var b strings.Builder
	for _, s := range samples {
		fmt.Fprintln(&b, name, s.Tags.Map(), s.Metadata)
	}
	return b.String()
}

// Authorization details are sent as JSON, once encoded, and other details are another token.
func TestAuthorizationDetails(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := newVU(t, New())
	v.mustRun(e.client(`cache: {scope: 'shared'}, authorizationDetails: [{type: 'payment', amount: {value: 1.50, text: '"é&"'}, actions: ['read'], none: undefined}]`))
	v.mustRun(`globalThis.first = client;` +
		e.client(`cache: {scope: 'shared'}, authorizationDetails: [{type: 'payment', amount: {value: 2}}]`))
	v.start()
	assert.Equal(t, true, v.mustRun(`first.token() !== client.token()`))
	require.Len(t, e.forms, 2)
	assert.Equal(t, []string{`[{"type":"payment","amount":{"value":1.5,"text":"\"é&\""},"actions":["read"]}]`},
		e.forms[0]["authorization_details"])
	assert.Equal(t, []string{`[{"type":"payment","amount":{"value":2}}]`}, e.forms[1]["authorization_details"])
}
