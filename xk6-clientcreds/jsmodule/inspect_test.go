package jsmodule

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// jwtIssuer is an authorization server whose tokens are JWTs, with keys that a test can change.
type jwtIssuer struct {
	base string

	mu        sync.Mutex
	key       jose.JSONWebKey
	published []jose.JSONWebKey
	asked     int // for keys
	down      bool
	lifetime  int64
	claims    map[string]any // beside, or instead of, the right ones
	scope     string         // in the token response
}

func newKey(t testing.TB, id string) jose.JSONWebKey {
	t.Helper()
	return jose.JSONWebKey{Key: testkit.Key(t, "ES256"), KeyID: id, Algorithm: "ES256", Use: "sig"}
}

func newJWTIssuer(t testing.TB) *jwtIssuer {
	t.Helper()
	s := &jwtIssuer{key: newKey(t, "k1"), lifetime: 300}
	s.published = []jose.JSONWebKey{s.key.Public()}
	s.base = serve(t, func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/jwks":
			s.asked++
			if s.down {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: s.published})
		case r.Method == http.MethodGet:
			_, _ = fmt.Fprintf(w, `{"issuer":%q,"token_endpoint":%q,"jwks_uri":%q}`, s.base, s.base+"/token", s.base+"/jwks")
		default:
			_, _ = fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":300,"scope":%q,"issued_token_type":%q}`,
				s.sign(t), s.scope, oauth.TokenTypeJWT)
		}
	})
	return s
}

func (s *jwtIssuer) sign(t testing.TB) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: s.key},
		new(jose.SignerOptions).WithType("at+jwt"))
	require.NoError(t, err)
	now := time.Now().Unix()
	claims := map[string]any{
		"iss": s.base, "sub": "orders", "client_id": "orders", "aud": []string{"https://api", "urn:b"},
		"iat": now, "exp": now + s.lifetime, "jti": rand.Text(),
	}
	for name, value := range s.claims {
		claims[name] = value
	}
	payload, err := json.Marshal(claims)
	require.NoError(t, err)
	signed, err := signer.Sign(payload)
	require.NoError(t, err)
	token, err := signed.CompactSerialize()
	require.NoError(t, err)
	return token
}

// vu returns a VU with a client of the issuer.
func (s *jwtIssuer) vu(t testing.TB, root *RootModule, options string) *vu {
	t.Helper()
	v := newVU(t, root)
	v.mustRun(fmt.Sprintf(`globalThis.client = new Client({issuer: %q, clientId: 'orders', clientSecret: %q, %s})`, s.base,
		testSecret, options))
	v.start()
	return v
}

// inspected is client.inspect(…) as JSON has it.
func (v *vu) inspected(argument string) map[string]any {
	v.t.Helper()
	var m map[string]any
	require.NoError(v.t, json.Unmarshal([]byte(v.mustRun(`JSON.stringify(client.inspect(`+argument+`))`).(string)), &m))
	return m
}

func TestInspectAValidToken(t *testing.T) {
	t.Parallel()
	s := newJWTIssuer(t)
	s.scope, s.claims = "orders.read extra", map[string]any{"scope": "orders.read extra", "tenant": "the-blue-one"}
	v := s.vu(t, New(), `scope: ['orders.read', 'orders.write'], audience: 'https://api', resource: 'urn:b'`)
	v.mustRun(`globalThis.token = client.token()`)
	got := v.inspected("")
	assert.Equal(t, true, got["valid"], got["problems"])
	assert.Empty(t, got["problems"])
	assert.Equal(t, "jwt", got["format"])
	assert.EqualValues(t, len(v.mustRun(`token`).(string)), got["bytes"])
	assert.Equal(t, map[string]any{"alg": "ES256", "kid": "k1", "typ": "at+jwt"}, got["header"])
	assert.Equal(t, "the-blue-one", got["claims"].(map[string]any)["tenant"])
	assert.Equal(t, map[string]any{
		"requested": []any{"orders.read", "orders.write"}, "granted": []any{"orders.read", "extra"},
		"missing": []any{"orders.write"}, "extra": []any{"extra"},
	}, got["scope"])
	assert.EqualValues(t, 300, got["expiresIn"])
	assert.EqualValues(t, 0, got["clockSkew"])
	assert.Equal(t, got, v.inspected("token"), "the cached token, by its value")
	assert.Equal(t, 1, s.asked, "the keys are fetched once")
	assert.True(t, v.mustRun(`client.inspect().problems instanceof Array && client.inspect().claims.aud[1] === 'urn:b'`).(bool))
	for _, message := range v.messages() {
		assert.NotContains(t, message, "the-blue-one", "claims are not logged")
	}
}

