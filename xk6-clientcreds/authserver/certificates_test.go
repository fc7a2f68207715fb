package authserver

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// trusting returns a client that trusts the CA of the file alone.
func trusting(t *testing.T, file string) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(file)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(pem))
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
	}}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func TestHTTPS(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "folder")
	s := start(t, Config{TLSDir: dir, APIAddr: "127.0.0.1:0", APICheck: CheckIntrospection})
	e := s.Endpoints()
	require.Equal(t, filepath.Join(dir, "ca.pem"), e.CAFile)
	client := trusting(t, e.CAFile)
	token := post(e.Token, demo, clientCredentials).send(t, client).member(t, "access_token")
	require.Equal(t, http.StatusOK, get(e.API, token).send(t, client).status)
	require.Equal(t, e.Issuer, get(e.Metadata, "").send(t, client).member(t, "issuer"))
	for file, mode := range map[string]os.FileMode{
		".": os.ModeDir | 0o700, caFile: 0o644, caKeyFile: 0o600, serverFile: 0o644, serverKeyFile: 0o600,
	} {
		info, err := os.Stat(filepath.Join(dir, file))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode(), file)
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 4, "no temporary file is left")
}

// TestCertificatesAreReused holds that a client goes on trusting a server that
// was started again, and that a new name gets a new certificate of the same CA.
func TestCertificatesAreReused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	load := func(hosts ...string) *certificates {
		c, err := loadCertificates(dir, hosts)
		require.NoError(t, err)
		return c
	}
	first, again := load("localhost"), load("localhost")
	require.Equal(t, first.server.Leaf.Raw, again.server.Leaf.Raw)
	other := load("localhost", "login.example", "10.1.2.3")
	require.NotEqual(t, first.server.Leaf.Raw, other.server.Leaf.Raw)
	for _, c := range []*certificates{first, other} {
		_, err := c.server.Leaf.Verify(x509.VerifyOptions{Roots: first.pool, DNSName: "localhost"})
		require.NoError(t, err)
	}
	require.NoError(t, other.server.Leaf.VerifyHostname("login.example"))
	require.NoError(t, other.server.Leaf.VerifyHostname("10.1.2.3"))
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
	renewed, err := loadCertificates(dir, []string{"localhost"})
	require.NoError(t, err)
	_, err = renewed.server.Leaf.Verify(x509.VerifyOptions{Roots: renewed.pool})
	require.NoError(t, err)
	require.Error(t, renewed.server.Leaf.CheckSignatureFrom(old.Leaf))
	require.True(t, renewed.server.Leaf.NotAfter.After(soon))

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

// TestForeignCA holds that the files of somebody else are not overwritten.
func TestForeignCA(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]map[string]string{
		"no key":   {caFile: "x"},
		"not a CA": nil,
		"garbage":  {caFile: "x", caKeyFile: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, content := range files {
				require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600))
			}
			if files == nil {
				_, err := makeCertificate(filepath.Join(dir, caFile), filepath.Join(dir, caKeyFile),
					&x509.Certificate{NotAfter: time.Now().Add(caLifetime), BasicConstraintsValid: true}, nil)
				require.NoError(t, err)
			}
			before, err := os.ReadFile(filepath.Join(dir, caFile))
			require.NoError(t, err)
			s, err := New(Config{Clients: []Client{demo}, TLSDir: dir})
			require.NoError(t, err)
			err = s.Start(t.Context())
			var bad *ConfigError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, "TLSDir", bad.Option)
			require.Contains(t, bad.Problem, filepath.Join(dir, caFile))
			require.Contains(t, bad.Problem, "or name another folder")
			after, err := os.ReadFile(filepath.Join(dir, caFile))
			require.NoError(t, err)
			require.Equal(t, before, after)
		})
	}
}
