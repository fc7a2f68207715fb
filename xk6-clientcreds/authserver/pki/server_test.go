package pki

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestCertificatesAreReused holds that a client goes on trusting a server that
// was started again, and that a new name gets a new certificate of the same CA.
func TestCertificatesAreReused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	load := func(hosts ...string) *Server {
		c, err := LoadServer(dir, hosts)
		require.NoError(t, err)
		return c
	}
	first, again := load("localhost"), load("localhost")
	require.Equal(t, first.Certificate.Leaf.Raw, again.Certificate.Leaf.Raw)
	other := load("localhost", "login.example", "10.1.2.3")
	require.NotEqual(t, first.Certificate.Leaf.Raw, other.Certificate.Leaf.Raw)
	for _, c := range []*Server{first, other} {
		_, err := c.Certificate.Leaf.Verify(x509.VerifyOptions{Roots: first.CAs, DNSName: "localhost"})
		require.NoError(t, err)
	}
	require.NoError(t, other.Certificate.Leaf.VerifyHostname("login.example"))
	require.NoError(t, other.Certificate.Leaf.VerifyHostname("10.1.2.3"))
}

// TestCertificatesAreRenewed holds that what is about to expire is replaced.
func TestCertificatesAreRenewed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	soon := time.Now().Add(renewBefore - time.Minute)
	old, err := makeCertificate(path(caFile), path(caKeyFile), &x509.Certificate{
		NotAfter: soon, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil)
	require.NoError(t, err)
	renewed, err := LoadServer(dir, []string{"localhost"})
	require.NoError(t, err)
	_, err = renewed.Certificate.Leaf.Verify(x509.VerifyOptions{Roots: renewed.CAs})
	require.NoError(t, err)
	require.Error(t, renewed.Certificate.Leaf.CheckSignatureFrom(old.Leaf))
	require.True(t, renewed.Certificate.Leaf.NotAfter.After(soon))

	ca, err := loadCA(dir)
	require.NoError(t, err)
	_, err = makeCertificate(path(serverFile), path(serverKeyFile), &x509.Certificate{
		NotAfter: soon, DNSNames: []string{"localhost"}, BasicConstraintsValid: true,
	}, ca)
	require.NoError(t, err)
	server, err := loadServerCertificate(dir, ca, []string{"localhost"})
	require.NoError(t, err)
	require.True(t, server.Leaf.NotAfter.After(soon))
}

func TestExpiredCertificatesAreMadeAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certPath, keyPath := filepath.Join(dir, "client.pem"), filepath.Join(dir, "client-key.pem")
	ca, err := loadCA(dir)
	require.NoError(t, err)
	_, err = makeCertificate(certPath, keyPath, &x509.Certificate{
		Subject: pkix.Name{CommonName: "a"}, NotAfter: time.Now().Add(time.Minute),
	}, ca)
	require.NoError(t, err)
	old, err := os.ReadFile(certPath)
	require.NoError(t, err)
	_, _, err = LoadClient(dir, certPath, keyPath, "a")
	require.NoError(t, err)
	fresh, err := os.ReadFile(certPath)
	require.NoError(t, err)
	require.NotEqual(t, old, fresh)
}
