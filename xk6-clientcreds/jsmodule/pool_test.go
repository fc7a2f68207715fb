package jsmodule

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/grafana/sobek"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/clientsfile"
)

// pool is code that makes a pool of clients of the endpoint, with more options in JavaScript.
func (e *endpoint) pool(clients, more string) string {
	return fmt.Sprintf(`globalThis.pool = new ClientPool({tokenUrl: %q, clients: %s, %s});`, e.URL+"/token", clients, more)
}

// several are n clients as an array in JavaScript.
func several(n int) string {
	return fmt.Sprintf(`Array.from({length: %d}, (_, i) => ({clientId: 'client-' + i, clientSecret: %q + i}))`, n,
		testSecret)
}

// poolVU is a VU of that number in the test after its init code.
func poolVU(t testing.TB, root *RootModule, number uint64, code string) *vu {
	t.Helper()
	v := newVU(t, root)
	v.mustRun(code)
	v.state.VUIDGlobal = number
	v.start()
	return v
}

func fileWith(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func fileOption(path string) string { return fmt.Sprintf(`{file: %q}`, path) }

// Every way to give clients comes to the same.
func TestPoolClientsAreThoseGiven(t *testing.T) {
	t.Parallel()
	const object = `{"clientId":"a","clientSecret":"secret-of-a","scope":"x y"}, {"client_id":"b","client_secret":"secret-of-b","grant_types":["client_credentials"],"tls_client_auth_subject_dn":"CN=b"}`
	for name, clients := range map[string]string{
		"array": `[` + object + `]`,
		"CSV": fileOption(fileWith(t, "clients.csv",
			"\ufeffclientId, client_secret,scope\r\na,secret-of-a,\"x y\"\r\n\r\nb,secret-of-b,\r\n")),
		"JSON": fileOption(fileWith(t, "clients.JSON", " [\n"+object+" ]\n")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t)
			v := poolVU(t, New(), 1, e.pool(clients, "assignment: 'round-robin', scope: 'default'"))
			assert.EqualValues(t, 2, v.mustRun(`pool.size`))
			v.mustRun(`pool.client().token(); pool.client().token(); pool.client().token()`)
			require.Equal(t, 2, e.count(), "the third call got the first client, whose token is in the cache")
			assert.Equal(t, basicAuth("a", "secret-of-a"), e.headers[0].Get("Authorization"))
			assert.Equal(t, "x y", e.forms[0].Get("scope"))
			assert.Equal(t, basicAuth("b", "secret-of-b"), e.headers[1].Get("Authorization"))
			assert.Equal(t, "default", e.forms[1].Get("scope"))
		})
	}
}

// Which clients have tokens that are bound to a key is in the list, by the option or by the name that
// client metadata has for it.
func TestPoolClientsWithDPoP(t *testing.T) {
	t.Parallel()
	const three = `[{"clientId":"a","clientSecret":"s","dpop":true},
		{"client_id":"b","client_secret":"s","dpop_bound_access_tokens":true,"authorization_details_types":["x"]},
		{"client_id":"c","client_secret":"s","dpop_bound_access_tokens":false}]`
	for name, c := range map[string]struct {
		clients, more string
		algorithms    []string // of the proofs; none where there is no proof
	}{
		"array": {three, "", []string{"ES256", "ES256", ""}},
		"JSON":  {fileOption(fileWith(t, "c.json", three)), "", []string{"ES256", "ES256", ""}},
		"CSV": {
			fileOption(fileWith(t, "c.csv", "clientId,clientSecret,dpop\na,s,true\nb,s,\nc,s,false\n")), "",
			[]string{"ES256", "", ""},
		},
		"CSV, metadata": {fileOption(fileWith(t, "c.csv",
			"clientId,clientSecret,dpop_bound_access_tokens\na,s,true\nb,s,\nc,s,false\n")), "", []string{"ES256", "", ""}},
		"more in common": {three, "dpop: {alg: 'EdDSA'}", []string{"EdDSA", "EdDSA", "EdDSA"}},
		"less in common": {
			fileOption(fileWith(t, "c.csv", "clientId,clientSecret,dpop\na,s,true\nb,s,\nc,s,false\n")),
			"dpop: {alg: 'EdDSA'}",
			[]string{"EdDSA", "EdDSA", ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t)
			v := poolVU(t, New(), 1, e.pool(c.clients, "assignment: 'round-robin', "+c.more))
			v.mustRun(`for (let i = 0; i < 3; i++) pool.client().acquire()`)
			var algorithms []string
			for _, header := range e.headers {
				var proof struct {
					Algorithm string `json:"alg"`
				}
				if text, _, ok := strings.Cut(header.Get("DPoP"), "."); ok {
					raw, err := base64.RawURLEncoding.DecodeString(text)
					require.NoError(t, err)
					require.NoError(t, json.Unmarshal(raw, &proof))
				}
				algorithms = append(algorithms, proof.Algorithm)
			}
			assert.Equal(t, c.algorithms, algorithms)
		})
	}
}

