package oauth

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const testIssuer = "https://idp.example.com"

// issuerKey is a key of an authorization server.
func issuerKey(t testing.TB, algorithm, id string) jose.JSONWebKey {
	t.Helper()
	var key any
	var err error
	switch algorithm[:2] {
	case "RS", "PS":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case "Ed":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		key, err = ecdsa.GenerateKey(map[string]elliptic.Curve{
			"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521(),
		}[algorithm], rand.Reader)
	}
	require.NoError(t, err)
	return jose.JSONWebKey{Key: key, KeyID: id, Algorithm: algorithm, Use: "sig"}
}

// goodClaims are the claims of a token without problems.
func goodClaims() map[string]any {
	now := time.Now().Unix()
	return map[string]any{
		"iss": testIssuer, "sub": testID, "client_id": testID, "aud": "https://api.example.com",
		"iat": now, "exp": now + 300, "jti": "1", "scope": "orders.read",
	}
}

func goodExpectation() Expected {
	return Expected{
		Issuer: testIssuer, ClientID: testID, Audience: []string{"https://api.example.com"},
		ExpiresIn: 5 * time.Minute, Scope: []string{"orders.read"},
	}
}

// accessToken is a JWT by key, of type at+jwt unless header says otherwise.
func accessToken(t testing.TB, key jose.JSONWebKey, claims map[string]any, header ...string) string {
	t.Helper()
	options := new(jose.SignerOptions).WithType("at+jwt")
	for i := 0; i+1 < len(header); i += 2 {
		options.WithHeader(jose.HeaderKey(header[i]), header[i+1])
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(key.Algorithm), Key: key}, options)
	require.NoError(t, err)
	payload, err := json.Marshal(claims)
	require.NoError(t, err)
	signed, err := signer.Sign(payload)
	require.NoError(t, err)
	token, err := signed.CompactSerialize()
	require.NoError(t, err)
	return token
}

// published is the document with the public keys of these.
func published(t testing.TB, keys ...jose.JSONWebKey) string {
	t.Helper()
	set := jose.JSONWebKeySet{}
	for _, key := range keys {
		set.Keys = append(set.Keys, key.Public())
	}
	text, err := json.Marshal(set)
	require.NoError(t, err)
	return string(text)
}

// having are the key sets that a server has one after the other.
func having(t testing.TB, documents ...string) Keys {
	t.Helper()
	return func(stale *KeySet) (*KeySet, error) {
		if stale != nil && len(documents) > 1 {
			documents = documents[1:]
		} else if stale != nil {
			return stale, nil
		}
		set, err := parseKeySet([]byte(documents[0]))
		require.NoError(t, err)
		return set, nil
	}
}

func TestValidTokens(t *testing.T) {
	t.Parallel()
	for _, algorithm := range KeyAlgorithms {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			key, other := issuerKey(t, algorithm, "k1"), issuerKey(t, "ES256", "k0")
			token := accessToken(t, key, goodClaims())
			j := ParseJWT(token)
			require.NotNil(t, j)
			validity, problems := j.Validate(having(t, published(t, other, key)), goodExpectation())
			assert.Empty(t, problems)
			assert.Equal(t, Valid, validity)

			parts := strings.Split(token, ".")
			claims := goodClaims()
			claims["scope"] = "orders.read admin"
			forged, err := json.Marshal(claims)
			require.NoError(t, err)
			parts[1] = base64.RawURLEncoding.EncodeToString(forged)
			want := goodExpectation()
			want.Scope = nil
			validity, problems = ParseJWT(strings.Join(parts, ".")).Validate(having(t, published(t, other, key)), want)
			assert.Equal(t, []string{"signature: signature verification failed: the token was modified or issued by another " +
				"server"}, problems)
			assert.Equal(t, Invalid, validity)
		})
	}
}

