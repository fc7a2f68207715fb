package jsmodule

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/secretsource"
)

// proof holds the members of a DPoP proof that a server reads (RFC 9449 §4.2).
type proof struct {
	ID     string `json:"jti"`
	Method string `json:"htm"`
	URL    string `json:"htu"`
	Hash   string `json:"ath"`
	Nonce  string `json:"nonce"`

	key string // thumbprint
}

// readProof verifies the proof of a request as a server does.
func readProof(header http.Header) (p proof, err error) {
	values := header.Values("DPoP")
	if len(values) != 1 {
		return p, fmt.Errorf("%d proofs", len(values))
	}
	signed, err := jose.ParseSignedCompact(values[0], []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA, jose.ES384})
	if err != nil {
		return p, err
	}
	key := signed.Signatures[0].Protected.JSONWebKey
	payload, err := signed.Verify(key)
	if err != nil {
		return p, err
	}
	sum, err := key.Thumbprint(crypto256)
	if err != nil {
		return p, err
	}
	p.key = base64.RawURLEncoding.EncodeToString(sum)
	err = json.Unmarshal(payload, &p)
	return p, err
}

// binding is an authorization server and an API that bind tokens to keys, and may demand nonces.
type binding struct {
	endpoint, api string
	demand        bool
	tokenType     string

	mu      sync.Mutex
	tokens  []proof // of token requests that were answered with a token
	calls   []proof // of requests to the API that were answered
	refused []string
	n       int
}

func newBinding(t *testing.T, demand bool) *binding {
	t.Helper()
	b := &binding{demand: demand, tokenType: "DPoP"}
	b.endpoint = serve(t, b.serveToken)
	b.api = serve(t, b.serveAPI)
	return b
}

// judge returns why a request is refused, and sets the next nonce.
func (b *binding) judge(w http.ResponseWriter, r *http.Request, kind string) (proof, string) {
	p, err := readProof(r.Header)
	nonce := kind + "-nonce"
	if b.demand {
		w.Header().Set("DPoP-Nonce", nonce)
	}
	switch {
	case err != nil:
		return p, "invalid_dpop_proof"
	case p.Method != r.Method || p.URL != "http://"+r.Host+r.URL.Path:
		return p, "invalid_dpop_proof"
	case b.demand && p.Nonce != nonce:
		return p, "use_dpop_nonce"
	}
	return p, ""
}

func (b *binding) serveToken(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, code := b.judge(w, r, "token")
	if code != "" {
		b.refused = append(b.refused, code)
		oauthError(w, http.StatusBadRequest, code, "the proof was "+r.Header.Get("DPoP"))
		return
	}
	b.tokens = append(b.tokens, p)
	b.n++
	w.Header().Set("Content-Type", "application/json")
	issued := ""
	if r.PostFormValue("subject_token") != "" {
		issued = `,"issued_token_type":"urn:ietf:params:oauth:token-type:access_token"`
	}
	_, _ = fmt.Fprintf(w, `{"access_token":"token-%d-of-%s","token_type":%q,"expires_in":3600%s}`, b.n, p.key, b.tokenType,
		issued)
}

func (b *binding) serveAPI(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, code := b.judge(w, r, "api")
	token, isDPoP := strings.CutPrefix(r.Header.Get("Authorization"), "DPoP ")
	_, key, _ := strings.Cut(token, "-of-")
	switch {
	case code != "":
	case !isDPoP || key != p.key || p.Hash != hashOf(token):
		code = "invalid_token"
	case r.URL.Path == "/rejects-first" && strings.HasPrefix(token, "token-1-"):
		code = "invalid_token"
	}
	if code != "" {
		b.refused = append(b.refused, code)
		unauthorized(w, `DPoP error="`+code+`"`)
		return
	}
	b.calls = append(b.calls, p)
	switch r.URL.Path {
	case "/redirect":
		http.Redirect(w, r, "/target?q=1", http.StatusTemporaryRedirect)
	case "/away":
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusTemporaryRedirect)
	default:
		body := make([]byte, 64)
		n, _ := r.Body.Read(body)
		_, _ = w.Write(append([]byte("hello "), body[:n]...))
	}
}

