package jsmodule

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lastRequest is the form and the headers of the newest request that e got.
func (e *endpoint) lastRequest(t *testing.T) (url.Values, http.Header) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	require.NotEmpty(t, e.forms)
	return e.forms[len(e.forms)-1], e.headers[len(e.headers)-1]
}

func basicAuth(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

// The options that shape the token request change it, and nothing else.
func TestOptionsShapeTheTokenRequest(t *testing.T) {
	t.Parallel()
	grant := url.Values{"grant_type": {"client_credentials"}}
	with := func(more url.Values) url.Values {
		form := url.Values{}
		for _, from := range []url.Values{grant, more} {
			for name, values := range from {
				form[name] = values
			}
		}
		return form
	}
	for name, c := range map[string]struct {
		options string
		form    url.Values
		auth    string
	}{
		"defaults":      {``, grant, basicAuth("orders", testSecret)},
		"form encoding": {`clientId: 'a:b', clientSecret: 'c+d%'`, grant, basicAuth("a%3Ab", "c%2Bd%25")},
		"raw encoding":  {`clientSecret: 'c+d%:', basicEncoding: 'raw'`, grant, basicAuth("orders", "c+d%:")},
		"post": {
			`auth: 'client_secret_post'`,
			with(url.Values{"client_id": {"orders"}, "client_secret": {testSecret}}), "",
		},
		"scope, array":  {`scope: ['a', 'b']`, with(url.Values{"scope": {"a b"}}), basicAuth("orders", testSecret)},
		"scope, string": {`scope: ' a  b '`, with(url.Values{"scope": {"a b"}}), basicAuth("orders", testSecret)},
		"audience": {
			`audience: 'https://api'`, with(url.Values{"audience": {"https://api"}}),
			basicAuth("orders", testSecret),
		},
		"several of them": {
			`audience: ['x', 'y']`, with(url.Values{"audience": {"x", "y"}}),
			basicAuth("orders", testSecret),
		},
		"resource": {
			`resource: ['urn:a', 'urn:b']`, with(url.Values{"resource": {"urn:a", "urn:b"}}),
			basicAuth("orders", testSecret),
		},
		"own client_id": {
			`params: {client_id: 'orders'}`, with(url.Values{"client_id": {"orders"}}),
			basicAuth("orders", testSecret),
		},
		"params": {
			`params: {a: 'x y', b: 1.5, c: true, d: ['1', '2']}`,
			with(url.Values{"a": {"x y"}, "b": {"1.5"}, "c": {"true"}, "d": {"1", "2"}}), basicAuth("orders", testSecret),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t)
			v := oneVU(t, e, c.options)
			v.mustRun(`client.token()`)
			form, header := e.lastRequest(t)
			assert.Equal(t, c.form, form)
			assert.Equal(t, c.auth, header.Get("Authorization"))
			assert.Equal(t, "application/x-www-form-urlencoded", header.Get("Content-Type"))
		})
	}
}

func TestHeadersOptionAddsHeaders(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, `headers: {'x-tenant': 'a', 'User-Agent': 'mine'}`)
	v.mustRun(`client.token()`)
	_, header := e.lastRequest(t)
	assert.Equal(t, []string{"a", "mine"}, []string{header.Get("X-Tenant"), header.Get("User-Agent")})
}

func TestIssuerIsDiscoveredOncePerProcess(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	discovered := make(chan string, 100)
	var base string
	base = serve(t, func(w http.ResponseWriter, r *http.Request) {
		discovered <- r.URL.Path + " " + r.Header.Get("User-Agent")
		_, _ = fmt.Fprintf(w, `{"issuer":%q,"token_endpoint":%q}`, base+"/tenant", e.URL+"/found")
	})
	root := New()
	for range 3 {
		v := newVU(t, root)
		v.mustRun(fmt.Sprintf(`globalThis.client = new Client({issuer: '%s/tenant', clientId: 'a', clientSecret: 'bcdef', httpMetrics: true});
			globalThis.other = new Client({issuer: '%s/tenant', clientId: 'other', clientSecret: 'bcdef'})`, base, base))
		v.start()
		v.mustRun(`client.token(); other.token()`)
		name, _ := v.collected()["http_reqs"][0].Tags.Get("name")
		assert.Equal(t, e.URL+"/found", name)
	}
	assert.Equal(t, 6, e.count())
	require.Len(t, discovered, 1)
	assert.Equal(t, "/.well-known/oauth-authorization-server/tenant k6-under-test", <-discovered)
}

// The lifetime, less leeway and jitter, decides when a token is replaced. The clock is moved by
// giving the view at hand another time.
func TestCacheOptionsDecideWhenATokenIsReplaced(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options, ttl string
		least, most  time.Duration // before the expiry
		lifetime     time.Duration
	}{
		"defaults": {``, "100", 10 * time.Second, 15 * time.Second, 100 * time.Second},
		"leeway, jitter": {
			`cache: {leeway: '20s', jitter: 0}`, "100", 20 * time.Second, 20 * time.Second,
			100 * time.Second,
		},
		"milliseconds": {
			`cache: {leeway: 2000, jitter: '0%'}`, "100", 2 * time.Second, 2 * time.Second,
			100 * time.Second,
		},
		"percentage": {
			`cache: {leeway: '30%', jitter: '0s'}`, "100", 30 * time.Second, 30 * time.Second,
			100 * time.Second,
		},
		"jitter alone":        {`cache: {leeway: 0, jitter: '10%'}`, "100", 0, 10 * time.Second, 100 * time.Second},
		"clamped":             {`cache: {leeway: '2m'}`, "100", 50 * time.Second, 50 * time.Second, 100 * time.Second},
		"default of lifetime": {`cache: {leeway: 0, jitter: 0}`, "", 0, 0, 5 * time.Minute},
		"defaultTtl":          {`cache: {leeway: 0, jitter: 0, defaultTtl: '42s'}`, "", 0, 0, 42 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t)
			e.ttl = c.ttl
			v := oneVU(t, e, c.options)
			v.mustRun(`client.token()`)
			view := v.onlyClient().view
			assert.Equal(t, c.lifetime, view.lease.ExpiresAt.Sub(view.lease.Token.RequestedAt))
			early := view.expires - view.freshUntil
			assert.GreaterOrEqual(t, early, c.least)
			assert.LessOrEqual(t, early, c.most)
		})
	}
}

