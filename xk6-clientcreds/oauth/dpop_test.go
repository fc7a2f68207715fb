package oauth

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

func newSigner(t testing.TB, algorithm string) *DPoPSigner {
	t.Helper()
	p, err := NewDPoPSigner(&SigningKey{key: testkit.Key(t, algorithm), algorithm: algorithm, id: "not in a proof"})
	require.NoError(t, err)
	return p
}

func parsed(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	return u
}

func TestProofOfEveryAlgorithm(t *testing.T) {
	t.Parallel()
	for _, algorithm := range KeyAlgorithms {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			p := newSigner(t, algorithm)
			assert.Equal(t, algorithm, p.Algorithm())
			before := time.Now().Unix()
			proof, err := p.Proof("GET", parsed(t, "https://API.example.org:443/a/./b?q=1#f"), rfc9449Token)
			require.NoError(t, err)
			header, claims := readProof(t, proof)
			assert.Equal(t, algorithm, header.Algorithm)
			assert.Empty(t, header.KeyID)
			assert.Equal(t, "dpop+jwt", header.ExtraHeaders[jose.HeaderType])
			thumbprint, err := thumbprintOf(*header.JSONWebKey)
			require.NoError(t, err)
			assert.Equal(t, p.Thumbprint(), thumbprint)
			assert.Len(t, claims["jti"], 26, "130 random bits")
			assert.GreaterOrEqual(t, int64(claims["iat"].(float64)), before)
			delete(claims, "jti")
			delete(claims, "iat")
			assert.Equal(t, map[string]any{"htm": "GET", "htu": "https://api.example.org/a/b", "ath": rfc9449Hash}, claims)
			assert.Equal(t, algorithm+" DPoP signer", p.String())
			assert.Equal(t, algorithm+" DPoP signer", fmt.Sprintf("%#v", p))
		})
	}
}

func TestProofsDiffer(t *testing.T) {
	t.Parallel()
	p := newSigner(t, "EdDSA") // whose signature of the same text is the same
	u := parsed(t, testURL)
	first, err := p.Proof("POST", u, "")
	require.NoError(t, err)
	second, err := p.Proof("POST", u, "")
	require.NoError(t, err)
	assert.NotEqual(t, first, second)
	_, claims := readProof(t, first)
	assert.NotContains(t, claims, "ath", "there is no token yet")
	assert.NotContains(t, claims, "nonce")
}

// A method is any token of RFC 9110: a script chooses it.
func TestProofQuotesMethod(t *testing.T) {
	t.Parallel()
	proof, err := newSigner(t, "ES256").Proof(`A"B\`, parsed(t, testURL), "")
	require.NoError(t, err)
	_, claims := readProof(t, proof)
	assert.Equal(t, `A"B\`, claims["htm"])
}

func TestGeneratedKeys(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"", "ES256", "ES384", "ES512", "EdDSA", "PS256"} {
		key, err := GenerateDPoPKey(algorithm)
		require.NoError(t, err)
		if algorithm == "" {
			algorithm = "ES256"
		}
		assert.Equal(t, algorithm, key.Algorithm())
		again, err := GenerateDPoPKey(algorithm)
		require.NoError(t, err)
		a, err := NewDPoPSigner(key)
		require.NoError(t, err)
		b, err := NewDPoPSigner(again)
		require.NoError(t, err)
		assert.NotEqual(t, a.Thumbprint(), b.Thumbprint())
	}
	_, err := GenerateDPoPKey("HS256")
	assert.EqualError(t, err, `DPoP algorithm is "HS256"; it must be one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA`)
}