// Each wrong claim is one problem, and makes the token invalid although its signature is right.
func TestInvalidTokens(t *testing.T) {
	t.Parallel()
	key := issuerKey(t, "ES256", "k1")
	now := time.Now().Unix()
	for name, c := range map[string]struct {
		claim   string
		value   any // nil: left out
		problem string
	}{
		"no issuer":          {"iss", nil, `iss: is missing (RFC 9068 §2.2)`},
		"issuer is a number": {"iss", 7, `iss: has a value of the wrong type`},
		"another issuer": {
			"iss", testIssuer + "/",
			`iss: is "https://idp.example.com/", not "https://idp.example.com"`,
		},
		"no audience":            {"aud", nil, `aud: is missing (RFC 9068 §2.2)`},
		"another audience":       {"aud", "https://other", `aud: is "https://other", without "https://api.example.com"`},
		"other audiences":        {"aud", []string{"a", "b"}, `aud: is "a b", without "https://api.example.com"`},
		"no client":              {"client_id", nil, `client_id: is missing (RFC 9068 §2.2)`},
		"another client":         {"client_id", "other", `client_id: is "other", not "s6BhdRkqt3"`},
		"no subject":             {"sub", nil, `sub: is missing (RFC 9068 §2.2)`},
		"no identifier":          {"jti", nil, `jti: is missing (RFC 9068 §2.2)`},
		"no expiry":              {"exp", nil, `exp: is missing (RFC 9068 §2.2)`},
		"expiry is text":         {"exp", "soon", `exp: has a value of the wrong type`},
		"expiry is beyond dates": {"exp", 1e300, `exp: has a value of the wrong type`},
		"no time of issue":       {"iat", nil, `iat: is missing (RFC 9068 §2.2)`},
		"from the future":        {"iat", now + 60, `iat: the token was issued 1m0s in the future of this machine's clock`},
		"not yet valid":          {"nbf", now + 3600, `nbf: the token is not valid for another 1h0m0s`},
		"nbf is text":            {"nbf", "now", `nbf: has a value of the wrong type`},
		"another scope": {
			"scope", "orders.write",
			`scope: is "orders.write", but the token response said "orders.read"`,
		},
	} {
		claims := goodClaims()
		if claims[c.claim] = c.value; c.value == nil {
			delete(claims, c.claim)
		}
		want := goodExpectation()
		want.ExpiresIn = 0
		validity, problems := ParseJWT(accessToken(t, key, claims)).Validate(having(t, published(t, key)), want)
		require.Len(t, problems, 1, name)
		if strings.Contains(c.problem, " in the future ") || strings.Contains(c.problem, " another ") {
			assert.Equal(t, c.problem[:20], problems[0][:20], name) // the clock goes on
		} else {
			assert.Equal(t, c.problem, problems[0], name)
		}
		assert.Equal(t, Invalid, validity, name)
	}
}

func TestTimesHaveALeeway(t *testing.T) {
	t.Parallel()
	key := issuerKey(t, "ES256", "k1")
	keys := having(t, published(t, key))
	for name, c := range map[string]struct {
		iat, exp, nbf time.Duration // from now
		problem       string
	}{
		"just expired":            {-time.Minute, -time.Second, -time.Minute, ""},
		"expired":                 {-time.Minute, -10 * time.Second, -time.Minute, "exp"},
		"issued in a moment":      {time.Second, time.Hour, time.Second, ""},
		"issued in a few moments": {10 * time.Second, time.Hour, 0, "iat"},
		"valid in a few moments":  {0, time.Hour, 10 * time.Second, "nbf"},
	} {
		synctest.Test(t, func(t *testing.T) {
			claims, want := goodClaims(), goodExpectation()
			want.ExpiresIn = 0
			for claim, d := range map[string]time.Duration{"iat": c.iat, "exp": c.exp, "nbf": c.nbf} {
				claims[claim] = float64(time.Now().Add(d).UnixMilli()) / 1000
			}
			_, problems := ParseJWT(accessToken(t, key, claims)).Validate(keys, want)
			if c.problem == "" {
				assert.Empty(t, problems, name)
				return
			}
			require.Len(t, problems, 1, name)
			assert.True(t, strings.HasPrefix(problems[0], c.problem+": "), "%s: %s", name, problems[0])
		})
	}
}

