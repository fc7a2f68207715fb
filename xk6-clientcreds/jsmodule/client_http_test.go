package jsmodule

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/sobek"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	k6http "go.k6.io/k6/v2/js/modules/k6/http"
	"go.k6.io/k6/v2/lib/netext/httpext"
)

// api is a protected API that remembers what it was sent.
type api struct {
	*httptest.Server

	mu     sync.Mutex
	seen   []string // "METHOD /path Authorization body"
	answer func(n int, w http.ResponseWriter, r *http.Request) bool
}

func newAPI(t *testing.T) *api {
	t.Helper()
	a := &api{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		a.mu.Lock()
		a.seen = append(a.seen, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization")+" "+string(body)))
		n := len(a.seen)
		a.mu.Unlock()
		if a.answer == nil || !a.answer(n, w, r) {
			_, _ = w.Write([]byte("hello"))
		}
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *api) requests() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.seen...)
}

func unauthorized(w http.ResponseWriter, challenge string) bool {
	if challenge != "" {
		w.Header().Set("WWW-Authenticate", challenge)
	}
	w.WriteHeader(http.StatusUnauthorized)
	return true
}

func bearer(n int) string { return "Bearer " + tokenNumber(n) }

// withAPI is a VU with a client and the global `api`.
func withAPI(t *testing.T, e *endpoint, a *api, more string) *vu {
	t.Helper()
	v := oneVU(t, e, more)
	v.mustRun(fmt.Sprintf(`globalThis.api = %q`, a.URL))
	return v
}

// accepted makes the VU's token one that the API has accepted: it is worth replacing when the API refuses it.
func (v *vu) accepted(a *api) {
	v.t.Helper()
	v.mustRun(`client.token()`)
	c := v.onlyClient()
	c.view.lease.Accepted(c.source.apis.of(a.URL))
}

func TestVerbsAreThoseOfK6(t *testing.T) {
	t.Parallel()
	e, a := newEndpoint(t), newAPI(t)
	v := withAPI(t, e, a, "")
	v.mustRun(`
		client.get(api + '/get', {headers: {'X-Mine': '1'}, tags: {name: 'mine'}});
		client.head(api + '/head');
		client.post(api + '/post', {a: 'b'});
		client.put(api + '/put', 'text');
		client.patch(api + '/patch', 'text');
		client.del(api + '/del', null);
		client.options(api + '/options', null);
		client.request('PROPFIND', api + '/request', 'x');
		globalThis.r = client.get(api + '/last');
		globalThis.batch = client.batch([api + '/b1', ['POST', api + '/b2', 'body']]);
		globalThis.named = client.batch({one: api + '/b3'});
		(async () => { globalThis.later = (await client.asyncRequest('GET', api + '/async')).body })()`)
	got := a.requests()
	assert.ElementsMatch(t, []string{
		"GET /get " + bearer(1), "HEAD /head " + bearer(1), "POST /post " + bearer(1) + " a=b",
		"PUT /put " + bearer(1) + " text",
		"PATCH /patch " + bearer(1) + " text", "DELETE /del " + bearer(1), "OPTIONS /options " + bearer(1),
		"PROPFIND /request " + bearer(1) + " x", "GET /last " + bearer(1), "GET /b1 " + bearer(1),
		"POST /b2 " + bearer(1) + " body",
		"GET /b3 " + bearer(1), "GET /async " + bearer(1),
	}, got)
	assert.Equal(t, []any{int64(200), "hello", true, "hello", "hello", "hello"}, v.mustRun(
		`[r.status, r.body, r.timings.duration > 0, batch[1].body, named.one.body, later]`))
	assert.Equal(t, 1, e.count())
	samples := v.sampled()
	assert.Equal(t, 13.0, sum(samples["http_reqs"]))
	name, _ := samples["http_reqs"][0].Tags.Get("name")
	assert.Equal(t, "mine", name)
}

// The token is added below k6's HTTP client: neither the response's request nor a dump shows it.
func TestTheScriptCannotLogTheTokenByAccident(t *testing.T) {
	t.Parallel()
	e, a := newEndpoint(t), newAPI(t)
	v := withAPI(t, e, a, "")
	v.state.Options.HTTPDebug.SetValid("full")
	assert.NotContains(t, v.mustRun(`JSON.stringify(client.get(api).request)`), tokenNumber(1))
	require.NotEmpty(t, v.logs.AllEntries())
	for _, entry := range v.logs.AllEntries() {
		assert.NotContains(t, entry.Message, tokenNumber(1))
	}
	assert.Equal(t, []string{"GET / " + bearer(1)}, a.requests())
}

func TestRejectedTokenIsReplacedOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		challenge string
		label     string
	}{
		"invalid_token": {`Bearer realm="x", error="invalid_token"`, "invalid_token"},
		"no challenge":  {"", "none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, a := newEndpoint(t), newAPI(t)
			a.answer = func(n int, w http.ResponseWriter, _ *http.Request) bool {
				return n == 1 && unauthorized(w, c.challenge)
			}
			v := withAPI(t, e, a, "")
			v.accepted(a)
			assert.Equal(t, int64(200), v.mustRun(`client.post(api, 'again').status`))
			assert.Equal(t, []string{"POST / " + bearer(1) + " again", "POST / " + bearer(2) + " again"}, a.requests())
			assert.Equal(t, int64(1), v.mustRun(`client.stats().rejections`))
			samples := v.sampled()["clientcreds_rejections"]
			require.Len(t, samples, 1)
			label, _ := samples[0].Tags.Get("error")
			assert.Equal(t, c.label, label)
		})
	}
}

func TestRejectedForGoodIsShownAndWarnedOfOnce(t *testing.T) {
	t.Parallel()
	e, a := newEndpoint(t), newAPI(t)
	a.answer = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		return unauthorized(w, `Bearer error="invalid_token", error_description="wrong audience"`)
	}
	v := withAPI(t, e, a, "")
	assert.Equal(t, []any{int64(401), int64(401)}, v.mustRun(`[client.get(api).status, client.get(api).status]`))
	assert.Len(t, a.requests(), 2, "another token would be no better")
	assert.Equal(t, []string{`The API answered 401 to a token that had just been issued (client "orders", ` + a.URL +
		`, WWW-Authenticate: Bearer error="invalid_token", error_description="wrong audience"); ` +
		`it does not accept this server's tokens: check issuer, audience, scope and the clocks of both`}, v.messages())
}

// A second rejection counts, and is explained, also in a batch.
func TestRejectedAgain(t *testing.T) {
	t.Parallel()
	for _, call := range []string{
		`client.get(api + '/bad').status`, `client.batch([api + '/good', api + '/bad'])[1].status`,
		`client.batch({a: api + '/bad'}).a.status`,
	} {
		e, a := newEndpoint(t), newAPI(t)
		a.answer = func(_ int, w http.ResponseWriter, r *http.Request) bool {
			return r.URL.Path == "/bad" && unauthorized(w, "")
		}
		v := withAPI(t, e, a, "")
		v.accepted(a)
		assert.Equal(t, int64(401), v.mustRun(call), call)
		assert.Equal(t, 2, e.count())
		assert.Equal(t, int64(2), v.mustRun(`client.stats().rejections`), call)
		assert.Equal(t, 2.0, sum(v.sampled()["clientcreds_rejections"]), call)
		require.Len(t, v.messages(), 1, call)
		assert.Contains(t, v.messages()[0], "401 to a token that had just been issued")
	}
}

// A clock that is wrong is the reason that is hardest to see.
func TestSkewOfTheAPIsClockIsShown(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, c := range map[string]struct{ date, want string }{
		"in step":      {"Fri, 02 Jan 2026 03:04:03 GMT", ""},
		"just in step": {"Fri, 02 Jan 2026 03:04:01 GMT", ""},
		"ahead":        {"Fri, 02 Jan 2026 03:09:05 GMT", ", whose clock is 5m0s ahead of this machine's"},
		"behind":       {"Fri, 02 Jan 2026 03:04:00 GMT", ", whose clock is 5s behind this machine's"},
		"no date":      {"", ""},
		"no clock":     {"yesterday", ""},
	} {
		resp := &k6http.Response{Response: &httpext.Response{Headers: map[string]string{"Date": c.date}}}
		assert.Equal(t, c.want, describeSkew(resp, now), name)
	}
	e, a := newEndpoint(t), newAPI(t)
	a.answer = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
		return unauthorized(w, "")
	}
	v := withAPI(t, e, a, "")
	v.mustRun(`client.get(api)`)
	require.Len(t, v.messages(), 1)
	assert.Regexp(t, `, without WWW-Authenticate, whose clock is (1h0m0s|59m5\ds) ahead of this machine's\)`,
		v.messages()[0])
}

func TestMissingScopeIsWarnedOfOnce(t *testing.T) {
	t.Parallel()
	e, a := newEndpoint(t), newAPI(t)
	a.answer = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope", scope="orders.write"`)
		w.WriteHeader(http.StatusForbidden)
		return true
	}
	v := withAPI(t, e, a, "scope: 'orders.read'")
	v.mustRun(`client.get(api); client.get(api)`)
	assert.Equal(t, []string{`The API answered 403 insufficient_scope (client "orders" with scope "orders.read", ` +
		a.URL +
		`, WWW-Authenticate: Bearer error="insufficient_scope", scope="orders.write"); ` +
		`a new token with the same scope would not help: check the scope option and what the server grants`}, v.messages())
	assert.Equal(t, 1, e.count())
	assert.Empty(t, v.sampled()["clientcreds_rejections"])
}