func TestParseDPoPKey(t *testing.T) {
	t.Parallel()
	key, err := ParseDPoPKey([]byte(rfc7515RSA), "PS512")
	require.NoError(t, err)
	assert.Equal(t, "PS512", key.Algorithm())
	_, err = ParseDPoPKey([]byte("no key"), "")
	require.ErrorContains(t, err, `DPoP key contains no PEM block and is not a JWK`)
	_, err = ParseDPoPKey([]byte(rfc7515EC), "RS256")
	require.EqualError(t, err, `DPoP algorithm is "RS256", which this key cannot sign with; the key supports ES256`)
}

func TestProofTarget(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://server.example.com/token":                   "https://server.example.com/token",
		"HTTPS://Server.EXAMPLE.com:443/token":               "https://server.example.com/token",
		"http://server.example.com:80/token":                 "http://server.example.com/token",
		"https://server.example.com:80/token":                "https://server.example.com:80/token",
		"http://server.example.com:8080/Token?a=b":           "http://server.example.com:8080/Token",
		"https://server.example.com":                         "https://server.example.com/",
		"https://server.example.com?x=/../y":                 "https://server.example.com/",
		"https://server.example.com/a#b":                     "https://server.example.com/a",
		"https://user:pw@server.example.com/a":               "https://server.example.com/a",
		"https://[2001:DB8::1]:443/a":                        "https://[2001:db8::1]/a",
		"https://[2001:DB8::1]:8443/a":                       "https://[2001:db8::1]:8443/a",
		"https://s/%7euser/%e4%2f%41?%7e":                    "https://s/~user/%E4%2FA",
		"https://s/a/b/../c/./d/..":                          "https://s/a/c/",
		"https://s/../../a":                                  "https://s/a",
		"https://s/a/.":                                      "https://s/a/",
		"https://s/a/%2e%2E/b":                               "https://s/b",
		"https://s/a/.b/..c/...":                             "https://s/a/.b/..c/...",
		"https://s/a//b/":                                    "https://s/a//b/",
		"https://s/a b":                                      "https://s/a%20b",
		"wss://s:443/socket":                                 "https://s/socket",
		"ws://s/socket":                                      "http://s/socket",
		"https://s/pkg.Service/Method":                       "https://s/pkg.Service/Method",
		"https://s/%E2%82%AC":                                "https://s/%E2%82%AC",
		"https://s/a;b=1,2/@c:d":                             "https://s/a;b=1,2/@c:d",
		"https://s/" + strings.Repeat("x/../", 1000) + "end": "https://s/end",
	} {
		assert.Equal(t, want, proofTarget(parsed(t, text)), text)
	}
}

func FuzzProofTarget(f *testing.F) {
	for _, text := range []string{
		"https://S:443/a/../%7E?q#f", "http://[::1]:80", "https://s/%2e%2e/%", "wss://s/.",
		"//s/..", "a:b",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := url.Parse(text)
		if err != nil || u.Hostname() == "" || u.Scheme == "" {
			return
		}
		target := proofTarget(u)
		again, err := url.Parse(target)
		if err != nil {
			return // a host that url.Parse accepts in one spelling only
		}
		assert.Equal(t, target, proofTarget(again), "normal once is normal for ever")
		assert.Empty(t, again.RawQuery)
		assert.Empty(t, again.Fragment)
	})
}