// A SharedArray of k6 is a dynamic array in Go.
func TestPoolTakesASharedArray(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := newVU(t, New())
	rt := v.rt.VU.Runtime()
	require.NoError(t, rt.Set("shared", rt.NewDynamicArray(sharedArray{
		rt,
		[]string{`({clientId: 'a', clientSecret: 'secret-of-a'})`, `({clientId: 'b', clientSecret: 'secret-of-b'})`},
	})))
	v.mustRun(e.pool(`shared`, "assignment: 'round-robin'"))
	v.start()
	v.mustRun(`pool.client().token(); pool.client().token()`)
	assert.EqualValues(t, 2, v.mustRun(`pool.size`))
	assert.Equal(t, basicAuth("b", "secret-of-b"), e.headers[1].Get("Authorization"))
}

// sharedArray makes its elements when they are asked for.
type sharedArray struct {
	rt    *sobek.Runtime
	items []string
}

func (s sharedArray) Len() int                  { return len(s.items) }
func (s sharedArray) Set(int, sobek.Value) bool { return false }
func (s sharedArray) SetLen(int) bool           { return false }

func (s sharedArray) Get(i int) sobek.Value {
	v, err := s.rt.RunString(s.items[i])
	if err != nil {
		return sobek.Undefined()
	}
	return v
}

// What pool.client() returns is a Client, the same one for the same client of the list.
func TestPoolClientsAreClients(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := newVU(t, New())
	v.mustRun(e.pool(several(3), "assignment: 'round-robin'"))
	assert.Equal(t, true, v.mustRun(`pool instanceof ClientPool && ClientPool.name === 'ClientPool'`))
	_, err := v.run(`pool.client()`)
	require.ErrorContains(t, err,
		"pool.client() cannot be called in the init context; call it in the default function, setup() or teardown()")
	v.start()
	assert.Equal(t, []any{true, true, false, true}, v.mustRun(`const first = pool.client(), second = pool.client(); pool.client();
		[first instanceof Client, first === pool.client(), first === second, second === pool.client()]`))
	assert.Equal(t, "{}", v.mustRun(`JSON.stringify(pool)`), "nothing of the clients can be read off a pool")
	assert.EqualValues(t, 3, v.mustRun(`pool.size = 5; pool.size`))
}

// A client may have to make room for another while its token is being requested.
func TestReleasedClientThatWaitsForAToken(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := poolVU(t, New(), 1, e.pool(several(2), "assignment: 'round-robin', maxClients: 1"))
	v.mustRun(`(async () => {
		globalThis.first = pool.client();
		const waiting = first.tokenAsync();
		pool.client();
		await waiting;
	})()`)
	v.newIteration()
	v.mustRun(`first.token()`)
	assert.Equal(t, 1.0, sum(v.sampled()["clientcreds_cache_misses"]))
}

// A client that nobody uses does not exist; a file is read once per process.
func TestPoolIsLazy(t *testing.T) {
	t.Parallel()
	e, root := newEndpoint(t), New()
	path := manyClients(t, 500, clientsfile.CSV)
	v := poolVU(t, root, 7, e.pool(fileOption(path), ""))
	assert.Empty(t, v.module.clients)
	assert.Empty(t, root.process.sources)
	require.NoError(t, os.Remove(path))
	other := poolVU(t, root, 8, e.pool(fileOption(path), ""))
	v.mustRun(`pool.client().token()`)
	other.mustRun(`pool.client().token(); pool.client().token()`)
	assert.Len(t, v.module.clients, 1)
	assert.Len(t, root.process.sources, 2)
	assert.Len(t, root.process.clients, 2)
}

// An option that is an object is made of the pool's and the client's; any other is the client's.
func TestPoolMergesOptions(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	path := fileWith(t, "clients.csv", "clientId,key.kid,scope,tags.shop\na,key-of-a,x,berlin\nb,,,\n")
	v := poolVU(t, New(), 1, e.pool(fileOption(path),
		"assignment: 'round-robin', auth: 'private_key_jwt', scope: 'y', tags: {shop: 'other', kind: 'k'},"+
			"key: {text: `"+testJWK+"`, kid: 'common'}"))
	v.mustRun(`pool.client().token(); pool.client().token()`)
	require.Equal(t, 2, e.count())
	for i, want := range []struct{ kid, scope, shop string }{{"key-of-a", "x", "berlin"}, {"common", "y", "other"}} {
		assertion, err := jwt.ParseSigned(e.forms[i].Get("client_assertion"), []jose.SignatureAlgorithm{jose.EdDSA})
		require.NoError(t, err)
		assert.Equal(t, want.kid, assertion.Headers[0].KeyID)
		assert.Equal(t, want.scope, e.forms[i].Get("scope"))
		assert.Equal(t, map[string]string{
			"client": "pool", "reason": "cold", "status": "200", "shop": want.shop,
			"kind": "k",
		},
			v.collected()["clientcreds_requests"][i].Tags.Map())
	}
}

