package authserver

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// The URLs of the offline server by the name that httptest gives it.
const (
	offlineToken = "http://example.com/token"
	offlineAPI   = "http://example.com/api/orders"
)

// holder is a client with a key for proofs.
type holder struct {
	key       crypto.Signer
	algorithm jose.SignatureAlgorithm
	header    map[jose.HeaderKey]any // further members of proofs
	now       func() time.Time
}

func newHolder(now func() time.Time) *holder {
	return &holder{key: assertionKeys()[jose.ES256], algorithm: jose.ES256, now: now}
}

// thumbprint is the jkt of the key.
func (h *holder) thumbprint(t testing.TB) string {
	t.Helper()
	sum, err := (&jose.JSONWebKey{Key: h.key.Public()}).Thumbprint(crypto.SHA256)
	require.NoError(t, err)
	return base64.RawURLEncoding.EncodeToString(sum)
}

// proof makes a proof, to which change adds members or, by nil, from which it removes them.
func (h *holder) proof(t testing.TB, method, target, token string, change map[string]any) string {
	t.Helper()
	claims := map[string]any{"jti": rand.Text(), "htm": method, "htu": target, "iat": h.now().Unix()}
	if token != "" {
		sum := sha256.Sum256([]byte(token))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	maps.Copy(claims, change)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	payload, err := json.Marshal(claims)
	require.NoError(t, err)
	options := (&jose.SignerOptions{EmbedJWK: true}).WithType(proofType)
	maps.Copy(options.ExtraHeaders, h.header)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: h.algorithm, Key: h.key}, options)
	require.NoError(t, err)
	signed, err := signer.Sign(payload)
	require.NoError(t, err)
	proof, err := signed.CompactSerialize()
	require.NoError(t, err)
	return proof
}

// forge makes a JWT with that header and a signature that is none.
func forge(header string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(header)) + "." + encode([]byte(`{}`)) + "." + encode([]byte("signature"))
}

// tokenWith asks for a token with a proof.
func tokenWith(proof ...string) request {
	q := post("/token", demo, "grant_type=client_credentials")
	q.header[headerProof] = proof
	return q
}

// apiWith asks the API with a token and a proof.
func apiWith(scheme, token string, proof ...string) request {
	q := get("/api/orders", "")
	q.header.Set("Authorization", scheme+" "+token)
	q.header[headerProof] = proof
	return q
}

// boundToken gets a token that is bound to the holder's key.
func (h *holder) boundToken(t testing.TB, handler http.Handler) string {
	t.Helper()
	a := tokenWith(h.proof(t, "POST", offlineToken, "", nil)).ask(t, handler)
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.Equal(t, "DPoP", a.member(t, "token_type"))
	return a.member(t, "access_token")
}

func TestBoundTokenNeedsItsKey(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{"opaque": {}, "JWT": {TokenFormat: JWT}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			cfg.Now = clock.now
			s, handler := offline(t, cfg)
			h, thief := newHolder(clock.now), newHolder(clock.now)
			thief.key = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
			token := h.boundToken(t, handler)
			require.Equal(t, http.StatusOK, apiWith("DPoP", token, h.proof(t, "GET", offlineAPI, token, nil)).ask(t,
				handler).status)
			require.Equal(t, http.StatusOK, apiWith("dpop", token, h.proof(t, "GET", offlineAPI, token, nil)).ask(t,
				handler).status)

			bearer := issue(t, handler)
			for what, tc := range map[string]struct {
				request     request
				code        string
				description string
			}{
				"stolen, as a bearer token": {
					apiWith("Bearer", token), "invalid_token",
					"the access token is bound to a key: it needs the scheme DPoP and a proof",
				},
				"stolen, with the proof left out": {
					apiWith("DPoP", token), "invalid_dpop_proof", "the request has no DPoP proof",
				},
				"stolen, with another key": {
					apiWith("DPoP", token, thief.proof(t, "GET", offlineAPI, token, nil)), "invalid_token",
					"the access token is bound to another key",
				},
				"a bearer token with a proof": {
					apiWith("DPoP", bearer, h.proof(t, "GET", offlineAPI, bearer, nil)), "invalid_token",
					"the access token is not bound to a key: its scheme is Bearer",
				},
				"not a token": {
					apiWith("DPoP", "x", h.proof(t, "GET", offlineAPI, "x", nil)), "invalid_token",
					"the access token is malformed or not from this authorization server",
				},
			} {
				a := tc.request.ask(t, handler)
				require.Equal(t, http.StatusUnauthorized, a.status, what)
				require.Equal(t, tc.code, a.member(t, "error"), what)
				require.Equal(t, tc.description, a.member(t, "error_description"), what)
				require.Equal(t, []string{challengeDPoP + `, error="` + tc.code + `", error_description="` + tc.description + `"`},
					a.header.Values("WWW-Authenticate"), what)
			}
			require.EqualValues(t, 2, s.Stats().APIRequests.ByResult["ok"])
			require.EqualValues(t, 1, s.Stats().APIRequests.ByResult["invalid_dpop_proof"])
		})
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// A request without a token is told of both schemes, RFC 9449 §7.2.
func TestBothSchemesAreOffered(t *testing.T) {
	t.Parallel()
	_, handler := offline(t, Config{})
	require.Equal(t, []string{challenge, challengeDPoP},
		get("/api/orders", "").ask(t, handler).header.Values("WWW-Authenticate"))
	require.Contains(t, challengeDPoP, `algs="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA"`)
}