func TestNoncesOfServers(t *testing.T) {
	t.Parallel()
	p := newSigner(t, "ES256")
	nonceFor := func(text, token string) any {
		proof, err := p.Proof("GET", parsed(t, text), token)
		require.NoError(t, err)
		_, claims := readProof(t, proof)
		return claims["nonce"]
	}
	learn := func(text, token string, values ...string) bool {
		return p.Learn(parsed(t, text), http.Header{"Dpop-Nonce": values}, token)
	}
	assert.Nil(t, nonceFor("https://a.example/x", "at"))
	assert.True(t, learn("https://A.example:443/y", "at", "one"))
	assert.Equal(t, "one", nonceFor("https://a.example/x", "at"))
	assert.Nil(t, nonceFor("https://a.example/x", ""), "an authorization server at the same origin has its own")
	assert.Nil(t, nonceFor("https://a.example:444/x", "at"))
	assert.Nil(t, nonceFor("http://a.example/x", "at"))
	assert.True(t, learn("https://a.example/x", "", "two"))
	assert.True(t, learn("https://b.example/x", "at", "three"))
	assert.Equal(t, "one", nonceFor("https://a.example/x", "at"))
	assert.Equal(t, "two", nonceFor("https://a.example/x", ""))
	assert.True(t, learn("https://a.example/x", "at", "four"))
	assert.Equal(t, "four", nonceFor("https://a.example/x", "at"), "the newest counts")

	for _, values := range [][]string{
		nil,
		{""},
		{"a", "b"},
		{"a b"},
		{`a"b`},
		{`a\b`},
		{"a\x7f"},
		{"ä"},
		{strings.Repeat("x", maxNonce+1)},
	} {
		assert.False(t, learn("https://a.example/x", "at", values...), "%q", values)
	}
	assert.Equal(t, "four", nonceFor("https://a.example/x", "at"))
	assert.True(t, learn("https://a.example/x", "at", strings.Repeat("x", maxNonce)))
}

func TestNoncesAreBounded(t *testing.T) {
	t.Parallel()
	var n nonces
	for i := range 10 * maxNonceServers {
		u := parsed(t, fmt.Sprintf("https://s%d.example/", i))
		require.True(t, n.learn(u, []string{"x"}))
		require.Equal(t, "x", n.of(u))
		require.LessOrEqual(t, len(n.byOrigin), maxNonceServers)
	}
}

const dpopToken = `{"access_token":"at","token_type":"DPoP"}`

// VUs that share a token share its nonces, and a server may rotate them with every answer.
func TestNoncesOfManyAtOnce(t *testing.T) {
	t.Parallel()
	var n nonces
	var learning sync.WaitGroup
	for vu := range 8 {
		learning.Go(func() {
			for i := range 200 {
				u := parsed(t, "https://node"+strconv.Itoa(i%4)+".example")
				nonce := strconv.Itoa(vu) + "-" + strconv.Itoa(i)
				assert.True(t, n.learn(u, []string{nonce}))
				assert.NotEmpty(t, n.of(u))
			}
		})
	}
	learning.Wait()
	assert.Len(t, n.byOrigin, 4)
}

func TestTokenRequestWithProof(t *testing.T) {
	t.Parallel()
	p := newSigner(t, "ES256")
	c := config()
	c.TokenURL = testURL + "?tenant=a"
	plain := newClient(t, c)
	bound := plain.WithDPoP(p)
	var proofs []string
	do := func(r *http.Request) (*http.Response, error) {
		require.Len(t, r.Header["Dpop"], 1)
		proofs = append(proofs, r.Header.Get("DPoP"))
		return answer(200, typeJSON, dpopToken), nil
	}
	for range 2 {
		token, err := bound.Token(context.Background(), do)
		require.NoError(t, err)
		assert.Equal(t, "DPoP at", token.Authorization())
	}
	_, claims := readProof(t, proofs[0])
	assert.Equal(t, "POST", claims["htm"])
	assert.Equal(t, testURL, claims["htu"])
	assert.NotEqual(t, proofs[0], proofs[1])

	_, err := plain.Token(context.Background(), func(r *http.Request) (*http.Response, error) {
		assert.NotContains(t, r.Header, "Dpop", "a client that is not bound shares nothing with one that is")
		return answer(200, typeJSON, `{"access_token":"at"}`), nil
	})
	require.NoError(t, err)
}