// A token that ends before expires_in says is used when it is dead.
func TestLifetimeIsComparedWithExpiresIn(t *testing.T) {
	t.Parallel()
	key := issuerKey(t, "ES256", "k1")
	for expiresIn, problem := range map[time.Duration][]string{
		time.Hour:                     {"exp: the token lives for 5m0s, but expires_in said 1h0m0s"},
		5*time.Minute + 2*time.Second: {"exp: the token lives for 5m0s, but expires_in said 5m2s"},
		5*time.Minute + time.Second:   nil, // servers round
		time.Minute:                   nil, // the shorter promise is kept
		0:                             nil,
	} {
		want := goodExpectation()
		want.ExpiresIn = expiresIn
		_, problems := ParseJWT(accessToken(t, key, goodClaims())).Validate(having(t, published(t, key)), want)
		assert.Equal(t, problem, problems, expiresIn)
	}

	claims := goodClaims()
	claims["exp"] = time.Now().Unix() - 10
	want := goodExpectation()
	want.ExpiresIn = 0
	_, problems := ParseJWT(accessToken(t, key, claims)).Validate(having(t, published(t, key)), want)
	for _, problem := range problems {
		assert.NotContains(t, problem, "expires_in", "which the response did not have")
	}
}

// A NumericDate may have a fraction, and is not a date when it is far from now.
func TestNumericDates(t *testing.T) {
	t.Parallel()
	key := issuerKey(t, "ES256", "k1")
	for text, want := range map[string]time.Time{
		"1.5": time.Unix(1, 5e8), "-1.5": time.Unix(-1, -5e8), "0": time.Unix(0, 0), "100000000000": time.Unix(1e11, 0),
		"100000000001": {}, "-100000000001": {}, `"1"`: {}, "null": {},
	} {
		got, ok := ParseJWT(accessToken(t, key, map[string]any{"exp": json.RawMessage(text)})).Time("exp")
		assert.Equal(t, !want.IsZero(), ok, text)
		assert.True(t, want.Equal(got), text)
	}
}

// A key set may have many keys that fit, of which the first ones are tried.
func TestKeysThatAreTried(t *testing.T) {
	t.Parallel()
	right := issuerKey(t, "ES256", "")
	token := accessToken(t, right, goodClaims())
	fitting := make([]jose.JSONWebKey, maxTried)
	for i := range fitting {
		fitting[i] = issuerKey(t, "ES256", "")
	}
	others := make([]jose.JSONWebKey, maxTried)
	for i := range others {
		others[i] = issuerKey(t, "ES384", "")
	}
	for name, c := range map[string]struct {
		keys []jose.JSONWebKey
		want Validity
	}{
		"the last that is tried":         {append(fitting[:maxTried-1:maxTried-1], right), Valid},
		"one too many":                   {append(fitting[:maxTried:maxTried], right), Invalid},
		"after keys of other algorithms": {append(others[:maxTried:maxTried], right), Valid},
	} {
		validity, problems := ParseJWT(token).Validate(having(t, published(t, c.keys...)), goodExpectation())
		assert.Equal(t, c.want, validity, "%s: %s", name, problems)
	}
}

func TestKeyThatFits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		keyID, algorithm, wantedID, wantedAlgorithm string
		fits                                        bool
	}{
		{"k1", "ES256", "k1", "ES256", true},
		{"", "ES256", "k1", "ES256", true},
		{"k1", "ES256", "", "ES256", true},
		{"k1", "", "k1", "ES256", true},
		{"", "", "", "ES256", true},
		{"k2", "ES256", "k1", "ES256", false},
		{"k1", "ES384", "k1", "ES256", false},
		{"", "ES384", "k1", "ES256", false},
		{"k2", "", "k1", "ES256", false},
	} {
		key := &jose.JSONWebKey{KeyID: c.keyID, Algorithm: c.algorithm}
		assert.Equal(t, c.fits, fits(key, c.wantedAlgorithm, c.wantedID), "%+v", c)
	}
}

