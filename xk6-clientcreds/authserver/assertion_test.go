package authserver

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// macSecret is long enough for every HS algorithm.
const macSecret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// assertionKeys has a key for every algorithm, made once.
var assertionKeys = sync.OnceValue(func() map[jose.SignatureAlgorithm]crypto.Signer {
	keys := make(map[jose.SignatureAlgorithm]crypto.Signer)
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	for algorithm, curve := range map[jose.SignatureAlgorithm]elliptic.Curve{
		jose.ES256: elliptic.P256(), jose.ES384: elliptic.P384(), jose.ES512: elliptic.P521(),
	} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		must(err)
		keys[algorithm] = key
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	for _, algorithm := range keyAlgorithms {
		if keys[algorithm] == nil {
			keys[algorithm] = key
		}
	}
	_, keys[jose.EdDSA], err = ed25519.GenerateKey(rand.Reader)
	must(err)
	return keys
})

// signer is a client whose assertions are verified with all assertionKeys, or its secret.
func signer() Client {
	c := Client{ID: "signer", Secret: secret.New(macSecret), Scope: "orders.read"}
	for algorithm, key := range assertionKeys() {
		c.JWKS.Keys = append(c.JWKS.Keys, jose.JSONWebKey{
			Key: key.Public(), KeyID: string(algorithm),
			Algorithm: string(algorithm),
		})
	}
	return c
}

// goodClaims are the claims of an assertion that s accepts at now.
func goodClaims(s *Server, now time.Time) map[string]any {
	return map[string]any{
		"iss": "signer", "sub": "signer", "aud": s.endpoints.Issuer, "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
}

func sign(t testing.TB, algorithm jose.SignatureAlgorithm, key any, kid string, claims map[string]any) string {
	t.Helper()
	return signWith(t, algorithm, key, kid, nil, claims)
}

// signWith is sign with further members of the header.
func signWith(t testing.TB, algorithm jose.SignatureAlgorithm, key any, kid string, header *jose.SignerOptions,
	claims map[string]any,
) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, header)
	require.NoError(t, err)
	text, err := json.Marshal(claims)
	require.NoError(t, err)
	signed, err := s.Sign(text)
	require.NoError(t, err)
	compact, err := signed.CompactSerialize()
	require.NoError(t, err)
	return compact
}

func withAssertion(jwt string, more ...string) request {
	return postBody(append(more, clientCredentials, "client_assertion="+jwt,
		"client_assertion_type="+url.QueryEscape(assertionType))...)
}

func TestAssertionsOfEveryAlgorithm(t *testing.T) {
	t.Parallel()
	s, h := offline(t, Config{Clients: []Client{signer()}})
	for _, algorithm := range keyAlgorithms {
		a := withAssertion(sign(t, algorithm, assertionKeys()[algorithm], string(algorithm),
			goodClaims(s, time.Now()))).ask(t, h)
		require.Equal(t, http.StatusOK, a.status, "%s: %s", algorithm, a.body)
		a = withAssertion(sign(t, algorithm, assertionKeys()[algorithm], "", goodClaims(s, time.Now())),
			"client_id=signer").ask(t, h)
		require.Equal(t, http.StatusOK, a.status, "%s without kid: %s", algorithm, a.body)
	}
	for _, algorithm := range secretAlgorithms {
		a := withAssertion(sign(t, algorithm, []byte(macSecret), "", goodClaims(s, time.Now()))).ask(t, h)
		require.Equal(t, http.StatusOK, a.status, "%s: %s", algorithm, a.body)
	}
	require.Equal(t, map[string]int64{"signer": int64(2*len(keyAlgorithms) + len(secretAlgorithms))},
		s.Stats().TokenRequests.ByClient)
}