func TestForbiddenIsNotRetried(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(w http.ResponseWriter) bool{
		"403": func(w http.ResponseWriter) bool {
			w.Header().Set("WWW-Authenticate", `Bearer error="insufficient_scope"`)
			w.WriteHeader(http.StatusForbidden)
			return true
		},
		"401 of another kind": func(w http.ResponseWriter) bool {
			return unauthorized(w, `Bearer error="insufficient_scope"`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, a := newEndpoint(t), newAPI(t)
			a.answer = func(_ int, w http.ResponseWriter, _ *http.Request) bool { return answer(w) }
			v := withAPI(t, e, a, "")
			v.mustRun(`client.get(api)`)
			assert.Len(t, a.requests(), 1)
			assert.Equal(t, 1, e.count())
		})
	}
}

func TestOnlyRejectedRequestsOfABatchAreSentAgain(t *testing.T) {
	t.Parallel()
	e, a := newEndpoint(t), newAPI(t)
	a.answer = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		return r.URL.Path == "/bad" && strings.HasSuffix(r.Header.Get("Authorization"), tokenNumber(1)) && unauthorized(w, "")
	}
	v := withAPI(t, e, a, "")
	v.accepted(a)
	assert.Equal(t, []any{int64(200), int64(200)},
		v.mustRun(`client.batch([api + '/good', api + '/bad']).map((r) => r.status)`))
	assert.ElementsMatch(t, []string{"GET /good " + bearer(1), "GET /bad " + bearer(1), "GET /bad " + bearer(2)},
		a.requests())
	v = withAPI(t, e, a, "scope: 'other'")
	v.accepted(a)
	a.answer = func(n int, w http.ResponseWriter, _ *http.Request) bool { return n == 4 && unauthorized(w, "") }
	v.mustRun(`(async () => { globalThis.later = (await client.asyncRequest('GET', api + '/async')).status })()`)
	assert.Equal(t, int64(200), v.mustRun(`later`))
	assert.Equal(t, []string{"GET /async " + bearer(3), "GET /async " + bearer(4)}, a.requests()[3:])
}

func TestTokenStaysAtItsOrigin(t *testing.T) {
	t.Parallel()
	e, a, other := newEndpoint(t), newAPI(t), newAPI(t)
	a.answer = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, other.URL+"/there", http.StatusFound)
		case "/home":
			http.Redirect(w, r, "/here", http.StatusFound)
		case "/back":
			http.Redirect(w, r, other.URL+"/back", http.StatusFound)
		default:
			return false
		}
		return true
	}
	other.answer = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/back" {
			http.Redirect(w, r, a.URL+"/again", http.StatusFound)
			return true
		}
		return false
	}
	v := withAPI(t, e, a, "")
	v.mustRun(`client.get(api + '/away'); client.get(api + '/home'); client.get(api + '/back')`)
	assert.Equal(t, []string{"GET /there", "GET /back"}, other.requests(), "another port is another origin")
	assert.Equal(t, []string{
		"GET /away " + bearer(1), "GET /home " + bearer(1), "GET /here " + bearer(1), "GET /back " + bearer(1),
		"GET /again " + bearer(1),
	}, a.requests())
}

func TestNoRequestWithoutItsToken(t *testing.T) {
	t.Parallel()
	e, a := newEndpoint(t), newAPI(t)
	e.refuse = func(_ int, w http.ResponseWriter) bool { return oauthError(w, 401, "invalid_client", "") }
	v := withAPI(t, e, a, "")
	for _, call := range []string{"get(api)", "post(api, 'x')", "batch([api, api])", "request('GET', api)"} {
		_, err := v.run("client." + call)
		require.ErrorContains(t, err, "TokenError: invalid_client", call)
		v.forgives()
	}
	v.mustRun(`(async () => { try { await client.asyncRequest('GET', api) } catch (e) { globalThis.rejection = e.name } })()`)
	assert.Equal(t, "TokenError", v.mustRun(`rejection`))
	assert.Empty(t, a.requests())
}

func TestUseOfAnExpiredTokenIsCounted(t *testing.T) {
	t.Parallel()
	e, a := newEndpoint(t), newAPI(t)
	v := withAPI(t, e, a, "")
	v.mustRun(`client.get(api)`)
	require.Len(t, v.module.clients, 1)
	c := v.onlyClient()
	send := c.authorized("get")
	c.view.lease.ExpiresAt = time.Now()
	send(c.view, []sobek.Value{v.rt.VU.Runtime().ToValue(a.URL)})
	assert.Equal(t, 1.0, sum(v.sampled()["clientcreds_expired_token_uses"]))
	assert.Equal(t, int64(1), v.mustRun(`client.stats().expiredTokenUses`))
	send(c.view, []sobek.Value{v.rt.VU.Runtime().ToValue(a.URL)})
	assert.Equal(t, []string{`A request was sent with a token of client "orders" that had expired while the request waited to be sent; ` +
		`this run is not valid. Give the token more time with cache.leeway, or look for what delays requests: the rps option, a lack of CPU`}, v.messages())
}
