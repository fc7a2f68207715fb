package oauth

import (
	"crypto/sha1" // #nosec G505 -- RFC 7515 §4.1.7 requires it
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// headerOf is the header of the assertion that auth makes, as it is.
func headerOf(t *testing.T, auth ClientAuth) (header map[string]any) {
	t.Helper()
	encoded, _, _ := strings.Cut(assertionOf(t, auth).Get("client_assertion"), ".")
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &header))
	return header
}

// Some servers find the key by the certificate that is registered (RFC 7515 §4.1.7 and §4.1.8).
func TestThumbprintsOfTheCertificate(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
		private := testkit.Key(t, algorithm)
		chain := certificateOf(t, private, time.Now())
		c, err := ParseClientCertificate(append(chain, certificateOf(t, testkit.Key(t, "ES256"), time.Now())...),
			testkit.KeyPEM(t, private))
		require.NoError(t, err)
		key, err := ParseSigningKey(testkit.KeyPEM(t, private), algorithm, "key-1")
		require.NoError(t, err)
		auth, err := PrivateKeyJWT(Assertion{ClientID: testID, Certificate: c}, key)
		require.NoError(t, err)
		bySHA1, bySHA256 := sha1.Sum(c.Certificate().Raw), sha256.Sum256(c.Certificate().Raw) // #nosec G401 -- see above
		assert.Equal(t, map[string]any{
			"alg": algorithm, "typ": "JWT", "kid": "key-1",
			"x5t":      base64.RawURLEncoding.EncodeToString(bySHA1[:]),
			"x5t#S256": base64.RawURLEncoding.EncodeToString(bySHA256[:]),
		}, headerOf(t, auth))
		opened(t, assertionOf(t, auth).Get("client_assertion"), algorithm, private.Public())
	}
}

func TestFurtherMembersOfTheHeader(t *testing.T) {
	t.Parallel()
	private := testkit.Key(t, "ES256")
	key, err := ParseSigningKey(testkit.KeyPEM(t, private), "", "")
	require.NoError(t, err)
	x5c := base64.StdEncoding.EncodeToString([]byte(der(string(certificateOf(t, private, time.Now())))))
	header := map[string]any{
		"x5t": "thumbprint", "x5c": []string{x5c}, "jku": "https://idp.example.com/jwks", "cty": json.RawMessage(`"JWT"`),
		"n": json.RawMessage("12345678901234567890"),
	}
	auth, err := PrivateKeyJWT(Assertion{ClientID: testID, Header: header}, key)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"alg": "ES256", "typ": "JWT", "x5t": "thumbprint", "x5c": []any{x5c}, "jku": "https://idp.example.com/jwks",
		"cty": "JWT", "n": 12345678901234567890.0,
	}, headerOf(t, auth))
	opened(t, assertionOf(t, auth).Get("client_assertion"), "ES256", private.Public())

	auth, err = ClientSecretJWT(Assertion{ClientID: testID, Header: map[string]any{"tenant": "blue"}}, longSecret, "")
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"alg": "HS256", "typ": "JWT", "tenant": "blue"}, headerOf(t, auth))
}

func TestWrongHeaders(t *testing.T) {
	t.Parallel()
	key, err := ParseSigningKey([]byte(rfc7515EC), "", "")
	require.NoError(t, err)
	for _, name := range []string{"alg", "typ", "kid", "crit", "b64"} {
		_, err := PrivateKeyJWT(Assertion{Header: map[string]any{name: "hush", "z": 1}}, key)
		require.EqualError(t, err,
			`assertion header must not contain "`+name+`"; the reserved members are alg, typ, kid, crit, b64`)
	}
	_, err = PrivateKeyJWT(Assertion{Header: map[string]any{"f": func() {}}}, key)
	require.EqualError(t, err, `assertion header contains a value that JSON cannot express`)
	c := testCertificate(t)
	_, err = PrivateKeyJWT(Assertion{Certificate: c}, key)
	require.EqualError(t, err, `key is not the private key of the certificate; the two must belong together`)
	for _, name := range []string{"x5t", "x5t#S256"} {
		_, err = PrivateKeyJWT(Assertion{Certificate: c, Header: map[string]any{name: "hush"}},
			&SigningKey{key: c.TLS().PrivateKey, algorithm: "ES256"})
		require.EqualError(t, err,
			`assertion header must not contain "`+name+`", which is the thumbprint of the certificate; set one of the two`)
	}
}