// An assertion that names a certificate must name the registered one (RFC 7515
// §4.1.8), where one is registered.
func TestAssertionsThatNameACertificate(t *testing.T) {
	t.Parallel()
	own, other := clientPair(t, nil, nil), clientPair(t, nil, nil)
	with, without := Client{ID: "with", AuthMethod: "private_key_jwt"}, Client{ID: "without"}
	with.JWKS.Keys = []jose.JSONWebKey{{Key: own.Leaf.PublicKey, Certificates: []*x509.Certificate{own.Leaf}}}
	without.JWKS.Keys = []jose.JSONWebKey{{Key: own.Leaf.PublicKey}}
	s, h := offline(t, Config{Clients: []Client{with, without}})
	for _, tt := range []struct {
		client string
		header *jose.SignerOptions
		status int
	}{
		{"with", new(jose.SignerOptions).WithHeader("x5t#S256", x5t(own)), http.StatusOK},
		{"with", new(jose.SignerOptions).WithHeader("x5t#S256", x5t(other)), http.StatusUnauthorized},
		{"with", new(jose.SignerOptions).WithHeader("x5t#S256", 7), http.StatusUnauthorized},
		{"with", nil, http.StatusOK},
		{"without", new(jose.SignerOptions).WithHeader("x5t#S256", x5t(other)), http.StatusOK},
	} {
		claims := goodClaims(s, time.Now())
		claims["iss"], claims["sub"] = tt.client, tt.client
		a := withAssertion(signWith(t, jose.ES256, own.PrivateKey, "", tt.header, claims)).ask(t, h)
		require.Equal(t, tt.status, a.status, "%s: %s", tt.client, a.body)
	}
}

func TestClaimsOfAssertions(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_900_000_000, 0)
	s, h := offline(t, Config{Clients: []Client{signer(), demo}, Now: func() time.Time { return now }})
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	const without = "without"
	for _, tt := range []struct {
		claim string
		value any
		err   string // none: accepted
	}{
		{"aud", s.endpoints.Token, ""},
		{"aud", []string{"other", s.endpoints.Issuer}, ""},
		{"aud", "https://other.example", "the aud of the client assertion is neither the issuer nor the token endpoint"},
		{"aud", s.endpoints.Issuer + "/", "the aud of the client assertion is neither the issuer nor the token endpoint"},
		{"aud", without, "the client assertion has no aud"},
		{"aud", 7, "the claims of the client assertion are malformed"},
		{"iss", "nobody", "the iss of the client assertion is not a known client"},
		{"iss", without, "the iss of the client assertion is not a known client"},
		{"iss", "demo", "the client has no keys to verify the client assertion with"},
		{"sub", "demo", "the sub of the client assertion is not its iss"},
		{"sub", without, "the sub of the client assertion is not its iss"},
		{"exp", at(time.Second), ""},
		{"exp", at(0), "the client assertion has expired"},
		{"exp", at(time.Hour), ""},
		{"exp", at(time.Hour + time.Minute), "the exp of the client assertion is more than an hour away"},
		{"exp", without, "the client assertion has no exp"},
		{"nbf", at(10 * time.Second), ""},
		{"nbf", at(11 * time.Second), "the nbf of the client assertion is in the future"},
		{"iat", at(11 * time.Second), "the iat of the client assertion is in the future"},
		{"iat", without, ""},
		{"jti", without, "the client assertion has no jti"},
		{"jti", strings.Repeat("x", 257), "the jti of the client assertion is longer than 256 bytes"},
		{"jti", strings.Repeat("x", 256), ""},
	} {
		claims := goodClaims(s, now)
		claims[tt.claim] = tt.value
		if tt.value == without {
			delete(claims, tt.claim)
		}
		a := withAssertion(sign(t, jose.ES256, assertionKeys()[jose.ES256], "ES256", claims)).ask(t, h)
		if tt.err == "" {
			require.Equal(t, http.StatusOK, a.status, "%v: %s", tt, a.body)
			continue
		}
		require.Equal(t, http.StatusUnauthorized, a.status, "%v: %s", tt, a.body)
		require.Equal(t, "invalid_client", a.member(t, "error"))
		require.Equal(t, tt.err, a.member(t, "error_description"))
	}
}

