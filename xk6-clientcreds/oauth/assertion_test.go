package oauth

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

const longSecret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// assertionOf applies auth once and returns the form.
func assertionOf(t testing.TB, auth ClientAuth) url.Values {
	t.Helper()
	u, err := url.Parse(testURL)
	require.NoError(t, err)
	r := &TokenRequest{URL: u, Form: url.Values{}, Header: http.Header{}}
	require.NoError(t, auth.Apply(context.Background(), r))
	assert.Empty(t, r.Header)
	return r.Form
}

// opened returns header and claims of a JWT, after verifying it with go-jose.
func opened(t testing.TB, jwt, algorithm string, key any) (jose.Header, map[string]any) {
	t.Helper()
	signed, err := jose.ParseSignedCompact(jwt, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(algorithm)})
	require.NoError(t, err)
	payload, err := signed.Verify(key)
	require.NoError(t, err)
	var claims map[string]any
	require.NoError(t, json.Unmarshal(payload, &claims))
	return signed.Signatures[0].Protected, claims
}

func TestEveryAlgorithmIsVerifiedWithThePublicKey(t *testing.T) {
	t.Parallel()
	for _, algorithm := range KeyAlgorithms {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			private := testkit.Key(t, algorithm)
			key, err := ParseSigningKey(testkit.KeyPEM(t, private), algorithm, "key-1")
			require.NoError(t, err)
			auth, err := PrivateKeyJWT(Assertion{ClientID: testID}, key)
			require.NoError(t, err)
			assert.Equal(t, "private_key_jwt", auth.Method)
			assert.False(t, auth.Static)
			assert.True(t, auth.Signs)
			form := assertionOf(t, auth)
			assert.Equal(t, testID, form.Get("client_id"))
			assert.Equal(t, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", form.Get("client_assertion_type"))
			header, claims := opened(t, form.Get("client_assertion"), algorithm, private.Public())
			assert.Equal(t, "key-1", header.KeyID)
			assert.Equal(t, "JWT", header.ExtraHeaders[jose.HeaderType])
			assert.Equal(t, testID, claims["iss"])

			other, err := rsa.GenerateKey(rand.Reader, 2048)
			require.NoError(t, err)
			signed, err := jose.ParseSignedCompact(form.Get("client_assertion"),
				[]jose.SignatureAlgorithm{jose.SignatureAlgorithm(algorithm)})
			require.NoError(t, err)
			_, err = signed.Verify(other.Public())
			require.Error(t, err, "the verification of this test can fail")
		})
	}
	for _, algorithm := range SecretAlgorithms {
		auth, err := ClientSecretJWT(Assertion{ClientID: testID}, longSecret, algorithm)
		require.NoError(t, err)
		assert.Equal(t, "client_secret_jwt", auth.Method)
		header, _ := opened(t, assertionOf(t, auth).Get("client_assertion"), algorithm, []byte(longSecret))
		assert.Empty(t, header.KeyID)
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, tc := range []struct {
			assertion Assertion
			audience  string
			lifetime  time.Duration
		}{
			{Assertion{ClientID: testID}, testURL, time.Minute},
			{
				Assertion{ClientID: testID, Audience: "https://idp.example.com", Lifetime: 5 * time.Second},
				"https://idp.example.com", 5 * time.Second,
			},
		} {
			auth, err := ClientSecretJWT(tc.assertion, longSecret, "")
			require.NoError(t, err)
			_, claims := opened(t, assertionOf(t, auth).Get("client_assertion"), "HS256", []byte(longSecret))
			require.NotEmpty(t, claims["jti"])
			delete(claims, "jti")
			now := time.Now().Unix()
			assert.Equal(t, map[string]any{
				"iss": testID, "sub": testID, "aud": tc.audience, // one string
				"iat": float64(now), "exp": float64(now) + tc.lifetime.Seconds(),
			}, claims)
		}
	})
}

func TestFurtherClaims(t *testing.T) {
	t.Parallel()
	auth, err := ClientSecretJWT(Assertion{ClientID: `a"b`, Claims: map[string]any{
		"tenant": "blue", "number": json.RawMessage("12345678901234567890"),
	}}, longSecret, "HS256")
	require.NoError(t, err)
	jwt := assertionOf(t, auth).Get("client_assertion")
	_, claims := opened(t, jwt, "HS256", []byte(longSecret))
	assert.Equal(t, "blue", claims["tenant"])
	assert.Equal(t, `a"b`, claims["sub"])
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(jwt, ".")[1])
	require.NoError(t, err)
	assert.Contains(t, string(payload), `"number":12345678901234567890`)
}

// A repeated attempt has an assertion of its own: servers refuse a jti that they know.
func TestEveryAttemptHasItsOwnAssertion(t *testing.T) {
	t.Parallel()
	c := config()
	var err error
	c.Auth, err = ClientSecretJWT(Assertion{ClientID: testID}, longSecret, "")
	require.NoError(t, err)
	seen := make(map[any]bool)
	var attempts []Attempt
	_, err = newClient(t, c).TokenWithRetry(context.Background(), Doer(func(r *http.Request) (*http.Response, error) {
		require.NoError(t, r.ParseForm())
		assert.Equal(t, "client_credentials", r.PostForm.Get("grant_type"))
		_, claims := opened(t, r.PostForm.Get("client_assertion"), "HS256", []byte(longSecret))
		seen[claims["jti"]] = true
		return answer(503, typeJSON, `{"error":"temporarily_unavailable"}`), nil
	}), Retry{Attempts: 4}, func(a Attempt) { attempts = append(attempts, a) })
	require.Error(t, err)
	assert.Len(t, seen, 4)
	require.Len(t, attempts, 4)
	for _, a := range attempts {
		assert.Positive(t, a.Signing)
		assert.Equal(t, 503, a.Status)
	}
	c.Auth = ClientSecretBasic(testID, testSecret, BasicForm)
	_, err = newClient(t, c).TokenWithRetry(context.Background(), always(200, typeJSON, `{"access_token":"at"}`), Retry{},
		func(a Attempt) { assert.Zero(t, a.Signing) })
	require.NoError(t, err)
}