func TestBindingIsInTokenAndIntrospection(t *testing.T) {
	t.Parallel()
	clock := newClock()
	_, handler := offline(t, Config{TokenFormat: JWT, Now: clock.now})
	h := newHolder(clock.now)
	token := h.boundToken(t, handler)
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	require.NoError(t, err)
	var said struct {
		Confirmation map[string]string `json:"cnf"`
		Type         string            `json:"token_type"`
	}
	require.NoError(t, json.Unmarshal(payload, &said))
	require.Equal(t, map[string]string{"jkt": h.thumbprint(t)}, said.Confirmation)

	said.Confirmation = nil
	a := post("/introspect", demo, "token="+token).ask(t, handler)
	require.NoError(t, json.Unmarshal([]byte(a.body), &said))
	require.Equal(t, map[string]string{"jkt": h.thumbprint(t)}, said.Confirmation)
	require.Equal(t, "DPoP", said.Type)
	require.NotContains(t, post("/introspect", demo, "token="+issue(t, handler)).ask(t, handler).body, "cnf")
}

// An API that asks the introspection endpoint learns the key there.
func TestBoundTokenIsCheckedByIntrospectionToo(t *testing.T) {
	t.Parallel()
	s := start(t, Config{APICheck: CheckIntrospection})
	h := newHolder(time.Now)
	q := tokenWith(h.proof(t, "POST", s.endpoints.Token, "", nil))
	q.url = s.endpoints.Token
	client := &http.Client{}
	defer client.CloseIdleConnections()
	token := q.send(t, client).member(t, "access_token")
	ask := func(scheme string, proof ...string) answer {
		q := apiWith(scheme, token, proof...)
		q.url = s.endpoints.API + "orders"
		return q.send(t, client)
	}
	require.Equal(t, http.StatusOK, ask("DPoP", h.proof(t, "GET", s.endpoints.API+"orders", token, nil)).status)
	require.Equal(t, "invalid_token", ask("Bearer").member(t, "error"))
	h.key = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	require.Equal(t, "invalid_token", ask("DPoP", h.proof(t, "GET", s.endpoints.API+"orders", token, nil)).member(t,
		"error"))
}

func TestProofOfEveryAlgorithm(t *testing.T) {
	t.Parallel()
	clock := newClock()
	_, handler := offline(t, Config{Now: clock.now})
	for _, algorithm := range keyAlgorithms {
		h := newHolder(clock.now)
		h.key, h.algorithm = assertionKeys()[algorithm], algorithm
		token := h.boundToken(t, handler)
		require.Equal(t, http.StatusOK, apiWith("DPoP", token, h.proof(t, "GET", offlineAPI, token, nil)).ask(t,
			handler).status, algorithm)
	}
	m := get("/.well-known/oauth-authorization-server", "").ask(t, handler)
	var said struct {
		Algorithms []jose.SignatureAlgorithm `json:"dpop_signing_alg_values_supported"`
	}
	require.NoError(t, json.Unmarshal([]byte(m.body), &said))
	require.Equal(t, keyAlgorithms, said.Algorithms)
}