func TestInspectWhatIsNotRight(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options string
		claims  map[string]any
		problem string
	}{
		"another audience": {`audience: 'https://other'`, nil, `aud: is "https://api urn:b", without "https://other"`},
		"another resource": {`resource: 'urn:c'`, nil, `aud: is "https://api urn:b", without "urn:c"`},
		"another issuer":   {``, map[string]any{"iss": "https://evil"}, `iss: is "https://evil", not "`},
		"another client":   {``, map[string]any{"client_id": "others"}, `client_id: is "others", not "orders"`},
		"dead on arrival":  {``, map[string]any{"iat": 0, "exp": 300}, `exp: the token expired `},
		"another scope":    {`scope: 'a'`, map[string]any{"scope": "b"}, `scope: is "b", but the token response said "a"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newJWTIssuer(t)
			s.claims = c.claims
			v := s.vu(t, New(), c.options)
			v.mustRun(`client.token()`)
			got := v.inspected("")
			assert.Equal(t, false, got["valid"])
			require.Len(t, got["problems"], 1)
			problem := got["problems"].([]any)[0].(string)
			assert.True(t, strings.HasPrefix(problem, c.problem), problem)
		})
	}
}

func TestInspectComparesTheLifetimeWithExpiresIn(t *testing.T) {
	t.Parallel()
	s := newJWTIssuer(t)
	s.lifetime = 240
	v := s.vu(t, New(), "")
	v.mustRun(`globalThis.token = client.token()`)
	assert.Equal(t, []any{"exp: the token lives for 4m0s, but expires_in said 5m0s"}, v.inspected("")["problems"])
	v.mustRun(`client.invalidate()`)
	assert.Empty(t, v.inspected("token")["problems"], "of a token that is not the cached one no response is known")
	assert.EqualValues(t, 240, v.inspected("token")["expiresIn"])
}

func TestInspectOpaqueTokens(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "scope: 'a b'")
	v.mustRun(`client.token()`)
	want := map[string]any{
		"format": "opaque", "bytes": float64(len(tokenNumber(1))), "header": nil, "claims": nil,
		"scope": map[string]any{
			"requested": []any{"a", "b"}, "granted": []any{"a", "b"}, "missing": []any{}, "extra": []any{},
		},
		"expiresIn": 3600.0, "clockSkew": 0.0, "valid": nil, "problems": []any{},
	}
	assert.Equal(t, want, v.inspected(""))
	huge := "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString([]byte(`{"exp":1e400}`)) + "."
	assert.Equal(t, "opaque", v.inspected("'" + huge + "'")["format"], "a number that no script can hold")
	want["bytes"], want["expiresIn"] = 5.0, nil
	want["scope"] = map[string]any{"requested": []any{"a", "b"}, "granted": nil, "missing": nil, "extra": nil}
	assert.Equal(t, want, v.inspected("'other'"), "of a token that is not the cached one nothing is known")
}

// Without keys nothing is known of a token, and the reason is told.
func TestInspectWithoutKeys(t *testing.T) {
	t.Parallel()
	s := newJWTIssuer(t)
	v := s.vu(t, New(), "")
	v.mustRun(`client.token()`)
	s.down = true
	got := v.inspected("")
	assert.Nil(t, got["valid"])
	assert.Equal(t, []any{"keys: " + s.base + "/jwks: HTTP 503"}, got["problems"])
	s.down = false
	assert.Equal(t, true, v.inspected("")["valid"], "a failure is not kept")

	v.mustRun(fmt.Sprintf(`globalThis.jwt = client.token();
		globalThis.client = new Client({tokenUrl: %q, clientId: 'orders', clientSecret: 's3cr3t-of-another'})`, s.base+"/token"))
	got = v.inspected("jwt")
	assert.Nil(t, got["valid"])
	assert.Equal(t, []any{
		`keys: the signature needs option "jwksUrl", the URL of the server's keys, or issuer instead of tokenUrl to discover it`,
	}, got["problems"])
	assert.Nil(t, got["clockSkew"], "this client has no token response")
	v.mustRun(fmt.Sprintf(`globalThis.client = new Client({tokenUrl: %q, jwksUrl: %q, clientId: 'orders', clientSecret: 's3cr3t-of-another'})`,
		s.base+"/token", s.base+"/jwks"))
	assert.Equal(t, true, v.inspected("jwt")["valid"])
}

