package servers

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// LongSecret is long enough for client_secret_jwt.
const LongSecret = "client-secret-jwt-0123456789abcdef0123456789"

// ExampleKey is the key of the client in examples/private-key-jwt.js.
var ExampleKey = sync.OnceValue(func() crypto.Signer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
})

// WriteKey writes a key as PEM of PKCS #8.
func WriteKey(t *testing.T, key crypto.Signer) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "client.pem")
	require.NoError(t, os.WriteFile(path, testkit.KeyPEM(t, key), 0o600))
	return path
}

// ClientKeys are the keys of the provider's clients cc-pkjwt-ec and cc-pkjwt-rsa.
type ClientKeys struct {
	ECPEM       string // files
	RSAJWK      string
	Environment string // for the provider
}

// NewClientKeys makes the keys.
func NewClientKeys(t *testing.T) ClientKeys {
	t.Helper()
	ec, rs := testkit.NewKey(t, "ES256"), testkit.NewKey(t, "RS256")
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: ec.Public(), KeyID: "cc-pkjwt-ec", Use: "sig", Algorithm: "ES256"},
		{Key: rs.Public(), KeyID: "cc-pkjwt-rsa", Use: "sig"},
	}})
	require.NoError(t, err)
	k := ClientKeys{ECPEM: WriteKey(t, ec), Environment: "CLIENT_JWKS=" + string(set)}
	k.RSAJWK = WriteJWK(t, rs, "cc-pkjwt-rsa")
	return k
}

// WriteJWK writes a key as a JWK.
func WriteJWK(t *testing.T, key crypto.Signer, id string) string {
	t.Helper()
	text, err := json.Marshal(jose.JSONWebKey{Key: key, KeyID: id})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "client.jwk")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}
