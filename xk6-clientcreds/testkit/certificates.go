package testkit

import (
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// SelfSigned returns a certificate of key that is its own issuer. It is valid for the hour around now, and changed by
// change, which may be nil.
func SelfSigned(t testing.TB, key crypto.Signer, change func(*x509.Certificate)) *tls.Certificate {
	t.Helper()
	return Certificate(t, nil, key, change)
}

// Certificate returns a certificate of key from an issuer, which is the certificate itself if the issuer is nil. It is
// valid for the hour around now, and changed by change, which may be nil.
func Certificate(t testing.TB, issuer *tls.Certificate, key crypto.Signer,
	change func(*x509.Certificate),
) *tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-30 * time.Minute),
		NotAfter:     time.Now().Add(30 * time.Minute),
	}
	if change != nil {
		change(template)
	}
	parent, signer := template, any(key)
	if issuer != nil {
		parent, signer = issuer.Leaf, issuer.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// WriteCertificate writes a certificate and its key to files.
func WriteCertificate(t testing.TB, pair *tls.Certificate, certPath, keyPath string) {
	t.Helper()
	require.NoError(t, os.WriteFile(certPath, CertificatePEM(pair), 0o600))
	require.NoError(t, os.WriteFile(keyPath, KeyPEM(t, pair.PrivateKey), 0o600))
}

// CertificatePEM returns a certificate without its key.
func CertificatePEM(pair *tls.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})
}
