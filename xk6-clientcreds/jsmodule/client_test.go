package jsmodule

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// oneVU is a VU after the init code has run.
func oneVU(t testing.TB, e *endpoint, more string) *vu {
	t.Helper()
	v := newVU(t, New())
	v.mustRun(e.client(more))
	v.start()
	return v
}

func TestTokenComesFromTheCache(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "scope: ['a', 'b c']")
	for range 3 {
		assert.Equal(t, tokenNumber(1), v.mustRun(`client.token()`))
	}
	assert.Equal(t, "Bearer "+tokenNumber(1), v.mustRun(`client.authorization()`))
	assert.Equal(t, "Bearer "+tokenNumber(1), v.mustRun(`client.headers().Authorization`))
	require.Equal(t, 1, e.count())
	assert.Equal(t, "client_credentials", e.forms[0].Get("grant_type"))
	assert.Equal(t, "a b c", e.forms[0].Get("scope"))
	assert.Equal(t, "k6-under-test", e.headers[0].Get("User-Agent"))

	samples := v.sampled()
	assert.Equal(t, 1.0, sum(samples["clientcreds_requests"]))
	assert.Equal(t, 1.0, sum(samples["clientcreds_cache_misses"]))
	assert.Equal(t, 4.0, sum(samples["clientcreds_cache_hits"]))
	assert.Equal(t, 0.0, sum(samples["clientcreds_request_failed"]))
	assert.Equal(t, 3600_000.0, sum(samples["clientcreds_token_ttl"]))
	assert.Len(t, samples["clientcreds_token_wait"], 1)
	assert.Len(t, samples["clientcreds_cache_hits"], 1, "one sample per iteration at most")
	assert.NotContains(t, samples, "http_reqs")
	tags := samples["clientcreds_requests"][0].Tags.Map()
	assert.Equal(t, map[string]string{"client": "orders", "reason": "cold", "status": "200"}, tags)
}

func TestHeadersCannotBeCorrupted(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "")
	v.mustRun(`const h = client.headers(); h.Authorization = 'x'; h.More = 'y'; delete h.Authorization`)
	_, err := v.run(`'use strict'; client.headers().Authorization = 'x'`)
	require.ErrorContains(t, err, "TypeError")
	assert.Equal(t, map[string]any{"Authorization": "Bearer " + tokenNumber(1)}, v.mustRun(`client.headers()`))
	assert.Equal(t, map[string]any{"Authorization": "Bearer " + tokenNumber(1), "Accept": "text/plain"},
		v.mustRun(`const mine = {Accept: 'text/plain'}; client.headers(mine)`))
	assert.Equal(t, map[string]any{"Accept": "text/plain"}, v.mustRun(`mine`), "the argument is not changed")
}

// A client looks like an instance of a class: its methods are there, the same each time, and not
// enumerable, so that a client in a log or a check is not a list of functions.
func TestClientIsLikeAnInstanceOfAClass(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "")
	for _, m := range members {
		name := m.name
		assert.Equal(t, "function", v.mustRun(`typeof client.`+name), name)
		assert.Equal(t, true, v.mustRun(`client.`+name+` === client.`+name+` && '`+name+`' in client`), name)
	}
	v.mustRun(`client.token()`)
	assert.Equal(t, []any{true, "Client", false, "{}", "", nil}, v.mustRun(`[
		client instanceof Client, client.constructor.name, 'tokens' in client, JSON.stringify(client),
		(() => { let names = ''; for (const name in client) { names += name } return names })(), client.tokens]`))
	v.mustRun(`client.token = () => 'mine'`)
	assert.Equal(t, "mine", v.mustRun(`client.token()`))
	v.mustRun(`delete client.token`)
	assert.Equal(t, tokenNumber(1), v.mustRun(`client.token()`))
	_, err := v.run(`Client({})`)
	require.ErrorContains(t, err, "TypeError")
}

func TestTheSameOptionsAreTheSameClient(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := newVU(t, New())
	v.mustRun(e.client("") + `globalThis.other = client;` + e.client(""))
	v.mustRun(strings.Replace(e.client("scope: 'x'"), "client =", "third =", 1))
	v.start()
	v.mustRun(`client.token(); other.token(); third.token()`)
	assert.Equal(t, 2, e.count())
	assert.Equal(t, true, v.mustRun(`client instanceof Client`))
}