// TestWrongProofs holds that each fault has its own words, at both places.
func TestWrongProofs(t *testing.T) {
	t.Parallel()
	clock := newClock()
	s, handler := offline(t, Config{Now: clock.now})
	h := newHolder(clock.now)
	token := h.boundToken(t, handler)
	public := must(json.Marshal(jose.JSONWebKey{Key: h.key.Public()}))
	private := must(json.Marshal(jose.JSONWebKey{Key: h.key}))
	small := `{"kty":"RSA","e":"AQAB","n":"` + base64.RawURLEncoding.EncodeToString(append([]byte{0x80},
		make([]byte, 127)...)) + `"}`
	changed := func(change map[string]any) func(method, target, token string) []string {
		return func(method, target, token string) []string {
			return []string{h.proof(t, method, target, token, change)}
		}
	}
	fixed := func(proofs ...string) func(string, string, string) []string {
		return func(string, string, string) []string { return proofs }
	}
	begin := clock.now().Unix()
	for name, tc := range map[string]struct {
		proofs      func(method, target, token string) []string
		description string
		tokenOnly   bool // the same would be right at the token endpoint
	}{
		"two":   {proofs: fixed("a", "b"), description: "the request has more than one DPoP header"},
		"empty": {proofs: fixed(""), description: "the DPoP proof is not a signed JWT in compact serialization"},
		"too long": {
			proofs:      fixed(forge(`{"typ":"dpop+jwt","x":"` + strings.Repeat("x", maxProof) + `"}`)),
			description: "the DPoP proof is not a signed JWT in compact serialization",
		},
		"header is not JSON": {
			proofs:      fixed(forge(`x`)),
			description: "the DPoP proof is not a signed JWT in compact serialization",
		},
		"two parts": {
			proofs: fixed(strings.TrimSuffix(forge(
				`{"typ":"dpop+jwt","alg":"ES256","jwk":`+string(public)+`}`), ".c2lnbmF0dXJl")),
			description: "the DPoP proof is not a signed JWT in compact serialization",
		},
		"other type": {
			proofs:      fixed(forge(`{"typ":"JWT","alg":"ES256"}`)),
			description: "the typ of the DPoP proof is not dpop+jwt",
		},
		"no type": {
			proofs:      fixed(forge(`{"alg":"ES256"}`)),
			description: "the typ of the DPoP proof is not dpop+jwt",
		},
		"alg none": {
			proofs:      fixed(forge(`{"typ":"dpop+jwt","alg":"none","jwk":` + string(public) + `}`)),
			description: "the alg of the DPoP proof is not supported",
		},
		"alg HS256": {
			proofs:      fixed(forge(`{"typ":"dpop+jwt","alg":"HS256","jwk":` + string(public) + `}`)),
			description: "the alg of the DPoP proof is not supported",
		},
		"no key": {
			proofs:      fixed(forge(`{"typ":"dpop+jwt","alg":"ES256"}`)),
			description: "the DPoP proof has no jwk",
		},
		"private key": {
			proofs:      fixed(forge(`{"typ":"dpop+jwt","alg":"ES256","jwk":` + string(private) + `}`)),
			description: "the jwk of the DPoP proof holds a private key",
		},
		"symmetric key": {
			proofs:      fixed(forge(`{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"oct","k":"c2VjcmV0"}}`)),
			description: "the jwk of the DPoP proof holds a private key",
		},
		"no such key": {
			proofs:      fixed(forge(`{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC"}}`)),
			description: "the DPoP proof is not a signed JWT in compact serialization",
		},
		"small RSA key": {
			proofs:      fixed(forge(`{"typ":"dpop+jwt","alg":"RS256","jwk":` + small + `}`)),
			description: "the jwk of the DPoP proof is not a usable public key",
		},
		"signature": {
			proofs:      fixed(forge(`{"typ":"dpop+jwt","alg":"ES256","jwk":` + string(public) + `}`)),
			description: "the signature of the DPoP proof is wrong",
		},
		"key of another alg": {
			proofs:      fixed(forge(`{"typ":"dpop+jwt","alg":"RS256","jwk":` + string(public) + `}`)),
			description: "the signature of the DPoP proof is wrong",
		},
		"claims": {
			proofs:      changed(map[string]any{"jti": 7}),
			description: "the claims of the DPoP proof are malformed",
		},
		"no jti": {proofs: changed(map[string]any{"jti": nil}), description: "the DPoP proof has no jti"},
		"long jti": {
			proofs:      changed(map[string]any{"jti": strings.Repeat("x", 257)}),
			description: "the jti of the DPoP proof is longer than 256 bytes",
		},
		"no htm": {proofs: changed(map[string]any{"htm": nil}), description: "the DPoP proof has no htm"},
		"other method": {
			proofs:      changed(map[string]any{"htm": "PUT"}),
			description: "the htm of the DPoP proof is not the method of the request",
		},
		"method in lower case": {
			proofs: func(method, target, token string) []string {
				return []string{h.proof(t, strings.ToLower(method), target, token, nil)}
			},
			description: "the htm of the DPoP proof is not the method of the request",
		},
		"no htu": {proofs: changed(map[string]any{"htu": nil}), description: "the DPoP proof has no htu"},
		"other URL": {
			proofs:      changed(map[string]any{"htu": "http://example.com/other"}),
			description: "the htu of the DPoP proof is not the URL of the request",
		},
		"other host": {
			proofs:      changed(map[string]any{"htu": "http://example.org/token"}),
			description: "the htu of the DPoP proof is not the URL of the request",
		},
		"other scheme": {
			proofs:      changed(map[string]any{"htu": "https://example.com/token"}),
			description: "the htu of the DPoP proof is not the URL of the request",
		},
		"path alone": {
			proofs:      changed(map[string]any{"htu": "/token"}),
			description: "the htu of the DPoP proof is not the URL of the request",
		},
		"no iat": {proofs: changed(map[string]any{"iat": nil}), description: "the DPoP proof has no iat"},
		"in the future": {
			proofs:      changed(map[string]any{"iat": begin + 11}),
			description: "the iat of the DPoP proof is in the future",
		},
		"old": {
			proofs:      changed(map[string]any{"iat": begin - 71}),
			description: "the iat of the DPoP proof is more than a minute ago",
		},
		"no ath": {
			proofs: changed(map[string]any{"ath": nil}), description: "the DPoP proof has no ath",
			tokenOnly: true,
		},
		"other ath": {
			proofs:      changed(map[string]any{"ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"}),
			description: "the ath of the DPoP proof does not match the access token", tokenOnly: true,
		},
	} {
		before := s.Stats()
		a := apiWith("DPoP", token, tc.proofs("GET", offlineAPI, token)...).ask(t, handler)
		require.Equal(t, http.StatusUnauthorized, a.status, name)
		require.Equal(t, "invalid_dpop_proof", a.member(t, "error"), name)
		require.Equal(t, tc.description, a.member(t, "error_description"), name)
		require.Contains(t, a.header.Get("WWW-Authenticate"),
			challengeDPoP+`, error="invalid_dpop_proof", error_description="`+tc.description+`"`)
		require.Equal(t, before.APIRequests.ByResult["invalid_dpop_proof"]+1,
			s.Stats().APIRequests.ByResult["invalid_dpop_proof"])
		if tc.tokenOnly {
			continue
		}
		a = tokenWith(tc.proofs("POST", offlineToken, "")...).ask(t, handler)
		require.Equal(t, http.StatusBadRequest, a.status, name)
		require.Equal(t, "invalid_dpop_proof", a.member(t, "error"), name)
		require.Equal(t, tc.description, a.member(t, "error_description"), name)
		require.Equal(t, before.TokenRequests.ByResult["invalid_dpop_proof"]+1,
			s.Stats().TokenRequests.ByResult["invalid_dpop_proof"])
	}
	for name, change := range map[string]map[string]any{
		"as early as allowed": {"iat": begin + 10},
		"as old as allowed":   {"iat": begin - 69},
		"with a query":        {"htu": offlineAPI + "?a=b#c"},
		"further claims":      {"x": 1, "nonce": "unasked for"},
		"spelled otherwise":   {"htu": "HTTP://EXAMPLE.com:80/api/./x/../%6frders"},
	} {
		require.Equal(t, http.StatusOK, apiWith("DPoP", token, h.proof(t, "GET", offlineAPI, token, change)).ask(t,
			handler).status, name)
	}
	require.Equal(t, http.StatusOK, tokenWith(h.proof(t, "POST", s.endpoints.Token, "", nil)).ask(t, handler).status,
		"the published URL")
}

