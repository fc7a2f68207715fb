package jsmodule

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const capReached = `test aborted: max_requests: this run has sent the 3 token requests that option "maxRequests" allows; ` +
	`raise it, or request fewer tokens (client "orders"`

// Each kind of call that needs a token ends the test, whatever catches exceptions, and sends nothing more.
func TestMaxRequestsEndsTheTest(t *testing.T) {
	t.Parallel()
	for _, call := range []string{
		"client.acquire()",
		"client.acquireBatch(2)",
		"await client.acquireAsync()",
		"client.invalidate(); client.token()",
		"client.invalidate(); client.headers()",
		"client.invalidate(); client.get('http://127.0.0.1:1/')",
		"client.invalidate(); await client.tokenAsync()",
	} {
		e, root := newEndpoint(t), New()
		var vus []*vu
		for range 2 {
			v := newVU(t, root)
			v.mustRun(e.client("maxRequests: 3"))
			v.start()
			vus = append(vus, v)
			v.mustRun("client.token()")
		}
		vus[0].mustRun("client.acquire()")
		require.Equal(t, 3, e.count(), "all VUs together")

		v := vus[1]
		_, err := v.run(fmt.Sprintf(`(async () => { try { %s } catch (e) {}; globalThis.wentOn = true })()`, call))
		require.ErrorContains(t, err, capReached, call)
		assert.Nil(t, v.rt.VU.Runtime().Get("wentOn"), call)
		assert.Equal(t, 3, e.count(), call)
		seen := v.collected()
		assert.InDelta(t, 3, sum(seen["clientcreds_requests"])+sum(vus[0].collected()["clientcreds_requests"]), 0,
			"what was not sent is not counted as a request")
		last := seen["clientcreds_request_failed"][len(seen["clientcreds_request_failed"])-1]
		assert.InDelta(t, 1, last.Value, 0)
		code, _ := last.Tags.Get("error")
		assert.Equal(t, "max_requests", code)
	}
}

// A token that is still valid is used to its end.
func TestMaxRequestsKeepsTheCache(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "maxRequests: 1")
	for range 3 {
		v.mustRun("client.token()")
	}
	assert.Equal(t, 1, e.count())
}

// A retry and the request of an exchange are requests.
func TestMaxRequestsCountsEachRequest(t *testing.T) {
	t.Parallel()
	failing := newEndpoint(t)
	failing.refuse = func(_ int, w http.ResponseWriter) bool { return oauthError(w, 503, "temporarily_unavailable", "") }
	_, err := oneVU(t, failing, "maxRequests: 2, retry: {attempts: 5, backoff: 0}").run("client.token()")
	require.ErrorContains(t, err, "max_requests: this run has sent the 2 token requests")
	assert.Equal(t, 2, failing.count())

	e := newEndpoint(t)
	v := oneVU(t, e, "maxRequests: 3, exchange: {audience: 'inventory'}")
	v.mustRun("client.acquire()")
	_, err = v.run("client.acquire()")
	require.ErrorContains(t, err, "max_requests in the token exchange: this run has sent the 3 token requests")
	assert.Equal(t, 3, e.count())
}

func TestMaxRequestsOfPools(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := newVU(t, New())
	pool := `globalThis.pool = new ClientPool({tokenUrl: '` + e.URL + `/token', assignment: 'round-robin', maxRequests: 3, clients: [
		{clientId: 'a', clientSecret: 's3cr3t-a'}, {clientId: 'b', clientSecret: 's3cr3t-b'%s}]})`
	_, err := v.run(fmt.Sprintf(pool, ", maxRequests: 2"))
	require.ErrorContains(t, err, `option "maxRequests" applies to all clients of the pool together; set it beside clients`)

	v.mustRun(fmt.Sprintf(pool, ""))
	v.start()
	for range 3 {
		v.mustRun("pool.client().acquire()")
	}
	_, err = v.run("pool.client().acquire()")
	require.ErrorContains(t, err, "test aborted: max_requests")
	assert.Equal(t, 3, e.count())
}

