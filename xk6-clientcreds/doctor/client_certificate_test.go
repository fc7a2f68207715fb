package doctor

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// newCertificate is a self-signed certificate of a client.
func newCertificate(t *testing.T, lifetime time.Duration) *oauth.ClientCertificate {
	t.Helper()
	pair := testkit.SelfSigned(t, testkit.Key(t, "ES256"), func(c *x509.Certificate) {
		c.Subject.CommonName = testID
		c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(lifetime)
	})
	c, err := oauth.ParseClientCertificate(testkit.CertificatePEM(pair), testkit.KeyPEM(t, pair.PrivateKey))
	require.NoError(t, err)
	return c
}

// mutual is a server with a client that has a certificate of its CA, a secret and a key.
func mutual(t *testing.T, change func(*authserver.Config)) (*examined, *oauth.ClientCertificate) {
	t.Helper()
	dir := t.TempDir()
	certPath, keyPath := filepath.Join(dir, "client.pem"), filepath.Join(dir, "client-key.pem")
	x := serve(t, func(c *authserver.Config) {
		c.TLSDir = dir
		registered, err := c.Clients[0].WithCertificate(dir, certPath, keyPath)
		require.NoError(t, err)
		c.Clients[0] = registered
		if change != nil {
			change(c)
		}
	})
	read := func(path string) []byte {
		text, err := os.ReadFile(path) // #nosec G304 -- of this test
		require.NoError(t, err)
		return text
	}
	x.cfg.RootCAs = x509.NewCertPool()
	require.True(t, x.cfg.RootCAs.AppendCertsFromPEM(read(x.server.Endpoints().CAFile)))
	own, err := oauth.ParseClientCertificate(read(certPath), read(keyPath))
	require.NoError(t, err)
	return x, own
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	jwt, own := mutual(t, func(c *authserver.Config) { c.TokenFormat = authserver.JWT })
	byCertificate := func(c *Config) { c.Auth, c.ClientSecret, c.Certificate = "tls_client_auth", secret.Text{}, own }
	r := jwt.examine(t, byCertificate)
	r.isOnly(t, map[string]Status{})
	require.Equal(t, OK, r.get(t, "connection.client_certificate").Status)
	require.Contains(t, r.get(t, "connection.client_certificate").Summary,
		"the server asks for a certificate; CN=demo, by CN=clientcreds local CA")
	require.Equal(t, OK, r.get(t, "api.with_token").Status, "the API sees the certificate as well")
	binding := r.get(t, "advice.binding")
	require.Equal(t, true, binding.Data["certificate_bound"])
	require.Contains(t, binding.Hint, "client.get")

	r = jwt.examine(t, func(c *Config) { byCertificate(c); c.Certificate = newCertificate(t, 365*24*time.Hour) })
	r.isOnly(t, map[string]Status{"grant.configured": Failed})
	require.Contains(t, r.get(t, "grant.configured").Hint,
		"the subject or the key of this certificate is registered at the server")

	r = jwt.examine(t, func(c *Config) { byCertificate(c); c.Certificate = newCertificate(t, -time.Minute) })
	r.isOnly(t, map[string]Status{"connection.client_certificate": Warning, "grant.configured": Failed})
	require.Regexp(t, "^the client's certificate expired on ", r.get(t, "connection.client_certificate").Summary)

	r = jwt.examine(t, func(c *Config) { byCertificate(c); c.Certificate = newCertificate(t, 10*24*time.Hour) })
	r.isOnly(t, map[string]Status{"connection.client_certificate": Warning, "grant.configured": Failed})
	require.Equal(t, "have the certificate renewed before a long test", r.get(t, "connection.client_certificate").Hint)

	r = jwt.examine(t, func(c *Config) { byCertificate(c); c.ClientSecret, c.AllMethods = secret.New(testSecret), true })
	require.Equal(t, map[string]Status{
		"configured": OK, "client_secret_basic_form": OK, "client_secret_basic_raw": OK, "client_secret_post": OK,
		"client_secret_jwt": Skipped, "private_key_jwt": Skipped, "self_signed_tls_client_auth": Skipped,
	}, r.grants(), "the other one sends the same")
	r = jwt.examine(t, func(c *Config) { c.Certificate, c.AllMethods = own, true })
	require.Equal(t, OK, r.grants()["tls_client_auth"], "on a connection of its own")
	for _, c := range r.Checks {
		require.NotContains(t, []string{"connection.client_certificate", "advice.binding"}, c.ID,
			"the configured method has none")
	}

	opaque, own := mutual(t, nil)
	r = opaque.examine(t, func(c *Config) { c.Auth, c.ClientSecret, c.Certificate = "tls_client_auth", secret.Text{}, own })
	require.Nil(t, r.get(t, "advice.binding").Data["certificate_bound"])
}