func (b *binding) seen() (tokens, calls []proof, refused []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.tokens), slices.Clone(b.calls), slices.Clone(b.refused)
}

// client is code that makes a client with DPoP, and the API's URL as api.
func (b *binding) client(more string) string {
	return fmt.Sprintf(`globalThis.api = %q; globalThis.client = new Client({tokenUrl: %q, clientId: 'orders', clientSecret: %q, dpop: true, %s});`,
		b.api, b.endpoint+"/token", testSecret, more)
}

func (b *binding) vu(t *testing.T, root *RootModule, more string) *vu {
	t.Helper()
	v := newVU(t, root)
	v.mustRun(b.client(more))
	v.start()
	return v
}

func distinct(proofs []proof, of func(proof) string) int {
	values := make(map[string]bool)
	for _, p := range proofs {
		values[of(p)] = true
	}
	return len(values)
}

func TestVerbsProvePossession(t *testing.T) {
	t.Parallel()
	b := newBinding(t, false)
	v := b.vu(t, New(), "")
	got := v.mustRun(`[
		client.get(api + '/a?q=1'), client.post(api + '/b', 'tea'), client.request('REPORT', api + '/c'),
		...client.batch([api + '/d', ['PUT', api + '/e', 'milk']]),
	].map((r) => r.status + r.body).join()`)
	assert.Equal(t, "200hello ,200hello tea,200hello ,200hello ,200hello milk", got)
	v.mustRun(`client.asyncRequest('DELETE', api + '/f').then((r) => { globalThis.asynchronous = r.status })`)
	assert.EqualValues(t, 200, v.mustRun(`asynchronous`))
	tokens, calls, refused := b.seen()
	assert.Empty(t, refused)
	assert.Len(t, tokens, 1)
	require.Len(t, calls, 6)
	assert.Equal(t, 6, distinct(calls, func(p proof) string { return p.ID }))
	assert.Equal(t, 1, distinct(append(calls, tokens...), func(p proof) string { return p.key }))
	samples := v.sampled()
	assert.Len(t, samples["clientcreds_dpop_signing"], 6)
	assert.Len(t, samples["clientcreds_request_signing"], 1, "the proof of the token request")
	assert.Empty(t, samples["clientcreds_dpop_nonce_retries"])
}

// A server takes the Host header for its own name.
func TestProofIsForTheHostHeader(t *testing.T) {
	t.Parallel()
	b := newBinding(t, true)
	v := b.vu(t, New(), "")
	v.mustRun(`globalThis.status = client.get(api + '/a', {headers: {Host: 'orders.example:8080'}}).status`)
	assert.EqualValues(t, 200, v.mustRun(`status`))
	_, calls, _ := b.seen()
	require.Len(t, calls, 1)
	assert.Equal(t, "http://orders.example:8080/a", calls[0].URL)
}

func TestEveryHopOfARedirectIsProven(t *testing.T) {
	t.Parallel()
	b := newBinding(t, true)
	other := newAPI(t)
	other.answer = func(_ int, _ http.ResponseWriter, r *http.Request) bool {
		assert.Empty(t, r.Header.Values("DPoP"), "another origin gets neither token nor proof")
		assert.Empty(t, r.Header.Values("Authorization"))
		return false
	}
	v := b.vu(t, New(), "")
	assert.Equal(t, "hello tea", v.mustRun(`client.post(api + '/redirect', 'tea').body`))
	assert.Equal(t, "hello", v.mustRun(`client.get(api + '/away?to=`+other.URL+`').body`))
	_, calls, refused := b.seen()
	assert.Equal(t, []string{"use_dpop_nonce", "use_dpop_nonce"}, refused)
	var urls []string
	for _, p := range calls {
		urls = append(urls, strings.TrimPrefix(p.URL, b.api))
	}
	assert.Equal(t, []string{"/redirect", "/target", "/away"}, urls)
	assert.Len(t, other.requests(), 1)
}