func TestWrongAssertions(t *testing.T) {
	t.Parallel()
	keyless := Client{ID: "secret-only", Secret: secret.New(macSecret)}
	onlyKeys := Client{ID: "keys-only", JWKS: signer().JWKS, AuthMethod: "private_key_jwt"}
	s, h := offline(t, Config{Clients: []Client{signer(), keyless, onlyKeys, demo}})
	of := func(id string) map[string]any {
		claims := goodClaims(s, time.Now())
		maps.Copy(claims, map[string]any{"iss": id, "sub": id})
		return claims
	}
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	ec := assertionKeys()[jose.ES256]
	good := sign(t, jose.ES256, ec, "ES256", of("signer"))
	none := "eyJhbGciOiJub25lIn0.e30."
	jwtType := "client_assertion_type=" + url.QueryEscape(assertionType)
	for name, tt := range map[string]struct {
		q           request
		err         string
		description string
	}{
		"another key": {
			withAssertion(sign(t, jose.ES256, stranger, "ES256", of("signer"))),
			"invalid_client", "the signature of the client assertion is wrong",
		},
		"another secret": {withAssertion(sign(t, jose.HS256, []byte(strings.Repeat("x", 64)), "",
			of("signer"))), "invalid_client", "the signature of the client assertion is wrong"},
		"an unknown kid": {
			withAssertion(sign(t, jose.ES256, ec, "other", of("signer"))), "invalid_client",
			"the client has no key with the kid, alg and x5t#S256 of the client assertion",
		},
		"the kid of another algorithm": {
			withAssertion(sign(t, jose.ES256, ec, "RS256", of("signer"))), "invalid_client",
			"the client has no key with the kid, alg and x5t#S256 of the client assertion",
		},
		"alg none": {
			withAssertion(none), "invalid_client",
			"the algorithm of the client assertion is not supported",
		},
		"no JWT": {
			withAssertion("abc"), "invalid_client",
			"the client assertion is not a signed JWT in compact serialization",
		},
		"no keys": {
			withAssertion(sign(t, jose.ES256, ec, "", of("secret-only"))), "invalid_client",
			"the client has no keys to verify the client assertion with",
		},
		"no secret": {
			withAssertion(sign(t, jose.HS256, []byte(macSecret), "", of("keys-only"))),
			"invalid_client", "the client has no secret to verify the client assertion with",
		},
		"an empty secret by Basic": {
			post("/token", Client{ID: "keys-only"}, clientCredentials), "invalid_client",
			"client authentication failed",
		},
		"the client_id of another": {
			withAssertion(good, "client_id=demo"), "invalid_request",
			"client_id is not the client that authenticated",
		},
		"a secret as well": {
			withAssertion(good, "client_id=signer", "client_secret="+macSecret),
			"invalid_request", "the request uses more than one client authentication method",
		},
		"no assertion": {
			postBody(clientCredentials, jwtType), "invalid_request",
			"client_assertion is missing",
		},
		"no type": {
			postBody(clientCredentials, "client_assertion="+good), "invalid_request",
			"client_assertion_type is missing",
		},
		"SAML": {
			postBody(clientCredentials, "client_assertion="+good,
				"client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Asaml2-bearer"), "invalid_client",
			"client_assertion_type must be " + assertionType,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := tt.q.ask(t, h)
			require.Equal(t, tt.err, a.member(t, "error"))
			require.Equal(t, tt.description, a.member(t, "error_description"))
		})
	}
	t.Run("a method that the client may not use", func(t *testing.T) {
		t.Parallel()
		c := signer()
		c.AuthMethod = "private_key_jwt"
		s, h := offline(t, Config{Clients: []Client{c}})
		a := withAssertion(sign(t, jose.HS256, []byte(macSecret), "", goodClaims(s, time.Now()))).ask(t, h)
		require.Equal(t, "the client may not use this authentication method", a.member(t, "error_description"))
	})
}

func TestAssertionsCountOnce(t *testing.T) {
	t.Parallel()
	other := signer()
	other.ID = "other"
	s, h := offline(t, Config{Clients: []Client{signer(), other}})
	claims := goodClaims(s, time.Now())
	key := assertionKeys()[jose.EdDSA]
	require.Equal(t, http.StatusOK, withAssertion(sign(t, jose.EdDSA, key, "", claims)).ask(t, h).status)
	a := withAssertion(sign(t, jose.EdDSA, key, "", claims)).ask(t, h)
	require.Equal(t, "the client assertion was used before", a.member(t, "error_description"))
	claims["iss"], claims["sub"] = "other", "other"
	require.Equal(t, http.StatusOK, withAssertion(sign(t, jose.EdDSA, key, "", claims)).ask(t, h).status,
		"a jti is the client's own")
}