// A token that says it is another kind, or that everybody could have signed, is not an access token.
func TestHeadersThatAreNotThoseOfAccessTokens(t *testing.T) {
	t.Parallel()
	key := issuerKey(t, "ES256", "k1")
	keys := having(t, published(t, key))
	good := strings.Split(accessToken(t, key, goodClaims()), ".")
	with := func(header string, signature string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + good[1] + "." + signature
	}
	secret := jose.JSONWebKey{Key: []byte(strings.Repeat("k", 32)), Algorithm: "HS256", KeyID: "k1"}
	for name, c := range map[string]struct{ token, problem string }{
		"ID token": {accessToken(t, key, goodClaims(), "typ", "JWT"), `typ: is "JWT", not at+jwt (RFC 9068 §2.1)`},
		"no type":  {with(`{"alg":"ES256"}`, good[2]), `typ: is "", not at+jwt (RFC 9068 §2.1)`},
		"unsigned": {
			with(`{"alg":"none","typ":"at+jwt"}`, ""),
			`alg: is "none"; it must be one of ` + strings.Join(KeyAlgorithms, ", "),
		},
		"unsigned, written": {
			with(`{"alg":"NoNe","typ":"at+jwt"}`, ""),
			`alg: is "NoNe"; it must be one of ` + strings.Join(KeyAlgorithms, ", "),
		},
		"MAC": {
			accessToken(t, secret, goodClaims()),
			`alg: is "HS256"; it must be one of ` + strings.Join(KeyAlgorithms, ", "),
		},
		"no signature": {with(`{"alg":"ES256","typ":"at+jwt"}`, ""), `signature: `},
		"critical header": {
			with(`{"alg":"ES256","typ":"at+jwt","kid":"k1","crit":["x"],"x":1}`, good[2]), `signature: `,
		},
	} {
		j := ParseJWT(c.token)
		require.NotNil(t, j, name)
		validity, problems := j.Validate(keys, goodExpectation())
		require.NotEmpty(t, problems, name)
		assert.True(t, strings.HasPrefix(problems[0], c.problem), "%s: %s", name, problems[0])
		assert.Equal(t, Invalid, validity, name)
	}
	validity, problems := ParseJWT(accessToken(t, key, goodClaims(), "typ", "application/AT+JWT")).Validate(keys,
		goodExpectation())
	assert.Equal(t, Valid, validity, problems)
}

// The key set of a server that has changed its keys is asked for once more, and not again.
func TestKeysAreAskedForAgainOnce(t *testing.T) {
	t.Parallel()
	old, current := issuerKey(t, "ES256", "k1"), issuerKey(t, "ES256", "k2")
	nameless := issuerKey(t, "ES256", "")
	for name, c := range map[string]struct {
		key       jose.JSONWebKey
		documents []string
		asked     int
		validity  Validity
		problem   string
	}{
		"the key is there": {current, []string{published(t, old, current)}, 1, Valid, ""},
		"the key is new":   {current, []string{published(t, old), published(t, current)}, 2, Valid, ""},
		"the key is unknown": {
			current,
			[]string{published(t, old), published(t, old)},
			2, Invalid,
			`signature: the server has no key "k2"`,
		},
		"no newer set": {
			current,
			[]string{published(t, old)},
			2, Invalid,
			`signature: the server has no key "k2"`,
		},
		"no key identifiers":      {nameless, []string{published(t, old, nameless)}, 1, Valid, ""},
		"no key identifiers, new": {nameless, []string{published(t, old), published(t, nameless)}, 2, Valid, ""},
		"the set names no keys": {
			current,
			[]string{strings.ReplaceAll(published(t, current), `"kid":"k2",`, "")},
			1,
			Valid, "",
		},
		"another key of that name": {
			current,
			[]string{strings.ReplaceAll(published(t, old), `"kid":"k1"`, `"kid":"k2"`)},
			1, Invalid, `signature: signature verification failed`,
		},
		"no key identifiers, nobody": {
			nameless,
			[]string{published(t, old)},
			2, Invalid,
			`signature: none of the server's keys has made it`,
		},
	} {
		next, asked := having(t, c.documents...), 0
		keys := func(stale *KeySet) (*KeySet, error) { asked++; return next(stale) }
		validity, problems := ParseJWT(accessToken(t, c.key, goodClaims())).Validate(keys, goodExpectation())
		assert.Equal(t, c.validity, validity, "%s: %s", name, problems)
		assert.Equal(t, c.asked, asked, name)
		if c.problem != "" {
			require.Len(t, problems, 1, name)
			assert.True(t, strings.HasPrefix(problems[0], c.problem), "%s: %s", name, problems[0])
		}
	}
}

