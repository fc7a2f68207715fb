package oauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

func made[T any](key T, err error) T {
	if err != nil {
		panic(err)
	}
	return key
}

func pemOf(label string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der})
}

// The keys and signatures of RFC 7515 §A.3 (ES256) and RFC 8037 §A.4 (EdDSA). EdDSA is
// deterministic: it is compared octet by octet.
const (
	rfc7515EC = `{"kty":"EC","crv":"P-256",
		"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
		"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}`
	rfc7515Claims = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}"
	rfc7515ES256  = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
	rfc8037Ed     = `{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	rfc8037EdDSA  = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)

func TestRFCVectors(t *testing.T) {
	t.Parallel()
	ed, err := ParseSigningKey([]byte(rfc8037Ed), "", "")
	require.NoError(t, err)
	assert.Equal(t, "EdDSA", ed.Algorithm())
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: ed.key}, nil)
	require.NoError(t, err)
	signed, err := signer.Sign([]byte("Example of Ed25519 signing"))
	require.NoError(t, err)
	compact, err := signed.CompactSerialize()
	require.NoError(t, err)
	assert.Equal(t, []byte(rfc8037EdDSA), []byte(compact))

	ec, err := ParseSigningKey([]byte(rfc7515EC), "", "")
	require.NoError(t, err)
	verified, err := jose.ParseSignedCompact(rfc7515ES256, []jose.SignatureAlgorithm{jose.ES256})
	require.NoError(t, err)
	payload, err := verified.Verify(ec.key.(*ecdsa.PrivateKey).Public())
	require.NoError(t, err)
	assert.JSONEq(t, rfc7515Claims, string(payload))
}

func TestEveryFormOfKey(t *testing.T) {
	t.Parallel()
	ec := testkit.Key(t, "ES384").(*ecdsa.PrivateKey)
	sec1, err := x509.MarshalECPrivateKey(ec)
	require.NoError(t, err)
	jwk := func(key any) []byte {
		text, err := json.Marshal(jose.JSONWebKey{Key: key, KeyID: "of-the-jwk", Algorithm: "PS384"})
		require.NoError(t, err)
		return text
	}
	public, err := x509.MarshalPKIXPublicKey(ec.Public())
	require.NoError(t, err)
	for name, tc := range map[string]struct {
		text            []byte
		algorithm, id   string // given
		wantAlg, wantID string
	}{
		"PKCS #8, RSA":     {testkit.KeyPEM(t, testkit.Key(t, "RS256")), "", "", "RS256", ""},
		"PKCS #8, Ed25519": {testkit.KeyPEM(t, testkit.Key(t, "EdDSA")), "", "k", "EdDSA", "k"},
		"PKCS #1": {pemOf("RSA PRIVATE KEY",
			x509.MarshalPKCS1PrivateKey(testkit.Key(t, "RS256").(*rsa.PrivateKey))), "PS512", "", "PS512", ""},
		"SEC 1": {pemOf("EC PRIVATE KEY", sec1), "", "", "ES384", ""},
		"with parameters before": {
			append(pemOf("EC PARAMETERS", []byte{6, 1, 1}), pemOf("EC PRIVATE KEY", sec1)...), "", "",
			"ES384", "",
		},
		"beside a public key": {
			append(pemOf("PUBLIC KEY", public), pemOf("EC PRIVATE KEY", sec1)...), "", "", "ES384",
			"",
		},
		"JWK": {jwk(testkit.Key(t, "RS256")), "", "", "PS384", "of-the-jwk"},
		"JWK, otherwise": {
			append([]byte("\ufeff \n"), jwk(testkit.Key(t, "RS256"))...), "RS512", "mine", "RS512",
			"mine",
		},
		"JWK, ES256": {[]byte(rfc7515EC), "", "", "ES256", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, err := ParseSigningKey(tc.text, tc.algorithm, tc.id)
			require.NoError(t, err)
			assert.Equal(t, []string{tc.wantAlg, tc.wantID}, []string{key.Algorithm(), key.id})
			assert.Equal(t, tc.wantAlg+" key", key.String())
			assert.Equal(t, tc.wantAlg+" key", fmt.Sprintf("%#v", key))
		})
	}
}

func TestWrongKeys(t *testing.T) {
	t.Parallel()
	small := made(rsa.GenerateKey(rand.Reader, 1024))
	p224 := made(ecdsa.GenerateKey(elliptic.P224(), rand.Reader))
	public, err := x509.MarshalPKIXPublicKey(testkit.Key(t, "RS256").Public())
	require.NoError(t, err)
	publicJWK, err := json.Marshal(jose.JSONWebKey{Key: testkit.Key(t, "RS256").Public()})
	require.NoError(t, err)
	const want = "; it must be a private RSA, EC or Ed25519 key, as PEM (PKCS #8, PKCS #1 or SEC 1) or as a JWK"
	for name, tc := range map[string]struct {
		text      string
		algorithm string
		message   string
	}{
		"nothing": {"", "", `key contains no PEM block and is not a JWK` + want},
		"text":    {"s3cr3t-key", "", `key contains no PEM block and is not a JWK` + want},
		"public":  {string(pemOf("PUBLIC KEY", public)), "", `key is a PEM block "PUBLIC KEY"` + want},
		"garbage": {
			string(pemOf("PRIVATE KEY", []byte("s3cr3t-key"))), "",
			`key is a PEM block "PRIVATE KEY" that cannot be read as one` + want,
		},
		"encrypted": {
			string(pemOf("ENCRYPTED PRIVATE KEY", []byte("x"))), "",
			`key is encrypted; remove the passphrase, such as with openssl pkey -in key.pem -out plain.pem`,
		},
		"OpenSSH": {
			string(pemOf("OPENSSH PRIVATE KEY", []byte("x"))), "",
			`key is a PEM block "OPENSSH PRIVATE KEY"` + want,
		},
		"small": {
			string(testkit.KeyPEM(t, small)), "",
			`key is an RSA key of 1024 bits; it must have 2048 or more (RFC 7518 §3.3)`,
		},
		"curve": {
			string(testkit.KeyPEM(t, p224)), "",
			`key is on the curve P-224; it must be on P-256, P-384 or P-521`,
		},
		"public JWK": {string(publicJWK), "", `key is a JWK without its private part` + want},
		"oct": {
			`{"kty":"oct","k":"s3cr3t-key"}`, "",
			`key is a symmetric JWK; set its secret as the client secret, and use client_secret_jwt`,
		},
		"set": {`{"keys":[]}`, "", `key is a JWK set; it must be a single JWK`},
		"encryption": {
			strings.Replace(rfc7515EC, "{", `{"use":"enc",`, 1), "",
			`key is a JWK whose use is not "sig"; it must be a key for signatures`,
		},
		"cut JWK": {
			`{"kty":"EC","d":"s3cr3t-key"`, "",
			`key begins like a JWK but is not a JSON object with the members of a JWK` + want,
		},
		"wrong JWK": {
			`{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}`, "",
			`key is not a valid JWK of a private RSA, EC or Ed25519 key (RFC 7518 §6, RFC 8037 §2)`,
		},
		"mixed JWK": {
			strings.Replace(rfc7515EC, `"d":"j`, `"d":"k`, 1), "",
			`key is a JWK whose private and public parts do not belong together; export it again`,
		},
		"mixed Ed25519": {
			strings.Replace(rfc8037Ed, `"d":"n`, `"d":"m`, 1), "",
			`key is not a valid JWK of a private RSA, EC or Ed25519 key (RFC 7518 §6, RFC 8037 §2)`,
		},
		"mixed RSA": {
			mixedRSA(t), "",
			`key is not a valid JWK of a private RSA, EC or Ed25519 key (RFC 7518 §6, RFC 8037 §2)`,
		},
		"EC as RS": {
			rfc7515EC, "RS256",
			`key algorithm is "RS256", which this key cannot sign with; the key supports ES256`,
		},
		"P-256 as ES384": {
			rfc7515EC, "ES384",
			`key algorithm is "ES384", which this key cannot sign with; the key supports ES256`,
		},
		"RSA as ES": {
			string(testkit.KeyPEM(t, testkit.Key(t, "RS256"))), "ES256",
			`key algorithm is "ES256", which this key cannot sign with; the key supports ` +
				"RS256, RS384, RS512, PS256, PS384, PS512",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseSigningKey([]byte(tc.text), tc.algorithm, "")
			require.EqualError(t, err, tc.message)
			assert.NotContains(t, err.Error(), "s3cr3t")
		})
	}
}

func FuzzSigningKey(f *testing.F) {
	f.Add([]byte(rfc7515EC), "ES256")
	f.Add([]byte(rfc8037Ed), "")
	f.Add(testkit.KeyPEM(f, testkit.Key(f, "ES256")), "")
	f.Add(pemOf("RSA PRIVATE KEY", []byte{0x30, 0}), "RS256")
	f.Add([]byte(`{"kty":"oct","k":"AA"}`), "HS256")
	f.Fuzz(func(t *testing.T, text []byte, algorithm string) {
		key, err := ParseSigningKey(text, algorithm, "")
		if err != nil {
			assert.Nil(t, key)
			wrong := new(ConfigError)
			require.ErrorAs(t, err, &wrong)
			assert.Contains(t, []Field{FieldKey, FieldKeyAlgorithm}, wrong.Field)
			return
		}
		assert.Contains(t, KeyAlgorithms, key.Algorithm())
		auth, err := PrivateKeyJWT(Assertion{ClientID: testID}, key)
		require.NoError(t, err)
		jwt := assertionOf(t, auth).Get("client_assertion")
		opened(t, jwt, key.Algorithm(), key.key.(crypto.Signer).Public())
		_, err = base64.RawURLEncoding.DecodeString(strings.Split(jwt, ".")[2])
		require.NoError(t, err)
	})
}

// mixedRSA is a JWK with the public part of one key and the private part of another.
func mixedRSA(t *testing.T) string {
	t.Helper()
	mixed := *testkit.Key(t, "RS256").(*rsa.PrivateKey)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	mixed.N = other.N
	mixed.Precomputed = rsa.PrecomputedValues{}
	text, err := json.Marshal(jose.JSONWebKey{Key: &mixed})
	require.NoError(t, err)
	return string(text)
}