func TestProofIsGoodOnce(t *testing.T) {
	t.Parallel()
	clock := newClock()
	s, handler := offline(t, Config{Now: clock.now})
	h, other := newHolder(clock.now), newHolder(clock.now)
	other.key = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	proof := h.proof(t, "POST", offlineToken, "", map[string]any{"jti": "once"})
	require.Equal(t, http.StatusOK, tokenWith(proof).ask(t, handler).status)
	clock.move(69 * time.Second) // as long as it would be accepted
	a := tokenWith(proof).ask(t, handler)
	require.Equal(t, "the DPoP proof was used before", a.member(t, "error_description"))
	clock.move(time.Second)
	require.Equal(t, "the iat of the DPoP proof is more than a minute ago",
		tokenWith(proof).ask(t, handler).member(t, "error_description"))
	require.Equal(t, http.StatusOK, tokenWith(other.proof(t, "POST", offlineToken, "",
		map[string]any{"jti": "once"})).ask(t, handler).status,
		"an identifier belongs to a key")

	s.proofs.seen.limit = 1
	a = tokenWith(h.proof(t, "POST", offlineToken, "", nil)).ask(t, handler)
	require.Equal(t, http.StatusServiceUnavailable, a.status)
	require.Equal(t, "server_error", a.member(t, "error"))
}