// Without keys nothing is known of a token, unless it is wrong without them.
func TestNoKeys(t *testing.T) {
	t.Parallel()
	key := issuerKey(t, "ES256", "k1")
	none := func(*KeySet) (*KeySet, error) { return nil, errors.New("HTTP 503") }
	validity, problems := ParseJWT(accessToken(t, key, goodClaims())).Validate(none, goodExpectation())
	assert.Equal(t, Unknown, validity)
	assert.Equal(t, []string{"keys: HTTP 503"}, problems)

	claims := goodClaims()
	claims["iss"] = "https://evil.example.com"
	validity, problems = ParseJWT(accessToken(t, key, claims)).Validate(none, goodExpectation())
	assert.Equal(t, Invalid, validity)
	assert.Len(t, problems, 2)

	gone := func(stale *KeySet) (*KeySet, error) {
		if stale != nil {
			return nil, errors.New("HTTP 503")
		}
		return having(t, published(t, issuerKey(t, "ES256", "k0")))(nil)
	}
	validity, problems = ParseJWT(accessToken(t, key, goodClaims())).Validate(gone, goodExpectation())
	assert.Equal(t, Unknown, validity)
	assert.Equal(t, []string{"keys: HTTP 503"}, problems)
}

func TestOpaqueTokensAreNoJWTs(t *testing.T) {
	t.Parallel()
	key := issuerKey(t, "ES256", "k1")
	good := accessToken(t, key, goodClaims())
	parts := strings.Split(good, ".")
	object := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for name, token := range map[string]string{
		"opaque":           "2YotnFZFEjr1zCsicMWpAA",
		"empty":            "",
		"dots":             "a.b.c",
		"JWE":              good + ".x.y",
		"header no object": object("null") + "." + parts[1] + "." + parts[2],
		"claims no object": parts[0] + "." + object("[]") + "." + parts[2],
		"no alg":           object(`{"typ":"at+jwt"}`) + "." + parts[1] + "." + parts[2],
		"out of range":     parts[0] + "." + object(`{"exp":1e400}`) + "." + parts[2],
		"padded":           parts[0] + "==." + parts[1] + "." + parts[2],
	} {
		assert.Nil(t, ParseJWT(token), name)
	}
	j := ParseJWT(good)
	require.NotNil(t, j)
	life, ok := j.Lifetime()
	assert.True(t, ok)
	assert.Equal(t, 5*time.Minute, life)
	var claims map[string]any
	require.NoError(t, json.Unmarshal(j.Claims, &claims))
	assert.Equal(t, testIssuer, claims["iss"])
	assert.JSONEq(t, `{"alg":"ES256","kid":"k1","typ":"at+jwt"}`, string(j.Header))
}

func TestWhenATokenBeginsToBeValid(t *testing.T) {
	t.Parallel()
	for claims, want := range map[string]int64{
		`{}`: 0, `{"nbf":20,"iat":10}`: 20, `{"nbf":10,"iat":20}`: 20,
		`{"iat":30}`: 30, `{"nbf":"soon"}`: 0,
	} {
		j := ParseJWT("eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln")
		require.NotNil(t, j)
		from, known := j.ValidFrom()
		assert.Equal(t, want != 0, known, claims)
		if known {
			assert.Equal(t, want, from.Unix(), claims)
		}
	}
}

func TestScopeOfTokens(t *testing.T) {
	t.Parallel()
	key := issuerKey(t, "ES256", "k1")
	for name, c := range map[string]struct {
		claims map[string]any
		want   []string
	}{
		"a string":      {map[string]any{"scope": "a b"}, []string{"a", "b"}},
		"an array":      {map[string]any{"scope": []string{"a", "b"}}, []string{"a", "b"}},
		"scp":           {map[string]any{"scp": "a"}, []string{"a"}},
		"scope wins":    {map[string]any{"scope": "a", "scp": "b"}, []string{"a"}},
		"none":          {map[string]any{}, nil},
		"a number":      {map[string]any{"scope": 7}, nil},
		"an empty text": {map[string]any{"scope": ""}, nil},
	} {
		got, ok := ParseJWT(accessToken(t, key, c.claims)).Scope()
		assert.Equal(t, c.want, got, name)
		assert.Equal(t, c.want != nil, ok, name)
	}
	missing, extra := ScopeDifference([]string{"a", "b"}, []string{"c", "a"})
	assert.Equal(t, []string{"b"}, missing)
	assert.Equal(t, []string{"c"}, extra)
}