// A server that demands nonces is asked twice once, and once from then on. Nothing has failed.
func TestNoncesAreLearned(t *testing.T) {
	t.Parallel()
	b := newBinding(t, true)
	v := b.vu(t, New(), "httpMetrics: false")
	for range 3 {
		assert.Equal(t, "200hello tea",
			v.mustRun(`(() => { const r = client.post(api + '/a', 'tea'); return r.status + r.body })()`))
	}
	v.mustRun(`client.invalidate(); client.token()`)
	tokens, calls, refused := b.seen()
	assert.Len(t, tokens, 2)
	assert.Len(t, calls, 3)
	assert.Equal(t, []string{"use_dpop_nonce", "use_dpop_nonce"}, refused, "one of each server")
	assert.Equal(t, map[string]any{
		"hits": int64(2), "misses": int64(2), "requests": int64(3), "failed": int64(0), "retries": int64(0),
		"nonceRetries": int64(2), "rejections": int64(0), "expiredTokenUses": int64(0),
	}, v.mustRun(`client.stats()`))
	samples := v.sampled()
	assert.Equal(t, 3.0, sum(samples["clientcreds_requests"]))
	assert.Zero(t, sum(samples["clientcreds_request_failed"]))
	assert.Len(t, samples["clientcreds_request_failed"], 3)
	assert.Empty(t, samples["clientcreds_rejections"])
	assert.Empty(t, samples["clientcreds_retries"])
	assert.ElementsMatch(t, []string{serverAuthorization, serverResource},
		tagsOf(samples["clientcreds_dpop_nonce_retries"], tagServer))
	assert.Contains(t, tagsOf(samples["clientcreds_requests"], tagError), "use_dpop_nonce")
	assert.Len(t, samples["http_reqs"], 3, "k6 sees the answer that counts")
	assert.Zero(t, sum(samples["http_req_failed"]))
	for _, s := range samples["http_req_waiting"] {
		assert.Positive(t, s.Value, "the waiting time belongs to the answer that counts")
	}
	assert.Len(t, samples["clientcreds_dpop_signing"], 4)
}

func TestNonceIsRepeatedOnce(t *testing.T) {
	t.Parallel()
	b := newBinding(t, false)
	a := newAPI(t)
	a.answer = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("DPoP-Nonce", fmt.Sprint("nonce-", n))
		return unauthorized(w, `DPoP error="use_dpop_nonce"`)
	}
	v := b.vu(t, New(), "")
	assert.EqualValues(t, 401, v.mustRun(`client.get('`+a.URL+`').status`))
	assert.Len(t, a.requests(), 2)
	samples := v.sampled()
	assert.Equal(t, 1.0, sum(samples["clientcreds_dpop_nonce_retries"]))
	assert.Equal(t, []string{"use_dpop_nonce"}, tagsOf(samples["clientcreds_rejections"], tagError))
	tokens, _, _ := b.seen()
	assert.Len(t, tokens, 1, "a new token would not help")
}