// demandingNonce requires the nonce that it gives, and has another one for each next request.
func demandingNonce(t *testing.T, seen *[]*http.Request) Doer {
	t.Helper()
	return func(r *http.Request) (*http.Response, error) {
		*seen = append(*seen, r)
		_, claims := readProof(t, r.Header.Get("DPoP"))
		next := fmt.Sprintf("nonce-%d", len(*seen))
		if claims["nonce"] != fmt.Sprintf("nonce-%d", len(*seen)-1) {
			return answer(400, typeJSON, `{"error":"use_dpop_nonce","error_description":"a nonce is needed"}`, "DPoP-Nonce",
				next), nil
		}
		return answer(200, typeJSON, dpopToken, "DPoP-Nonce", next), nil
	}
}

func TestNonceIsDemandedOnceAndThenRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := config()
		c.Auth = made(PrivateKeyJWT(Assertion{ClientID: testID},
			&SigningKey{key: testkit.Key(t, "ES256"), algorithm: "ES256"}))
		client := newClient(t, c).WithDPoP(newSigner(t, "ES256"))
		var seen []*http.Request
		var attempts []Attempt
		begin := time.Now()
		observe := func(a Attempt) { attempts = append(attempts, a) }
		for range 2 {
			_, err := client.TokenWithRetry(context.Background(), demandingNonce(t, &seen), Retry{Backoff: time.Hour}, observe)
			require.NoError(t, err)
		}
		assert.Equal(t, begin, time.Now(), "the repetition does not wait")
		require.Len(t, seen, 3, "two for the first token, one for the second")
		require.Len(t, attempts, 3)
		assert.Equal(t, []bool{true, false, false}, []bool{
			attempts[0].NonceDemanded, attempts[1].NonceDemanded,
			attempts[2].NonceDemanded,
		})
		assert.Equal(t, []int{1, 1, 1}, []int{attempts[0].Number, attempts[1].Number, attempts[2].Number}, "not a retry")
		assert.Equal(t, CodeUseNonce, attempts[0].Err.Code)
		first, second := made(formOf(seen[0])), made(formOf(seen[1]))
		assert.NotEqual(t, first.Get("client_assertion"), second.Get("client_assertion"), "an assertion is used up by then")
		assert.NotEqual(t, seen[0].Header.Get("DPoP"), seen[1].Header.Get("DPoP"))
	})
}

func formOf(r *http.Request) (url.Values, error) {
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	r.Body = body
	err = r.ParseForm()
	return r.PostForm, err
}

func TestNonceThatNobodyCanGuess(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		header   []string
		requests int
	}{
		"always another one": {[]string{"DPoP-Nonce", "x"}, 2},
		"none given":         {nil, 1},
		"not a nonce":        {[]string{"DPoP-Nonce", "a b"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := play(always(400, typeJSON, `{"error":"use_dpop_nonce"}`, tc.header...))
			_, err := newClient(t, config()).WithDPoP(newSigner(t, "ES256")).
				TokenWithRetry(context.Background(), Doer(s.do), Retry{Attempts: 5}, nil)
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, CodeUseNonce, e.Code)
			assert.False(t, e.Retryable())
			assert.Len(t, s.at, tc.requests)
		})
	}
	t.Run("without DPoP", func(t *testing.T) {
		t.Parallel()
		s := play(always(400, typeJSON, `{"error":"use_dpop_nonce"}`, "DPoP-Nonce", "x"))
		_, err := newClient(t, config()).Token(context.Background(), s.do)
		require.Error(t, err)
		assert.Len(t, s.at, 1)
	})
}

func jwtWith(claims string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
}

