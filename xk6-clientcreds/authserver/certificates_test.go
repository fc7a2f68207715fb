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

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
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
		".": os.ModeDir | 0o700, "ca.pem": 0o644, "ca-key.pem": 0o600, "server.pem": 0o644, "server-key.pem": 0o600,
	} {
		info, err := os.Stat(filepath.Join(dir, file))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode(), file)
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 4, "no temporary file is left")
}

// TestForeignCA holds that the files of somebody else are not overwritten.
func TestForeignCA(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]map[string]string{
		"no key":   {"ca.pem": "x"},
		"not a CA": nil,
		"garbage":  {"ca.pem": "x", "ca-key.pem": "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, content := range files {
				require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600))
			}
			if files == nil {
				pair := testkit.SelfSigned(t, testkit.NewKey(t, "ES256"), func(c *x509.Certificate) {
					c.NotAfter, c.BasicConstraintsValid = time.Now().AddDate(1, 0, 0), true
				})
				testkit.WriteCertificate(t, pair, filepath.Join(dir, "ca.pem"), filepath.Join(dir, "ca-key.pem"))
			}
			before, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
			require.NoError(t, err)
			s, err := New(Config{Clients: []Client{demo}, TLSDir: dir})
			require.NoError(t, err)
			err = s.Start(t.Context())
			var bad *ConfigError
			require.ErrorAs(t, err, &bad)
			require.Equal(t, "TLSDir", bad.Option)
			require.Contains(t, bad.Problem, filepath.Join(dir, "ca.pem"))
			require.Contains(t, bad.Problem, "or name another folder")
			after, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
			require.NoError(t, err)
			require.Equal(t, before, after)
		})
	}
}