func TestFetchKeySet(t *testing.T) {
	t.Parallel()
	const address = "https://idp.example.com/jwks?tenant=secret"
	key := issuerKey(t, "ES256", "k1")
	encryption := issuerKey(t, "ES256", "k2")
	encryption.Use = "enc"
	mixed := strings.Replace(published(t, encryption, key), `{"keys":[`,
		`{"keys":[{"kty":"oct","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"},{"kty":"XYZ"},7,`, 1)
	var asked *http.Request
	set, err := FetchKeySet(context.Background(), func(r *http.Request) (*http.Response, error) {
		asked = r
		return answer(200, "application/jwk-set+json", mixed), nil
	}, address)
	require.NoError(t, err)
	require.Len(t, set.keys, 1, "what is no key for signatures is left out")
	assert.Equal(t, "k1", set.keys[0].KeyID)
	assert.True(t, set.keys[0].IsPublic())
	assert.Equal(t, []string{http.MethodGet, address}, []string{asked.Method, asked.URL.String()})

	for name, c := range map[string]struct {
		status  int
		body    string
		problem string
	}{
		"no document":  {404, "", "HTTP 404"},
		"no JSON":      {200, "<html>", "the answer is not a JWK set (RFC 7517 §5)"},
		"no keys":      {200, `{}`, "the answer is not a JWK set (RFC 7517 §5)"},
		"an empty set": {200, `{"keys":[]}`, "the JWK set has no key for signatures"},
		"a key that is none": {
			200, `{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}`,
			"the JWK set has no key for signatures",
		},
		"too large": {200, `{"keys":[` + strings.Repeat(" ", maxBody) + `]}`, "the answer is larger than 1 MiB"},
	} {
		_, err := FetchKeySet(context.Background(), always(c.status, typeJSON, c.body), address)
		assert.EqualError(t, err, "https://idp.example.com/jwks…: "+c.problem, name)
	}
	_, err = FetchKeySet(context.Background(), nil, "ftp://x")
	assert.ErrorContains(t, err, `key set URL is "ftp://x"`)
}

func TestKeySetOfMetadata(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		metadata Metadata
		problem  string
	}{
		"there":            {Metadata{Issuer: testIssuer, JWKSURI: testIssuer + "/jwks"}, ""},
		"of a test server": {Metadata{Issuer: "http://127.0.0.1:8089", JWKSURI: "http://127.0.0.1:8089/jwks"}, ""},
		"missing":          {Metadata{Issuer: testIssuer}, "the metadata of the issuer has no jwks_uri"},
		"in the clear": {
			Metadata{Issuer: testIssuer, JWKSURI: "http://idp.example.com/jwks"},
			"the metadata of an https issuer has an http jwks_uri, whose keys anybody on the way could change",
		},
	} {
		address, err := c.metadata.KeySetURL()
		if c.problem == "" {
			require.NoError(t, err, name)
			assert.Equal(t, c.metadata.JWKSURI, address)
			continue
		}
		assert.EqualError(t, err, c.problem, name)
	}
}

// The problems are for people, and show nothing that a terminal would obey.
func FuzzAccessToken(f *testing.F) {
	key := issuerKey(f, "ES256", "k1")
	document := published(f, key)
	good := accessToken(f, key, goodClaims())
	f.Add(good, document)
	f.Add("a.b.c", `{"keys":[]}`)
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"\u001b[2J"}`))+".e30.", document)
	f.Add(good, `{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}`)
	names := strings.Fields("typ alg signature keys iss aud client_id sub jti exp iat nbf scope")
	f.Fuzz(func(t *testing.T, token, document string) {
		set, err := parseKeySet([]byte(document))
		if err == nil {
			assert.NotEmpty(t, set.keys)
			for _, key := range set.keys {
				assert.True(t, key.IsPublic())
			}
		}
		j := ParseJWT(token)
		if j == nil {
			return
		}
		assert.True(t, json.Valid(j.Header) && json.Valid(j.Claims))
		validity, problems := j.Validate(func(*KeySet) (*KeySet, error) { return set, err }, goodExpectation())
		assert.Equal(t, len(problems) == 0, validity == Valid, problems)
		for _, problem := range problems {
			name, _, found := strings.Cut(problem, ": ")
			assert.True(t, found && slices.Contains(names, name), problem)
			assert.False(t, strings.ContainsAny(problem, "\x1b\n\r"), "%q", problem)
		}
	})
}