func TestTokenMustBeBound(t *testing.T) {
	t.Parallel()
	p := newSigner(t, "ES256")
	for name, tc := range map[string]struct {
		signer            *DPoPSigner
		token, tokenType  string
		code, description string
	}{
		"opaque":                {p, "at", "DPoP", "", ""},
		"type in lower case":    {p, "at", "dpop", "", ""},
		"JWT with its key":      {p, jwtWith(`{"cnf":{"jkt":"` + p.Thumbprint() + `"}}`), "DPoP", "", ""},
		"JWT that says nothing": {p, jwtWith(`{}`), "DPoP", "", ""},
		"no JWT after all":      {p, "a.b.c", "DPoP", "", ""},
		"another's key": {
			p, jwtWith(`{"cnf":{"jkt":"` + rfc9449Thumbprint + `"}}`), "DPoP", CodeTokenBinding,
			"the token is bound to another key than the one that signed the DPoP proof: its cnf.jkt is not the key's " +
				"thumbprint (RFC 9449 §6.1)",
		},
		"downgrade": {
			p, "at", "Bearer", CodeTokenType,
			"the token has the type Bearer although a DPoP proof was sent: the server does not support DPoP, or does not bind " +
				"this client's tokens (RFC 9449 §5)",
		},
		"another type": {
			p, "at", "mac", CodeTokenType,
			"the token has the type mac although a DPoP proof was sent: the server does not support DPoP, or does not bind " +
				"this client's tokens (RFC 9449 §5)",
		},
		"not asked for": {
			nil, "at", "DPoP", CodeTokenType,
			"the token has the type DPoP, but a bearer token was requested: DPoP must be enabled on both sides or on neither " +
				"(RFC 9449 §5)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, config())
			if tc.signer != nil {
				client = client.WithDPoP(tc.signer)
			}
			s := play(always(200, typeJSON, `{"access_token":"`+tc.token+`","token_type":"`+tc.tokenType+`"}`))
			token, err := client.TokenWithRetry(context.Background(), Doer(s.do), Retry{Attempts: 3}, nil)
			assert.Len(t, s.at, 1, "a repetition would bring the same")
			if tc.code == "" {
				require.NoError(t, err)
				assert.Equal(t, "DPoP", token.Type)
				assert.Same(t, tc.signer, token.DPoP)
				return
			}
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.Nil(t, token)
			assert.Equal(t, tc.code, e.Code)
			assert.Equal(t, tc.code, e.Label())
			assert.Equal(t, tc.description, e.Description)
			assert.Equal(t, 200, e.Status)
		})
	}
}

func TestDemandsNonce(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		`DPoP error="use_dpop_nonce", error_description="x"`:        true,
		`Bearer error="invalid_token", DPoP error="use_dpop_nonce"`: true,
		`dpop algs="ES256", error=use_dpop_nonce`:                   true,
		`Bearer error="use_dpop_nonce"`:                             false,
		`DPoP error="invalid_token"`:                                false,
		`DPoP error="invalid_dpop_proof", x="error=use_dpop_nonce"`: false,
		``: false,
	} {
		assert.Equal(t, want, DemandsNonce([]string{value}), value)
	}
}

func BenchmarkProof(b *testing.B) {
	u := parsed(b, "https://api.example.org/orders")
	for _, algorithm := range KeyAlgorithms {
		b.Run(algorithm, func(b *testing.B) {
			p := newSigner(b, algorithm)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Proof("GET", u, rfc9449Token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Both requests of a token exchange have a proof, and the token that comes of it is bound as well.
func TestExchangeIsProvenToo(t *testing.T) {
	t.Parallel()
	c := config()
	c.Exchange = &Exchange{Audience: []string{"inventory"}}
	p := newSigner(t, "ES256")
	var proofs []string
	token, err := newClient(t, c).WithDPoP(p).Token(context.Background(), func(r *http.Request) (*http.Response, error) {
		proofs = append(proofs, r.Header.Get("DPoP"))
		return answer(200, typeJSON,
			`{"access_token":"at","token_type":"DPoP","issued_token_type":"`+TokenTypeAccessToken+`"}`), nil
	})
	require.NoError(t, err)
	assert.Same(t, p, token.DPoP)
	require.Len(t, proofs, 2)
	for _, proof := range proofs {
		_, claims := readProof(t, proof)
		assert.Equal(t, testURL, claims["htu"])
	}
	assert.NotEqual(t, proofs[0], proofs[1])
}