func TestNonceIsDemanded(t *testing.T) {
	t.Parallel()
	clock := newClock()
	s, handler := offline(t, Config{Now: clock.now, DPoPNonce: time.Minute})
	h := newHolder(clock.now)
	ask := func(nonce any) answer {
		return tokenWith(h.proof(t, "POST", offlineToken, "", map[string]any{"nonce": nonce})).ask(t, handler)
	}
	a := ask(nil)
	require.Equal(t, http.StatusBadRequest, a.status)
	require.Equal(t, "use_dpop_nonce", a.member(t, "error"))
	require.Equal(t, "the DPoP proof has no nonce", a.member(t, "error_description"))
	first := a.header.Get("DPoP-Nonce")
	require.Regexp(t, `^[\w-]{22}$`, first)
	a = ask(first)
	require.Equal(t, http.StatusOK, a.status)
	require.Equal(t, first, a.header.Get("DPoP-Nonce"), "in answers that bring a token too")
	token := a.member(t, "access_token")
	a = ask("another")
	require.Equal(t, "the nonce of the DPoP proof is unknown or no longer valid", a.member(t, "error_description"))

	clock.move(time.Minute)
	a = ask(first)
	require.Equal(t, http.StatusOK, a.status, "the last one is good for another minute")
	second := a.header.Get("DPoP-Nonce")
	require.NotEqual(t, first, second)
	clock.move(time.Minute)
	require.Equal(t, "use_dpop_nonce", ask(first).member(t, "error"))
	require.Equal(t, http.StatusOK, ask(second).status)

	api := func(nonce any) answer {
		return apiWith("DPoP", token, h.proof(t, "GET", offlineAPI, token, map[string]any{"nonce": nonce})).ask(t, handler)
	}
	a = api(second)
	require.Equal(t, http.StatusUnauthorized, a.status, "the API has nonces of its own")
	require.Equal(t, "use_dpop_nonce", a.member(t, "error"))
	require.Contains(t, a.header.Get("WWW-Authenticate"), `DPoP realm="clientcreds"`)
	require.Contains(t, a.header.Get("WWW-Authenticate"), `error="use_dpop_nonce"`)
	require.Equal(t, http.StatusOK, api(a.header.Get("DPoP-Nonce")).status)
	require.EqualValues(t, 1, s.Stats().APIRequests.ByResult["use_dpop_nonce"])
	require.EqualValues(t, 3, s.Stats().TokenRequests.ByResult["use_dpop_nonce"])

	plain := post("/token", demo, "grant_type=client_credentials").ask(t, handler)
	require.Equal(t, "Bearer", plain.member(t, "token_type"))
	require.Empty(t, plain.header.Get("DPoP-Nonce"), "who has no proof needs no nonce")
}