// The tag client has the pool's name, so that ten thousand clients are one time series; the clients'
// identifiers only on request.
func TestPoolTags(t *testing.T) {
	t.Parallel()
	for more, want := range map[string][]string{
		"":                                {"pool", "pool"},
		"name: 'shops'":                   {"shops", "shops"},
		"tagClients: true":                {"client-0", "client-1"},
		"name: 'shops', tagClients: true": {"client-0", "client-1"},
	} {
		t.Run(more, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t)
			v := poolVU(t, New(), 1, e.pool(several(2), "assignment: 'round-robin',"+more))
			v.mustRun(`pool.client().token(); pool.client().acquire()`)
			for name, samples := range v.sampled() {
				for _, s := range samples {
					tag, _ := s.Tags.Get("client")
					assert.Contains(t, want, tag, name)
				}
			}
			var got []string
			for _, s := range v.sampled()["clientcreds_requests"] {
				tag, _ := s.Tags.Get("client")
				got = append(got, tag)
			}
			assert.Equal(t, want, got)
		})
	}
}

// A warning about thousands of clients is logged once.
func TestPoolWarnsOnce(t *testing.T) {
	t.Parallel()
	e, root := newEndpoint(t), New()
	e.refuse = func(n int, w http.ResponseWriter) bool {
		_, _ = fmt.Fprintf(w, `{"access_token":"%s","token_type":"bearer","scope":"less"}`, tokenNumber(n))
		return true
	}
	v := poolVU(t, root, 1, e.pool(several(5), "assignment: 'round-robin', scope: 'less more'"))
	v.mustRun(`for (let i = 0; i < 5; i++) { pool.client().token() }`)
	assert.Len(t, v.messages(), 1)
	assert.Contains(t, v.messages()[0], `"more" is missing`)
}

// A VU keeps as many clients as it is told to. Of the one that had to go the counters are sent, and
// the token is asked for again unless it is in the cache of all VUs.
func TestPoolKeepsSoManyClients(t *testing.T) {
	t.Parallel()
	for scope, requests := range map[string]int{"vu": 6, "shared": 3} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t)
			v := poolVU(t, New(), 1, e.pool(several(3), "assignment: 'round-robin', maxClients: 2, cache: {scope: '"+scope+"'}"))
			v.mustRun(`for (let i = 0; i < 6; i++) { pool.client().token(); pool.client; }`)
			assert.Equal(t, requests, e.count())
			assert.Len(t, v.module.clients, 2)
			assert.Len(t, v.module.process.clients, 2)
			samples := v.sampled()
			assert.Equal(t, float64(requests), sum(samples["clientcreds_cache_misses"]))
			assert.Equal(t, float64(6-requests), sum(samples["clientcreds_cache_hits"]))
		})
	}
}

// A client that a script holds on to works and is counted after its pool has given it up.
func TestPoolClientOutlivesItsPlace(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := poolVU(t, New(), 1, e.pool(several(2), "assignment: 'round-robin', maxClients: 1"))
	v.mustRun(`const held = pool.client(); held.token(); pool.client().token()`)
	require.Len(t, v.module.process.clients, 1)
	v.newIteration()
	v.mustRun(`held.token(); held.token()`)
	assert.Equal(t, 2, e.count())
	samples := v.sampled()
	assert.Equal(t, 2.0, sum(samples["clientcreds_cache_misses"]))
	assert.Equal(t, 2.0, sum(samples["clientcreds_cache_hits"]))
}

// The secrets of a pool's clients are masked like the secrets of any client.
func TestPoolSecretsAreHidden(t *testing.T) {
	t.Parallel()
	for name, secret := range map[string]string{"plain": "a-secret-of-the-pool", "special": "p@ss:w%rd+/=& z"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t)
			e.refuse = func(_ int, w http.ResponseWriter) bool { return oauthError(w, 401, "invalid_client", "wrong: "+secret) }
			v := poolVU(t, New(), 1, e.pool(fmt.Sprintf(`[{clientId: 'a', clientSecret: %q}]`, secret), ""))
			shown := v.mustRun(`(() => { try { pool.client().token() } catch (e) { return e.message } })()`)
			assert.Contains(t, shown, "invalid_client")
			assert.NotContains(t, shown, secret)
			v.state.Logger.Info("echo " + secret + " " + basicAuth("a", secret))
			for _, text := range v.messages() {
				assert.NotContains(t, text, secret)
				assert.NotContains(t, text, basicAuth("a", secret))
			}
		})
	}
}