// Whatever changes the token request makes another client, whose tokens are its own.
func TestWhateverChangesTheTokenIsInTheCacheKey(t *testing.T) {
	t.Parallel()
	v := newVU(t, New())
	keys := make(map[string]string)
	for _, more := range []string{
		``, `tokenUrl: 'https://b'`, `clientId: 'b'`, `clientSecret: 'c'`, `clientSecret: {file: 'c'}`,
		`auth: 'client_secret_post'`,
		`basicEncoding: 'raw'`, `scope: 'a'`, `scope: 'a b'`, `audience: 'a'`, `audience: ['a', 'b']`, `resource: 'urn:a'`,
		`resource: ['urn:a', 'urn:b']`, `authorizationDetails: [{type: 'a'}]`,
		`authorizationDetails: [{type: 'a', actions: ['b']}]`,
		`params: {a: 'b'}`, `params: {a: ['b', 'c']}`, `headers: {'X-Tenant': 'a'}`, `dpop: true`, `dpop: {alg: 'EdDSA'}`,
		`dpop: {key: {env: 'A'}}`, `exchange: {}`, `cache: {scope: 'shared'}`,
	} {
		value, err := v.rt.VU.Runtime().RunString(`({tokenUrl: 'https://a', clientId: 'a', clientSecret: 'b', ...{` + more +
			`}})`)
		require.NoError(t, err)
		o, err := parseOptions(v.rt.VU.Runtime(), value, filepath.Clean)
		require.NoError(t, err, more)
		assert.NotContains(t, keys, o.key(), more)
		keys[o.key()] = more
	}
}

func TestEveryVUHasItsOwnTokenOrShares(t *testing.T) {
	t.Parallel()
	for scope, want := range map[string]int{"vu": 3, "shared": 1, "none": 6} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t)
			root := New()
			for range 3 {
				v := newVU(t, root)
				v.mustRun(e.client("cache: {scope: '" + scope + "'}"))
				v.start()
				v.mustRun(`client.token(); client.headers()`)
			}
			assert.Equal(t, want, e.count())
		})
	}
}

func TestInvalidateAsksAgain(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "")
	assert.Equal(t, tokenNumber(1), v.mustRun(`client.token()`))
	assert.Equal(t, tokenNumber(2), v.mustRun(`client.invalidate(); client.token()`))
	samples := v.sampled()["clientcreds_requests"]
	reason, _ := samples[1].Tags.Get("reason")
	assert.Equal(t, "rejected", reason)
}

func TestAcquireAlwaysAsks(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "scope: 'a b'")
	got := v.mustRun(`const r = client.acquire(); client.acquire(); JSON.parse(JSON.stringify(r))`).(map[string]any)
	assert.Equal(t, 2, e.count())
	timings := got["timings"].(map[string]any)
	delete(got, "timings")
	assert.Equal(t, map[string]any{
		"ok": true, "status": int64(200), "accessToken": tokenNumber(1), "tokenType": "Bearer", "expiresIn": int64(3600),
		"scope": "a b", "error": nil, "errorDescription": nil, "grant": nil, "retryAfter": nil, "retries": int64(0),
	}, got)
	assert.Greater(t, timings["duration"], 0.0)
	assert.Equal(t, int64(2), v.mustRun(`client.stats().requests`))
	assert.Equal(t, tokenNumber(3), v.mustRun(`client.token()`), "acquire() leaves the cache alone")
}

func TestAcquireReturnsErrors(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.refuse = func(_ int, w http.ResponseWriter) bool {
		w.Header().Set("Retry-After", "7")
		return oauthError(w, 429, "slow_down", "echo "+testSecret)
	}
	v := oneVU(t, e, "")
	got := v.mustRun(`const r = client.acquire(); ({ok: r.ok, status: r.status, error: r.error, d: r.errorDescription, after: r.retryAfter, t: r.accessToken, n: r.retries})`)
	assert.Equal(t, map[string]any{
		"ok": false, "status": int64(429), "error": "slow_down", "d": "echo ***REDACTED***", "after": int64(7), "t": nil,
		"n": int64(0),
	}, got)
	assert.Equal(t, 1, e.count(), "no retry unless asked for")
	samples := v.sampled()
	assert.Equal(t, 1.0, sum(samples["clientcreds_request_failed"]))
	tags := samples["clientcreds_requests"][0].Tags.Map()
	assert.Equal(t, map[string]string{"client": "orders", "reason": "acquire", "status": "429", "error": "slow_down"},
		tags)
}

func TestPromises(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "")
	v.mustRun(`(async () => {
		globalThis.got = [await client.tokenAsync(), await client.tokenAsync(), (await client.acquireAsync()).accessToken];
	})()`)
	assert.Equal(t, []any{tokenNumber(1), tokenNumber(1), tokenNumber(2)}, v.mustRun(`got`))
	samples := v.sampled()
	assert.Equal(t, 1.0, sum(samples["clientcreds_cache_hits"]))
	assert.Equal(t, 1.0, sum(samples["clientcreds_cache_misses"]))
}

// Cache counters are sent at the first use in an iteration, and then only when the last time is
// long enough ago.
func TestCacheCountersAreBatched(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "")
	v.mustRun(`client.token()`)
	usage := &v.onlyClient().usage
	usage.flushed = sinceEpoch() + time.Hour
	for range 5 {
		v.newIteration()
		v.mustRun(`client.token(); client.token()`)
	}
	assert.Empty(t, v.collected()["clientcreds_cache_hits"])
	usage.flushed = sinceEpoch() - time.Hour
	v.newIteration()
	v.mustRun(`client.token()`)
	hits := v.collected()["clientcreds_cache_hits"]
	require.Len(t, hits, 1)
	assert.Equal(t, 10.0, hits[0].Value)
	assert.Equal(t, []any{int64(11), int64(1)}, v.mustRun(`[client.stats().hits, client.stats().misses]`))
	assert.Equal(t, 11.0, sum(v.sampled()["clientcreds_cache_hits"]))
}

