package command

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// Certificate and key that cannot be used end the doctor before anything is sent.
func TestDoctorWithAWrongCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pair := func(name string) (certificate, key string) {
		certificate, key = filepath.Join(dir, name+".pem"), filepath.Join(dir, name+"-key.pem")
		_, err := authserver.Client{ID: name}.WithCertificate(dir, certificate, key)
		require.NoError(t, err)
		return certificate, key
	}
	own, key := pair("own")
	_, otherKey := pair("other")
	for name, c := range map[string]struct{ certificate, key, want string }{
		"none": {
			"", key,
			"CLIENT_CERTIFICATE_FILE is not set; set it to the file of the client's certificate, PEM, and set CLIENT_KEY_FILE " +
				"to the file of its private key",
		},
		"no key": {
			own, "",
			"CLIENT_KEY_FILE is not set; set it to the file of the certificate's private key, PEM or JWK",
		},
		"no file": {
			filepath.Join(dir, "gone"), key,
			"CLIENT_CERTIFICATE_FILE cannot be read: no such file or directory (" + filepath.Join(dir,
				"gone") + "); it must be the path of the client's certificate, PEM",
		},
		"no file of key": {
			own, filepath.Join(dir, "gone"),
			"CLIENT_KEY_FILE cannot be read: no such file or directory (" + filepath.Join(dir,
				"gone") + "); it must be the path of the certificate's private key, PEM or JWK",
		},
		"the key": {
			key, key,
			`CLIENT_CERTIFICATE_FILE is a PEM block "PRIVATE KEY"; it must be the client's certificate as PEM, followed by the certificates of the intermediate CAs`,
		},
		"another key": {
			own, otherKey,
			"CLIENT_KEY_FILE is not the private key of the certificate; the two must belong together",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := examine(t, nil, map[string]string{
				"TOKEN_URL": "https://127.0.0.1:1/token", "CLIENT_ID": "me", "AUTH": "tls_client_auth",
				"CLIENT_CERTIFICATE_FILE": c.certificate, "CLIENT_KEY_FILE": c.key,
			})
			require.Equal(t, 104, exitCode(err))
			require.EqualError(t, err, c.want)
			require.Empty(t, out)
		})
	}
}

// With private_key_jwt the assertion names the certificate, and a server that has it registered takes no
// other one of the same key.
func TestDoctorNamesTheCertificateOfTheKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	own, key, other := filepath.Join(dir, "own.pem"), filepath.Join(dir, "own-key.pem"), filepath.Join(dir, "other.pem")
	_, err := authserver.Client{ID: "me"}.WithCertificate(dir, own, key)
	require.NoError(t, err)
	pair, err := tls.LoadX509KeyPair(own, key)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, pair.Leaf.PublicKey,
		pair.PrivateKey.(crypto.Signer))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(other, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	server, err := authserver.New(authserver.Config{Clients: []authserver.Client{{
		ID: "me", Scope: "a", AuthMethod: "private_key_jwt", JWKS: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
			{Key: pair.Leaf.PublicKey, Use: "sig", Certificates: []*x509.Certificate{pair.Leaf}},
		}},
	}}})
	require.NoError(t, err)
	require.NoError(t, server.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
		defer cancel()
		require.NoError(t, server.Shutdown(ctx))
	})
	for file, code := range map[string]int{own: 0, other: 1, "": 0} {
		out, err := examine(t, nil, map[string]string{
			"ISSUER": server.Endpoints().Issuer, "CLIENT_ID": "me", "SCOPE": "a", "AUTH": "private_key_jwt",
			"CLIENT_KEY_FILE":         key,
			"CLIENT_CERTIFICATE_FILE": file,
		})
		require.Equal(t, code, exitCode(err), "%s: %v %s", file, err, out)
	}
}