func TestClientThatMustBindItsTokens(t *testing.T) {
	t.Parallel()
	clock := newClock()
	c := demo
	c.DPoPBound = true
	_, handler := offline(t, Config{Now: clock.now, Clients: []Client{c}})
	a := post("/token", demo, "grant_type=client_credentials").ask(t, handler)
	require.Equal(t, http.StatusBadRequest, a.status)
	require.Equal(t, "invalid_dpop_proof", a.member(t, "error"))
	require.Equal(t, "the request has no DPoP proof", a.member(t, "error_description"))
	newHolder(clock.now).boundToken(t, handler)
}

// A proof does not authenticate a client, and one that is wrong does not tell
// strangers more than that.
func TestProofIsReadAfterAuthentication(t *testing.T) {
	t.Parallel()
	clock := newClock()
	_, handler := offline(t, Config{Now: clock.now})
	q := tokenWith("x")
	q.header.Set("Authorization", basic("demo", "wrong"))
	require.Equal(t, "invalid_client", q.ask(t, handler).member(t, "error"))
}

func TestSameTarget(t *testing.T) {
	t.Parallel()
	for _, same := range [][2]string{
		{"https://a.example/x", "https://a.example/x"},
		{"HTTPS://A.example:443/x?y#z", "https://a.example/x"},
		{"https://a.example", "https://a.example/"},
		{"https://a.example/%7ex%2f/./y/../z", "https://a.example/~x%2F/z"},
		{"http://[::1]:80/x", "http://[::1]/x"},
		{"https://a.example/a/..", "https://a.example/"},
		{"https://a.example/../a/.", "https://a.example/a/"},
	} {
		require.True(t, sameTarget(same[0], same[1]), same)
	}
	for _, other := range [][2]string{
		{"http://a.example/x", "https://a.example/x"},
		{"https://a.example/X", "https://a.example/x"},
		{"https://a.example/x/", "https://a.example/x"},
		{"https://a.example:80/x", "https://a.example/x"},
		{"https://a.example/x%2Fy", "https://a.example/x/y"},
		{"https://a.example//x", "https://a.example/x"},
		{"https://a.example//other.example/x", "https://a.example/x"},
		{"http://::80", "http://:"},
		{"http://::80", "http://::80"},
		{"https://u@a.example/x", "https://a.example/x"},
		{"//a.example/x", "https://a.example/x"},
		{"", ""},
		{"a:b", "a:b"},
		{"ftp://a.example/x", "ftp://a.example/x"},
		{"https://a.example/%zz", "https://a.example/%zz"},
	} {
		require.False(t, sameTarget(other[0], other[1]), other)
	}
}

func FuzzProof(f *testing.F) {
	clock := newClock()
	v := newProofVerifier(clock.now, newNonces(func() time.Duration { return time.Minute }, func() {}), nil)
	h := newHolder(clock.now)
	f.Add(h.proof(f, "POST", offlineToken, "", nil))
	f.Add(forge(`{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}}`))
	f.Add("..")
	f.Fuzz(func(t *testing.T, proof string) {
		r := tokenWith(proof).build(t)
		_, failure := v.verify(r, offlineToken, "", v.granting)
		require.NotNil(t, failure, "none of them has the nonce")
		require.NotEmpty(t, failure.atToken.body)
		require.NotEmpty(t, failure.atAPI.body)
	})
}

func FuzzTarget(f *testing.F) {
	for _, text := range []string{"https://A:443/a/../%7e?q#f", "http://[::1]:80", "https://s/%2e%2e/%", "//s/..", "http://:80"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		normal, ok := normalized(text)
		if !ok {
			return
		}
		again, ok := normalized(normal)
		require.True(t, ok)
		require.Equal(t, normal, again)
	})
}

func BenchmarkProof(b *testing.B) {
	for _, algorithm := range keyAlgorithms {
		b.Run(string(algorithm), func(b *testing.B) {
			h := newHolder(time.Now)
			h.key, h.algorithm = assertionKeys()[algorithm], algorithm
			proof := h.proof(b, "POST", offlineToken, "", nil)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, failure := openProof(proof); failure != nil {
					b.Fatal(failure)
				}
			}
		})
	}
}