// A method is a word of letters, hyphens and underscores.
func TestHTTPMethods(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("M", 32)
	for _, method := range []string{"GET", "get", "A", "Z", "a", "z", "M-SEARCH", "BASELINE_CONTROL", long} {
		assert.True(t, isHTTPMethod(method), method)
	}
	for _, other := range []string{"", "@", "[", "`", "{", "GET ", "GET1", "https://api.example", long + "M"} {
		assert.False(t, isHTTPMethod(other), other)
	}
}

func TestHeadersTakesAnObject(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "")
	for argument, what := range map[string]string{
		`null`: "null", `[]`: "an array", `7`: "a number",
		`() => 1`: "a function",
	} {
		_, err := v.run(`client.headers(` + argument + `)`)
		require.ErrorContains(t, err,
			"TypeError: client.headers(extra): extra is "+what+"; it must be an object of header names and values")
	}
	assert.Equal(t, map[string]any{"Authorization": "Bearer " + tokenNumber(1)},
		v.mustRun(`client.headers({Authorization: 'mine'})`),
		"the token replaces what the script has")
	assert.Equal(t, map[string]any{"Authorization": "Bearer " + tokenNumber(1), "accept": "a/b"},
		v.mustRun(`client.headers({authorization: 'mine', AUTHORIZATION: 'too', accept: 'a/b'})`), "however it is spelled")
	assert.Equal(t, map[string]any{"Authorization": "Bearer " + tokenNumber(1)}, v.mustRun(`client.headers(undefined)`))
}

func TestAcquireAsyncReturnsErrors(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.refuse = func(_ int, w http.ResponseWriter) bool { return oauthError(w, 400, "invalid_scope", "") }
	v := oneVU(t, e, "")
	v.mustRun(`(async () => { const r = await client.acquireAsync(); globalThis.got = [r.ok, r.status, r.error] })()`)
	assert.Equal(t, []any{false, int64(400), "invalid_scope"}, v.mustRun(`got`))
}

func TestTokenErrorSaysWhatHappened(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.refuse = func(_ int, w http.ResponseWriter) bool {
		return oauthError(w, 401, "invalid_client", "bad secret "+testSecret)
	}
	v := oneVU(t, e, "")
	got := v.mustRun(`let err; try { client.token() } catch (e) { err = e }
		({name: err.name, isError: err instanceof Error, message: err.message, error: err.error, d: err.errorDescription,
		  status: err.status, retryable: err.retryable, after: err.retryAfter, text: String(err)})`).(map[string]any)
	message := `invalid_client (HTTP 401): bad secret ***REDACTED*** (client "orders" at ` + e.URL + `/token); ` +
		`check clientId and clientSecret, and whether the server expects auth: 'client_secret_post' or basicEncoding: 'raw'`
	assert.Equal(t, map[string]any{
		"name": "TokenError", "isError": true, "message": message, "error": "invalid_client",
		"d":      "bad secret ***REDACTED***",
		"status": int64(401), "retryable": false, "after": int64(0), "text": "TokenError: " + message,
	}, got)
	assert.Equal(t, 1, e.count())
	v.forgives()
	v.mustRun(`(async () => { try { await client.tokenAsync() } catch (e) { globalThis.rejection = e.message } })()`)
	assert.Equal(t, message, v.mustRun(`rejection`))
}

func TestNothingWorksInTheInitContext(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := newVU(t, New())
	v.mustRun(e.client(""))
	for _, call := range []string{
		"token()", "headers()", "authorization()", "acquire()", "get('http://127.0.0.1')",
		"tokenAsync()",
	} {
		_, err := v.run("client." + call)
		require.ErrorContains(t, err, "init context", call)
	}
	assert.Zero(t, e.count())
}

func TestOnErrorAbortEndsTheTest(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.refuse = func(_ int, w http.ResponseWriter) bool { return oauthError(w, 400, "invalid_scope", "") }
	v := oneVU(t, e, "onError: 'abort'")
	_, err := v.run(`try { client.token() } catch (e) {}; globalThis.wentOn = true`)
	require.ErrorContains(t, err, "test aborted: invalid_scope (HTTP 400)")
	assert.Nil(t, v.mustRun(`globalThis.wentOn`))

	for _, call := range []string{"tokenAsync()", "asyncRequest('GET', 'http://127.0.0.1:1/')"} {
		v := oneVU(t, e, "onError: 'abort'")
		_, err = v.run(`(async () => { try { await client.` + call + ` } catch (e) {}; globalThis.wentOn = true })()`)
		require.ErrorContains(t, err, "test aborted: invalid_scope (HTTP 400)", call)
		assert.Nil(t, v.rt.VU.Runtime().Get("wentOn"), call)
	}
	assert.Equal(t, false, oneVU(t, e, "onError: 'abort'").mustRun(`client.acquire().ok`), "acquire() returns errors")
}
