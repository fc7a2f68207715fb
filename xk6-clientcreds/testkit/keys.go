// Package testkit makes what the tests of several packages need: keys, certificates, and the project's documents.
// Nothing else imports it. The client and the server share no code with it, so that no fault hides in both.
package testkit

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// rsaKey is made once per process, because that takes a while.
var rsaKey = sync.OnceValues(newRSAKey)

func newRSAKey() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }

// Key returns a private key that can sign by a JOSE algorithm (RFC 7518 §3.1, RFC 8037): a new one, or for RSA the one
// of this process.
func Key(t testing.TB, algorithm string) crypto.Signer {
	t.Helper()
	return key(t, algorithm, rsaKey)
}

// NewKey is Key, but returns a new key for RSA as well.
func NewKey(t testing.TB, algorithm string) crypto.Signer {
	t.Helper()
	return key(t, algorithm, newRSAKey)
}

func key(t testing.TB, algorithm string, ofRSA func() (*rsa.PrivateKey, error)) crypto.Signer {
	t.Helper()
	curves := map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()}
	var key crypto.Signer
	var err error
	switch {
	case curves[algorithm] != nil:
		key, err = ecdsa.GenerateKey(curves[algorithm], rand.Reader)
	case algorithm == "EdDSA":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		key, err = ofRSA()
	}
	require.NoError(t, err)
	return key
}

// KeyPEM returns a private key as PKCS #8 (RFC 5958) in PEM.
func KeyPEM(t testing.TB, key crypto.PrivateKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}