func TestInspectIsStrict(t *testing.T) {
	t.Parallel()
	s := newJWTIssuer(t)
	v := newVU(t, New())
	v.mustRun(fmt.Sprintf(`globalThis.client = new Client({issuer: %q, clientId: 'orders', clientSecret: %q})`, s.base,
		testSecret))
	_, err := v.run(`client.inspect('x')`)
	assert.ErrorContains(t, err, "init context")
	v.start()
	_, err = v.run(`client.inspect()`)
	assert.ErrorContains(t, err,
		"TypeError: client.inspect(): there is no token in the cache; pass one, client.inspect(token), or call "+
			"client.token() before at inspect (native)")
	_, err = v.run(`client.inspect(7)`)
	assert.ErrorContains(t, err, "TypeError: client.inspect(token): token is a number; it must be a non-empty string")
	_, err = v.run(`new Client({tokenUrl: 'https://a', jwksUrl: 'keys.json', clientId: 'a', clientSecret: 'b'})`)
	assert.ErrorContains(t, err, `option "jwksUrl" is "keys.json"; it must be an absolute http or https URL`)
}

// All VUs of a process share the keys, and a token with a key that is not among them has them fetched
// once more, not each time.
func TestKeysAreFetchedOncePerProcess(t *testing.T) {
	t.Parallel()
	s := newJWTIssuer(t)
	root := New()
	var inspections sync.WaitGroup
	for range 4 {
		v := s.vu(t, root, "")
		v.mustRun(`client.token()`)
		inspections.Go(func() { assert.Equal(t, true, v.inspected("")["valid"]) })
	}
	inspections.Wait()
	assert.Equal(t, 1, s.asked)
}

func TestKeysAreFetchedAnewForAnUnknownOne(t *testing.T) {
	t.Parallel()
	asked := 0
	first, second := newKey(t, "k1"), newKey(t, "k2")
	document := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{first.Public()}}
	status := http.StatusOK
	s := &sender{transport: transportFunc(func(*http.Request) (*http.Response, error) {
		asked++
		body, err := json.Marshal(document)
		require.NoError(t, err)
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body))}, nil
	})}
	synctest.Test(t, func(t *testing.T) {
		source := &tokenSource{process: &process{}, opts: &options{JWKSURL: "https://idp/jwks", Timeout: time.Minute}}
		get := func(stale any) any {
			old, _ := stale.(*oauth.KeySet)
			set, err := source.keySet(t.Context(), s, old)
			if err != nil {
				return err.Error()
			}
			return set
		}
		one := get(nil)
		assert.Same(t, one, get(nil))
		assert.Same(t, one, get(one), "it is too early for another one")
		assert.Equal(t, 1, asked)

		time.Sleep(refetchEvery)
		document.Keys = append(document.Keys, second.Public())
		two := get(one)
		assert.NotSame(t, one, two)
		assert.Same(t, two, get(one), "another VU has had it fetched")
		assert.Same(t, two, get(nil))
		assert.Equal(t, 2, asked)

		time.Sleep(refetchEvery)
		status = http.StatusBadGateway
		assert.Equal(t, "https://idp/jwks: HTTP 502", get(two))
		assert.Same(t, two, get(two), "a server in trouble is left alone for a while")
		assert.Equal(t, 3, asked)
	})
}