func TestReplaysAreBounded(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_900_000_000, 0)
	r := newReplays(2)
	add := func(jti string, life time.Duration) *oauthError { return r.add("c", jti, now.Add(life), now) }
	require.Nil(t, add("a", time.Minute))
	require.Nil(t, add("b", 3*time.Minute))
	require.Same(t, errReplaysFull, add("c", time.Minute))
	now = now.Add(time.Minute) // a has expired, b has not
	require.Same(t, errAssertionReplayed, add("b", time.Minute))
	now = now.Add(2 * time.Minute) // b has as well
	require.Nil(t, add("c", time.Minute))
	require.Nil(t, add("b", time.Minute))
	now = now.Add(24 * time.Hour)
	require.Nil(t, add("d", time.Minute))
	require.Same(t, errAssertionReplayed, add("d", time.Minute))
	require.LessOrEqual(t, len(r.young)+len(r.old), 2)
}

// However long the run: an assertion is refused a second time until it expires, and forgotten
// soon after.
func TestReplaysAreRememberedUntilTheyExpire(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_900_000_000, 0)
	r := newReplays(1000)
	jti := strconv.Itoa
	for n := range 2000 {
		now = now.Add(time.Second)
		require.Nil(t, r.add("c", jti(n), now.Add(time.Minute), now))
		for _, age := range []int{0, 1, 30, 59} {
			if n >= age {
				made := now.Add(-time.Duration(age) * time.Second)
				require.Same(t, errAssertionReplayed, r.add("c", jti(n-age), made.Add(time.Minute), now), "%d s old", age)
			}
		}
		require.Less(t, len(r.young)+len(r.old), 200)
	}
}

func TestKeysOfClients(t *testing.T) {
	t.Parallel()
	ec := assertionKeys()[jose.ES256]
	with := func(key jose.JSONWebKey) Client {
		return Client{ID: "a", JWKS: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key}}}
	}
	for message, c := range map[string]Client{
		`client "a": key number 1 of the JWK set is not a public RSA, EC or Ed25519 key`: with(jose.JSONWebKey{Key: ec}),
		`client "a": key number 1 of the JWK set has the use "enc"; it must be sig`: with(
			jose.JSONWebKey{Key: ec.Public(), Use: "enc"}),
		`client "a": private_key_jwt needs a JWK set with the client's keys`: {
			ID: "a", Secret: secret.New(macSecret),
			AuthMethod: "private_key_jwt",
		},
		`client "a": client_secret_post needs a secret`: {
			ID:   "a",
			JWKS: with(jose.JSONWebKey{Key: ec.Public()}).JWKS, AuthMethod: "client_secret_post",
		},
		`client "a": client_secret_jwt needs a secret of 32 bytes or more (RFC 7518 §3.2)`: {
			ID: "a", Secret: secret.New(macSecret[:31]),
			AuthMethod: "client_secret_jwt",
		},
	} {
		_, err := New(Config{Clients: []Client{c}})
		require.EqualError(t, err, "authserver: Clients: "+message)
	}
	_, err := New(Config{Clients: []Client{with(jose.JSONWebKey{Key: ec.Public(), Algorithm: "HS256"})}})
	require.ErrorContains(t, err, `has the algorithm "HS256"; it must be one of [RS256`)
}

func FuzzAssertion(f *testing.F) {
	s, h := offline(f, Config{Clients: []Client{signer()}})
	f.Add(sign(f, jose.ES256, assertionKeys()[jose.ES256], "ES256", goodClaims(s, time.Now().Add(-time.Hour))))
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, jwt string) {
		a := withAssertion(url.QueryEscape(jwt)).ask(t, h)
		require.GreaterOrEqual(t, a.status, 400, a.body)
		require.Less(t, a.status, 500, a.body)
	})
}