// A request that is sent again for the nonce is not a retry, also if the request was one.
func TestNonceDemandedOfARetry(t *testing.T) {
	t.Parallel()
	n := 0
	tokenURL := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		n++
		w.Header().Set("DPoP-Nonce", fmt.Sprint("nonce-", n))
		switch n {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			oauthError(w, http.StatusBadRequest, "use_dpop_nonce", "")
		default:
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"access_token":"issued-token-number-1","token_type":"DPoP","expires_in":3600}`))
		}
	})
	v := clientAt(t, tokenURL, "dpop: true, retry: {attempts: 2, backoff: '1ms'}")
	assert.Equal(t, "true,1", v.mustRun(`(({ok, retries}) => [ok, retries].join())(client.acquire())`))
	assert.Equal(t, []any{int64(3), int64(1), int64(1)},
		v.mustRun(`(({requests, failed, retries}) => [requests, failed, retries])(client.stats())`))
	samples := v.sampled()
	assert.Equal(t, 1.0, sum(samples["clientcreds_retries"]))
	assert.Equal(t, 1.0, sum(samples["clientcreds_dpop_nonce_retries"]))
	assert.Equal(t, 3, n)
}

// A new secret changes neither the key that tokens are bound to nor the nonces, and both requests of a
// token exchange are sent with it.
func TestRotatedSecretWithDPoPAndExchange(t *testing.T) {
	t.Parallel()
	w, b := newWallet(t), newBinding(t, true)
	w.write("secret", testSecret)
	var mu sync.Mutex
	valid := basicAuth("orders", testSecret)
	var grants []string
	tokenURL := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		known := r.Header.Get("Authorization") == valid
		mu.Unlock()
		if !known {
			oauthError(rw, http.StatusUnauthorized, "invalid_client", "")
			return
		}
		grants = append(grants, r.PostFormValue("grant_type"))
		b.serveToken(rw, r)
	})
	v := w.vu(New())
	v.mustRun(fmt.Sprintf(`globalThis.client = new Client({tokenUrl: %q, clientId: 'orders', clientSecret: {file: 'secret'}, dpop: true,
		exchange: {audience: 'billing'}}); globalThis.api = %q`, tokenURL, b.api))
	v.start()
	assert.EqualValues(t, 200, v.mustRun(`client.get(api).status`))
	w.write("secret", newSecret)
	mu.Lock()
	valid = basicAuth("orders", newSecret)
	mu.Unlock()
	assert.EqualValues(t, 200, v.mustRun(`client.invalidate(); client.get(api).status`))
	tokens, calls, refused := b.seen()
	assert.Equal(t, []string{"use_dpop_nonce", "use_dpop_nonce"}, refused, "the first of each server, and none after")
	assert.Equal(t, 1, distinct(slices.Concat(tokens, calls), func(p proof) string { return p.key }))
	assert.Equal(t, len(tokens)+len(calls), distinct(slices.Concat(tokens, calls), func(p proof) string { return p.ID }))
	const cc, exchange = "client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"
	assert.Equal(t, []string{cc, cc, exchange, cc, exchange}, grants, "the first is that without nonce")
}

func TestRejectedTokenIsReplacedWithDPoPToo(t *testing.T) {
	t.Parallel()
	b := newBinding(t, false)
	v := b.vu(t, New(), "")
	assert.Equal(t, "200,200", v.mustRun(`client.batch([api + '/rejects-first', api + '/a']).map((r) => r.status).join()`))
	tokens, calls, refused := b.seen()
	assert.Equal(t, []string{"invalid_token"}, refused)
	assert.Len(t, tokens, 2)
	assert.Len(t, calls, 2)
}

// A token is bound to one key: who shares it shares the key.
func TestKeysAreSharedAsTokensAre(t *testing.T) {
	t.Parallel()
	for scope, want := range map[string]struct{ tokens, keys int }{
		scopeVU: {3, 3}, scopeShared: {1, 1}, scopeNone: {6, 3},
	} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			b, root := newBinding(t, false), New()
			for range 3 {
				v := b.vu(t, root, "cache: {scope: '"+scope+"'}")
				assert.EqualValues(t, 200, v.mustRun(`client.get(api).status`))
				assert.EqualValues(t, 200, v.mustRun(`client.get(api).status`))
			}
			tokens, calls, refused := b.seen()
			assert.Empty(t, refused)
			assert.Len(t, tokens, want.tokens)
			assert.Len(t, calls, 6)
			assert.Equal(t, want.keys, distinct(calls, func(p proof) string { return p.key }))
		})
	}
}

func TestKeyOfTheScript(t *testing.T) {
	t.Parallel()
	const thumbprint = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" // RFC 8037 §A.3
	file := filepath.Join(t.TempDir(), "key.jwk")
	require.NoError(t, os.WriteFile(file, []byte(testJWK), 0o600))
	for name, option := range map[string]string{
		"text":        "{key: `" + testJWK + "`}",
		"nested text": "{key: {text: `" + testJWK + "`}, alg: 'EdDSA'}",
		"file":        "{key: {file: '" + file + "'}}",
		"variable":    "{key: {env: 'THE_KEY'}}",
		"source":      "{key: {secret: 'the-key'}}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, w := newBinding(t, false), newWallet(t)
			w.env["THE_KEY"] = testJWK
			w.sources = map[string]secretsource.Source{"default": &vault{"the-key": testJWK}}
			v := w.vu(New())
			v.mustRun(strings.Replace(b.client(""), "dpop: true", "dpop: "+option, 1))
			v.start()
			assert.EqualValues(t, 200, v.mustRun(`client.get(api).status`))
			tokens, _, _ := b.seen()
			assert.Equal(t, thumbprint, tokens[0].key)
		})
	}
}

func TestHeadersOfOneRequest(t *testing.T) {
	t.Parallel()
	b := newBinding(t, false)
	v := b.vu(t, New(), "")
	headers := func(code string) http.Header {
		h := make(http.Header)
		for name, value := range v.mustRun(code).(map[string]any) {
			h.Add(name, value.(string))
		}
		return h
	}
	h := headers(`client.headers('get', 'WSS://API.example:443/a/../b?q', {authorization: 'x', dpop: 'y', Accept: 'z'})`)
	p, err := readProof(h)
	require.NoError(t, err)
	assert.Equal(t, "z", h.Get("Accept"))
	token := strings.TrimPrefix(h.Get("Authorization"), "DPoP ")
	assert.Len(t, h, 3)
	assert.Equal(t, v.mustRun(`client.token()`), token)
	assert.Equal(t, v.mustRun(`client.authorization()`), h.Get("Authorization"))
	assert.Equal(t, proof{ID: p.ID, Method: "GET", URL: "https://api.example/b", Hash: hashOf(token), key: p.key}, p)
	again, err := readProof(headers(`client.headers('GET', 'https://api.example/b')`))
	require.NoError(t, err)
	assert.NotEqual(t, p.ID, again.ID)
	assert.Len(t, v.sampled()["clientcreds_dpop_signing"], 2)

	for code, want := range map[string]string{
		`client.headers()`: "client.headers() with dpop needs the request that the headers are for, because each has a " +
			"proof of its own: " +
			"call client.headers(method, url, extra), or use a function of the client such as client.get(url)",
		`client.headers({})`: "client.headers() with dpop needs the request",
		`client.headers('GET')`: "client.headers(method, url, extra): url must be the absolute " +
			"http, https, ws or wss URL of the request",
		`client.headers('GET', '/orders')`: "client.headers(method, url, extra): url must be the absolute " +
			"http, https, ws or wss URL of the request",
		`client.headers('GET', {})`: "client.headers(method, url, extra): url must be the absolute " +
			"http, https, ws or wss URL of the request",
		`client.headers('https://a.example', 'GET')`: "client.headers(method, url, extra): method must be an HTTP " +
			"method such as 'GET' at headers (native)",
		`client.headers('', 'https://a.example')`: "client.headers(method, url, extra): method must be an HTTP " +
			"method such as 'GET' at headers (native)",
		`client.headers('GET', 'https://a.example', 1)`: "client.headers(method, url, extra): extra is a number",
	} {
		_, err := v.run(code)
		require.ErrorContains(t, err, "TypeError: "+want, code)
	}
}

// A script that can run with and without DPoP has one way to ask for headers.
func TestHeadersOfOneRequestWithoutDPoP(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "")
	assert.Equal(t, map[string]any{"Authorization": bearer(1), "DPoP": "its own"},
		v.mustRun(`client.headers('GET', 'https://a.example', {DPoP: 'its own'})`))
	assert.Equal(t, map[string]any{"Authorization": bearer(1)}, v.mustRun(`client.headers('GET', 'https://a.example')`))
}

func TestTokenOfAnotherTypeIsATokenError(t *testing.T) {
	t.Parallel()
	b := newBinding(t, false)
	b.tokenType = "Bearer"
	v := b.vu(t, New(), "")
	_, err := v.run(`client.get(api)`)
	require.ErrorContains(t, err,
		"TokenError: token_type (HTTP 200): the token has the type Bearer although a DPoP proof was sent")
	_, calls, refused := b.seen()
	assert.Empty(t, calls)
	assert.Empty(t, refused, "no request without its token")
	assert.Equal(t, []string{"token_type"}, tagsOf(v.sampled()["clientcreds_request_failed"], tagError))
}

func TestProofsAndKeysAreNowhere(t *testing.T) {
	t.Parallel()
	b := newBinding(t, true)
	v := newVU(t, New())
	v.mustRun(strings.Replace(b.client("retry: {attempts: 1}"), "dpop: true", "dpop: {key: `"+testJWK+"`}", 1))
	v.start()
	v.state.Options.HTTPDebug.SetValid("full")
	texts := []string{v.mustRun(`[JSON.stringify(client.get(api).request), JSON.stringify(client), JSON.stringify(client.stats())].join()`).(string)}
	value := v.mustRun(`client.headers('GET', api).DPoP`).(string)
	v.state.Logger.WithField("field", value).Info("a proof: " + value)
	v.state.Logger.Info(testJWK)
	for _, entry := range v.logs.AllEntries() {
		line, err := entry.String()
		require.NoError(t, err)
		texts = append(texts, line)
	}
	for name, samples := range v.sampled() {
		for _, s := range samples {
			texts = append(texts, fmt.Sprint(name, s.Tags.Map(), s.Metadata))
		}
	}
	all := strings.Join(texts, "\n")
	assert.NotContains(t, all, testD)
	assert.NotRegexp(t, `eyJ[\w-]+\.`, all)
	assert.NotContains(t, all, "token-1-of")
	require.Contains(t, all, "a proof: ***REDACTED***")
}

// A refusal because of the time, or because of a missing proof, says what to do.
func TestRefusedProofIsHintedAt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options string
		skew    time.Duration
		want    string
	}{
		"no proof": {"dpop: false", 0, "set dpop: true"},
		"right clock": {
			"dpop: true", 0,
			"check dpop and its alg, the clocks on both sides, and whether the server knows its own URL as in tokenUrl\n",
		},
		"server is behind": {
			"dpop: true", -time.Minute,
			"; the server's clock is 59s behind this machine's|; the server's clock is 1m0s behind this machine's",
		},
		"server is ahead": {
			"dpop: true", time.Minute,
			"; the server's clock is 59s ahead of this machine's|; the server's clock is 1m0s ahead of this machine's",
		},
		"no proof, no clock": {"dpop: false", time.Minute, "set dpop: true\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tokenURL := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", time.Now().Add(c.skew).UTC().Format(http.TimeFormat))
				oauthError(w, http.StatusBadRequest, "invalid_dpop_proof", "")
			})
			v := clientAt(t, tokenURL, c.options)
			text, ok := v.mustRun(`(() => { try { client.token() } catch (e) { return e.message } })()`).(string)
			require.True(t, ok)
			assert.Regexp(t, c.want, text+"\n")
		})
	}
}

// A server's words may quote the proof.
func TestQuotedProofIsHidden(t *testing.T) {
	t.Parallel()
	var quoted string
	tokenURL := serve(t, func(w http.ResponseWriter, r *http.Request) {
		quoted = r.Header.Get("DPoP")
		oauthError(w, http.StatusBadRequest, "invalid_dpop_proof", "bad proof "+quoted)
	})
	v := clientAt(t, tokenURL, "dpop: true")
	_, err := v.run(`client.token()`)
	require.ErrorContains(t, err, "invalid_dpop_proof (HTTP 400): bad proof ***REDACTED***")
	require.NotEmpty(t, quoted)
	assert.NotContains(t, err.Error(), quoted)
}

func BenchmarkDPoPHeaders(b *testing.B) {
	endpoint := serve(b, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"access_token":"issued-token-number-1","token_type":"DPoP","expires_in":3600}`))
	})
	v := newVU(b, New())
	v.mustRun(fmt.Sprintf(`globalThis.client = new Client({tokenUrl: %q, clientId: 'orders', clientSecret: 's', dpop: true})`, endpoint))
	v.start()
	v.samples = make(chan metrics.SampleContainer, 1)
	v.state.Samples = v.samples
	done := make(chan struct{})
	go func() {
		for range v.samples {
		}
		close(done)
	}()
	run := v.loop(`client.headers('GET', 'https://api.example.com/orders');`)
	run(10)
	b.ReportAllocs()
	b.ResetTimer()
	run(b.N)
	b.StopTimer()
	v.module.process.end()
	close(v.samples)
	<-done
}

const crypto256 = crypto.SHA256

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