// A server that does not ask for a certificate at the usual place, does at its alias, and answers with
// tokens that are bound to somebody's.
func TestCertificateAtTheAlias(t *testing.T) {
	t.Parallel()
	own := newCertificate(t, 365*24*time.Hour)
	bound, _ := json.Marshal(map[string]any{"cnf": map[string]string{"x5t#S256": "another"}})
	token := ""
	handler := func(m *map[string]any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.URL.Path != "/token" {
				_ = json.NewEncoder(w).Encode(*m)
				return
			}
			_, _ = fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":300}`, token)
		}
	}
	metadata := make(map[string]any)
	plain := httptest.NewTLSServer(handler(&metadata))
	t.Cleanup(plain.Close)
	mtls := httptest.NewUnstartedServer(handler(&metadata))
	mtls.TLS = &tls.Config{
		ClientAuth: tls.RequireAnyClientCert, ClientCAs: x509.NewCertPool(),
		MinVersion: tls.VersionTLS12,
	}
	mtls.TLS.ClientCAs.AddCert(plain.Certificate())
	mtls.Config.ErrorLog = log.New(io.Discard, "", 0)
	mtls.StartTLS()
	t.Cleanup(mtls.Close)
	metadata["issuer"], metadata["token_endpoint"] = plain.URL, plain.URL+"/token"
	metadata["token_endpoint_auth_methods_supported"] = []string{"tls_client_auth", "client_secret_basic"}
	cfg := Config{
		Issuer: plain.URL, ClientID: testID, Auth: "tls_client_auth", Certificate: own,
		RootCAs: plain.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs,
	}

	token = "opaque"
	r := examine(t, cfg)
	require.Equal(t, Warning, r.get(t, "connection.client_certificate").Status)
	require.Contains(t, r.get(t, "connection.client_certificate").Hint, "mtls_endpoint_aliases")

	metadata["mtls_endpoint_aliases"] = map[string]string{"token_endpoint": mtls.URL + "/token"}
	r = examine(t, cfg)
	require.Equal(t, mtls.URL+"/token", r.TokenEndpoint)
	require.Equal(t, OK, r.get(t, "discovery.token_endpoint").Status)
	shown := r.get(t, "connection.client_certificate")
	require.Equal(t, "the server asks for a certificate of one CA; the client's is by CN=demo", shown.Summary)
	require.Equal(t, OK, r.get(t, "grant.configured").Status)

	token = "eyJhbGciOiJFUzI1NiJ9." + base64.RawURLEncoding.EncodeToString(bound) + ".c2ln"
	r = examine(t, cfg)
	require.Contains(t, r.get(t, "grant.configured").Summary, "token_binding")
	require.Contains(t, r.get(t, "grant.configured").Hint, "the certificate of a proxy")
	r = examine(t, Config{Issuer: plain.URL, ClientID: testID, ClientSecret: secret.New(testSecret), RootCAs: cfg.RootCAs})
	require.Equal(t, plain.URL+"/token", r.TokenEndpoint, "the alias is not for others")
	require.Equal(t, Warning, r.get(t, "advice.binding").Status)

	metadata["mtls_endpoint_aliases"] = map[string]string{"token_endpoint": "http://127.0.0.1:1/token"}
	r = examine(t, cfg)
	require.Equal(t, Failed, r.get(t, "discovery.token_endpoint").Status)
	require.Equal(t, Skipped, r.get(t, "grant.configured").Status)

	cfg.Issuer, cfg.TokenURL = "", mtls.URL+"/token"
	cfg.Certificate = nil
	_, err := Run(t.Context(), cfg)
	require.EqualError(t, err,
		"CLIENT_CERTIFICATE_FILE is not set; set it to the file of the client's certificate, PEM, and set CLIENT_KEY_FILE "+
			"to the file of its private key")
	cfg.Certificate, cfg.TokenURL = own, "http://127.0.0.1:1/token"
	_, err = Run(t.Context(), cfg)
	require.EqualError(t, err,
		"TOKEN_URL is an http URL; tls_client_auth needs https, because a certificate is shown in the TLS handshake")
}

// A server that ends the connection of certificates that it does not know.
func TestRefusedHandshake(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: x509.NewCertPool(),
		MinVersion: tls.VersionTLS12,
	}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	r := examine(t, Config{
		TokenURL: server.URL + "/token", ClientID: testID, Auth: "self_signed_tls_client_auth",
		Certificate: newCertificate(t, time.Hour),
		RootCAs:     server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs,
	})
	require.Equal(t, Failed, r.get(t, "grant.configured").Status)
	require.Contains(t, r.get(t, "grant.configured").Hint, "the server may have refused the client's certificate")
}