func TestWrongAssertions(t *testing.T) {
	t.Parallel()
	for message, tc := range map[string]struct {
		assertion         Assertion
		secret, algorithm string
	}{
		`client secret has 31 bytes; client_secret_jwt with HS256 needs 32 or more (RFC 7518 §3.2)`: {secret: longSecret[:31]},
		`client secret has 63 bytes; client_secret_jwt with HS512 needs 64 or more (RFC 7518 §3.2)`: {
			secret:    longSecret[:63],
			algorithm: "HS512",
		},
		`assertion algorithm is "none"; it must be one of HS256, HS384, HS512`:        {algorithm: "none"},
		`assertion lifetime is 1.5s; it must be whole seconds, from 1s to 24h0m0s`:    {assertion: Assertion{Lifetime: 1500 * time.Millisecond}},
		`assertion lifetime is 25h0m0s; it must be whole seconds, from 1s to 24h0m0s`: {assertion: Assertion{Lifetime: 25 * time.Hour}},
		`assertion claims must not contain "exp"; the reserved claims are iss, sub, aud, exp, nbf, iat, jti`: {
			assertion: Assertion{Claims: map[string]any{"exp": 1, "tenant": "x"}},
		},
		`assertion claims contains a value that JSON cannot express`: {assertion: Assertion{Claims: map[string]any{"f": func() {
		}}}},
	} {
		if tc.secret == "" {
			tc.secret = longSecret
		}
		_, err := ClientSecretJWT(tc.assertion, tc.secret, tc.algorithm)
		require.EqualError(t, err, message)
	}
}

func TestLifetimesOfAssertions(t *testing.T) {
	t.Parallel()
	for lifetime, want := range map[time.Duration]time.Duration{
		0: DefaultAssertionLifetime, time.Second: time.Second, MaxAssertionLifetime: MaxAssertionLifetime,
	} {
		auth, err := ClientSecretJWT(Assertion{ClientID: testID, Lifetime: lifetime}, longSecret, "")
		require.NoError(t, err)
		_, claims := opened(t, assertionOf(t, auth).Get("client_assertion"), "HS256", []byte(longSecret))
		assert.InDelta(t, want.Seconds(), claims["exp"].(float64)-claims["iat"].(float64), 0)
	}
}

func TestAssertionFrom(t *testing.T) {
	t.Parallel()
	content := " \naa.bb.cc\n"
	auth := AssertionFrom(testID, func() (string, error) { return content, nil })
	assert.Equal(t, "private_key_jwt", auth.Method)
	assert.False(t, auth.Static)
	assert.False(t, auth.Signs)
	assert.Equal(t, "aa.bb.cc", assertionOf(t, auth).Get("client_assertion"))
	content = "dd.ee.f-_"
	assert.Equal(t, "dd.ee.f-_", assertionOf(t, auth).Get("client_assertion"), "read again")
	const parts = `client assertion is not a signed JWT; it must be three parts in base64url, separated by dots`
	for text, message := range map[string]string{
		"":                                  `client assertion is empty; it must be a signed JWT`,
		"aa.bb":                             parts,
		"aa.bb.cc.dd.ee":                    parts,
		"aa..cc":                            parts,
		"aa.bb.c&client_id=x":               parts,
		strings.Repeat("a", maxAssertion):   parts,
		strings.Repeat("a", maxAssertion+1): `client assertion has more than 16384 bytes; it must be a signed JWT`,
	} {
		content = text
		require.EqualError(t, auth.Apply(context.Background(), &TokenRequest{Form: url.Values{}}), message)
	}
}

// Credentials that cannot be made are a class of their own: nothing was sent, and repeating does
// not help. When the iteration ends meanwhile it is that.
func TestCredentialsThatCannotBeMade(t *testing.T) {
	t.Parallel()
	c := config()
	calls := 0
	c.Auth = AssertionFrom(testID, func() (string, error) { calls++; return "", errors.New("option is gone") })
	client := newClient(t, c)
	never := func(*http.Request) (*http.Response, error) { t.Error("sent"); return nil, assert.AnError }
	_, err := client.TokenWithRetry(context.Background(), Doer(never), Retry{Attempts: 3}, nil)
	var e *Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "client_authentication", e.Code)
	assert.Equal(t, "client_authentication", e.Label())
	assert.Equal(t, `option is gone`, e.Description)
	assert.False(t, e.Retryable())
	assert.Equal(t, 1, calls)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = client.Token(ctx, never)
	require.ErrorAs(t, err, &e)
	assert.Equal(t, CodeCanceled, e.Code)
}

func BenchmarkSigning(b *testing.B) {
	u, err := url.Parse(testURL)
	require.NoError(b, err)
	run := func(name string, auth ClientAuth) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := auth.Apply(context.Background(), &TokenRequest{URL: u, Form: make(url.Values)}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for _, algorithm := range SecretAlgorithms {
		auth, err := ClientSecretJWT(Assertion{ClientID: testID}, longSecret, algorithm)
		require.NoError(b, err)
		run(algorithm, auth)
	}
	for _, algorithm := range KeyAlgorithms {
		key, err := ParseSigningKey(testkit.KeyPEM(b, testkit.Key(b, algorithm)), algorithm, "")
		require.NoError(b, err)
		auth, err := PrivateKeyJWT(Assertion{ClientID: testID}, key)
		require.NoError(b, err)
		run(algorithm, auth)
	}
}