func TestRetryOptions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options string
		call    string
		want    int
	}{
		"the cache asks three times":         {`retry: {backoff: 0}`, `client.token()`, 3},
		"attempts":                           {`retry: {attempts: 5, backoff: 0}`, `client.token()`, 5},
		"one attempt":                        {`retry: {attempts: 1}`, `client.token()`, 1},
		"budget":                             {`retry: {attempts: 5, backoff: 0, budget: 0.000001}`, `client.token()`, 1},
		"acquire does not repeat by itself":  {``, `client.acquire()`, 1},
		"acquire repeats when it is told to": {`retry: {attempts: 2, backoff: 0}`, `client.acquire()`, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t)
			e.refuse = func(_ int, w http.ResponseWriter) bool { return oauthError(w, 503, "temporarily_unavailable", "") }
			v := oneVU(t, e, c.options)
			v.mustRun(`try { ` + c.call + ` } catch (e) {}`)
			assert.Equal(t, c.want, e.count())
			samples := v.sampled()
			assert.Equal(t, float64(c.want), sum(samples["clientcreds_requests"]))
			assert.Equal(t, float64(c.want-1), sum(samples["clientcreds_retries"]))
			assert.Equal(t, []any{int64(c.want), int64(c.want), int64(c.want - 1)},
				v.mustRun(`(({requests, failed, retries}) => [requests, failed, retries])(client.stats())`))
		})
	}
}

func TestARetryThatSucceedsIsATokenAndARetry(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.refuse = func(n int, w http.ResponseWriter) bool {
		return n == 1 && oauthError(w, 503, "temporarily_unavailable", "")
	}
	v := oneVU(t, e, `retry: {backoff: 0}`)
	assert.Equal(t, tokenNumber(2), v.mustRun(`client.token()`))
	samples := v.sampled()
	assert.Equal(t, []string{"503", "200"}, tagsOf(samples["clientcreds_requests"], "status"))
	assert.Equal(t, []string{"temporarily_unavailable", ""}, tagsOf(samples["clientcreds_requests"], "error"))
	assert.Equal(t, 1.0, sum(samples["clientcreds_request_failed"]))
	assert.Equal(t, 1.0, sum(samples["clientcreds_retries"]))
}

func TestTagsOptionTagsEveryMetric(t *testing.T) {
	t.Parallel()
	e, a := newEndpoint(t), newAPI(t)
	a.answer = func(n int, w http.ResponseWriter, _ *http.Request) bool { return n == 1 && unauthorized(w, "") }
	v := withAPI(t, e, a, `tags: {team: 'blue', shard: 7}`)
	v.mustRun(`client.get(api)`)
	seen := 0
	for name, samples := range v.sampled() {
		if name[:min(len(name), 11)] != "clientcreds" {
			continue
		}
		seen++
		assert.Equal(t, slices.Repeat([]string{"blue"}, len(samples)), tagsOf(samples, "team"), name)
		assert.Equal(t, slices.Repeat([]string{"7"}, len(samples)), tagsOf(samples, "shard"), name)
		assert.Equal(t, slices.Repeat([]string{"orders"}, len(samples)), tagsOf(samples, "client"), name)
	}
	assert.GreaterOrEqual(t, seen, 9)
}

func TestScopeThatIsNotGrantedIsWarnedOfOnce(t *testing.T) {
	t.Parallel()
	base := serve(t, answering(200, "",
		`{"access_token":"abcdefgh","token_type":"Bearer","expires_in":60,"scope":"orders.read"}`))
	v := clientAt(t, base+"/token", `scope: 'orders.read orders.write'`)
	v.mustRun(`client.token(); client.acquire()`)
	assert.Equal(t, []string{
		`Client "orders" asked for scope "orders.read orders.write" and was granted "orders.read": "orders.write" is missing`,
	}, v.messages())
}

// A server's description is one line of a readable length, no matter what it sends.
func TestWarningsShowCleanWords(t *testing.T) {
	t.Parallel()
	const control = "\u009b31m \u202e"
	long := strings.Repeat("z", 800_000)
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			answering(200, "", `{"access_token":"abcdefgh","token_type":"Bearer","expires_in":60,"scope":"`+control+long+`"}`)(w,
				r)
			return
		}
		challenge := `Bearer realm="` + control + long[:100_000] + `", error="` + r.URL.Path[1:] + `"`
		answering(map[string]int{"/invalid_token": 401, "/insufficient_scope": 403}[r.URL.Path],
			"WWW-Authenticate: "+challenge, "")(w, r)
	})
	v := clientAt(t, base+"/token", `scope: 'orders.read'`)
	v.mustRun(fmt.Sprintf(`client.get('%[1]s/invalid_token'); client.get('%[1]s/insufficient_scope')`, base))
	said := slices.DeleteFunc(v.messages(), func(text string) bool { return !strings.Contains(text, "31m") })
	require.Len(t, said, 3, "of the scope, the 401 and the 403")
	for _, text := range said {
		assert.Less(t, len(text), 1200)
		assert.NotContains(t, text, "\u009b")
		assert.NotContains(t, text, "\u202e")
	}
}