// Whatever a script can make the module send stays at the hosts that are allowed, and the attempt ends the test.
func TestAllowedHosts(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	allowing := func(list string) *vu {
		v := newBareVU(t)
		v.rt.VU.InitEnvField.LookupEnv = func(name string) (string, bool) {
			if name != "CLIENTCREDS_ALLOW_HOSTS" {
				return "", false
			}
			return list, true
		}
		return v
	}

	v := allowing("idp.example")
	v.importModule(New())
	_, err := v.run(e.client(""))
	require.ErrorContains(t, err, `option "tokenUrl" is refused: CLIENTCREDS_ALLOW_HOSTS does not list 127.0.0.1:`)
	for _, option := range []string{"introspectionUrl", "revocationUrl", "jwksUrl"} {
		_, err = v.run(`new Client({tokenUrl: 'https://idp.example/', clientId: 'a', clientSecret: 'b', ` + option +
			`: 'https://other.example/'})`)
		require.ErrorContains(t, err, `option "`+option+`" is refused: CLIENTCREDS_ALLOW_HOSTS does not list other.example`)
	}
	_, err = v.run(`new Client({issuer: 'https://other.example', clientId: 'a', clientSecret: 'b'})`)
	require.ErrorContains(t, err, `option "issuer" is refused`)
	assert.Zero(t, e.count())

	for _, call := range []string{
		"client.get('http://localhost:1/')",
		"client.get('http://localhost:1/', {throw: true})",
		"client.request('PUT', 'http://localhost:1/', 'body')",
		"client.batch(['http://localhost:1/'])",
		"await client.asyncRequest('GET', 'http://localhost:1/')",
		"client.headers('GET', 'http://localhost:1/')",
	} {
		v := allowing("127.0.0.1")
		v.importModule(New())
		v.mustRun(e.client(""))
		v.start()
		v.mustRun("client.token()")
		v.state.Transport = transportFunc(nil) // would panic
		_, err := v.run(`(async () => { try { ` + call + ` } catch (e) {}; globalThis.wentOn = true })()`)
		require.ErrorContains(t, err, "test aborted: host_not_allowed: CLIENTCREDS_ALLOW_HOSTS does not list localhost:1", call)
		assert.Nil(t, v.rt.VU.Runtime().Get("wentOn"), call)
	}
}

// -e is how scripts get their variables: a list there that had no effect would be a hole.
func TestAllowedHostsByFlag(t *testing.T) {
	t.Parallel()
	v := newBareVU(t)
	v.rt.VU.InitEnvField.RuntimeOptions.Env = map[string]string{"CLIENTCREDS_ALLOW_HOSTS": "idp.example"}
	v.importModule(New())
	_, err := v.run(newEndpoint(t).client(""))
	require.ErrorContains(t, err, "CLIENTCREDS_ALLOW_HOSTS does not list")

	for list, problem := range map[string]string{"https://idp.example": "entry 1 is not a host", "": "contains no host"} {
		v = newBareVU(t)
		v.rt.VU.InitEnvField.RuntimeOptions.Env = map[string]string{"CLIENTCREDS_ALLOW_HOSTS": list}
		thrown := v.rt.VU.Runtime().Try(func() { v.importModule(New()) })
		require.ErrorContains(t, thrown, problem)
		require.ErrorContains(t, thrown, "TypeError: k6/x/clientcreds: CLIENTCREDS_ALLOW_HOSTS")
	}
}

// Metadata lead to hosts that nobody wrote down.
func TestDiscoveredHostsThatAreNotAllowed(t *testing.T) {
	t.Parallel()
	issuer := serve(t, func(w http.ResponseWriter, r *http.Request) {
		const other = "https://other.example/"
		_, _ = fmt.Fprintf(w, `{"issuer":"http://%s","token_endpoint":%q,"introspection_endpoint":%q,"revocation_endpoint":%q}`,
			r.Host, other, other, other)
	})
	v := newBareVU(t)
	v.rt.VU.InitEnvField.RuntimeOptions.Env = map[string]string{"CLIENTCREDS_ALLOW_HOSTS": "127.0.0.1"}
	v.importModule(New())
	v.mustRun(fmt.Sprintf(`globalThis.client = new Client({issuer: %q, clientId: 'a', clientSecret: %q})`, issuer, testSecret))
	v.start()
	for _, call := range []string{"token()", "acquire()", "introspect('a token')", "revoke('a token')"} {
		_, err := v.run("client." + call)
		require.ErrorContains(t, err, "test aborted: host_not_allowed: CLIENTCREDS_ALLOW_HOSTS does not list other.example", call)
		v.rt.VU.Runtime().ClearInterrupt()
	}
}
