package command

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// grantByCertificate gets a token as a script with this environment would, and
// uses it.
func grantByCertificate(t *testing.T, env map[string]string) {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(env["CLIENT_CERTIFICATE_FILE"], env["CLIENT_KEY_FILE"])
	require.NoError(t, err)
	client := trustingClient(t, env["SSL_CERT_FILE"], pair)
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {env["CLIENT_ID"]}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, env["TOKEN_URL"], strings.NewReader(form.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	body, err := exchange(client, r)
	require.NoError(t, err, string(body))
	var token struct {
		AccessToken string `json:"access_token"`
	}
	require.NoError(t, json.Unmarshal(body, &token))
	r, err = http.NewRequestWithContext(t.Context(), http.MethodGet, env["API_URL"], http.NoBody)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token.AccessToken)
	_, err = exchange(client, r)
	require.NoError(t, err)
}

// The certificate is made on demand, works for what the command gets, and is used
// again by the next server.
func TestClientCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certificate := filepath.Join(dir, "client.pem")
	var made []byte
	for range 2 {
		tt := serveWith(t, nil, "--tls-dir", filepath.Join(dir, "tls"), "--client-certificate", certificate)
		env := exported(tt.until(t, "export SSL_CERT_FILE"))
		require.Equal(t, certificate, env["CLIENT_CERTIFICATE_FILE"])
		require.Equal(t, filepath.Join(dir, "client-key.pem"), env["CLIENT_KEY_FILE"])
		grantByCertificate(t, env)
		require.NoError(t, loadOnce(func(name string) string { return env[name] }), "the secret works as well")
		tt.signals <- os.Interrupt
		_, err := tt.rest(t)
		require.NoError(t, err)
		text, err := os.ReadFile(certificate) // #nosec G304 -- of this test
		require.NoError(t, err)
		if made != nil {
			require.Equal(t, made, text)
		}
		made = text
	}
}

func TestClientCertificateFlags(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.pem")
	require.NoError(t, os.WriteFile(broken, []byte("x"), 0o600))
	for _, c := range []struct {
		args []string
		text string
	}{
		{
			[]string{"--client-certificate", "c.pem"},
			"--client-certificate needs --tls-dir, because a certificate is shown in the TLS handshake; add it",
		},
		{
			[]string{"--client-certificate", "c.pem", "--tls-dir", dir, "--client-key", filepath.Join(dir, "k.pem")},
			"--client-certificate and --client-key contradict each other: the certificate has a key of its own, which is for " +
				"private_key_jwt as well",
		},
		{
			[]string{"--client-certificate", broken, "--tls-dir", filepath.Join(dir, "tls")},
			"--client-certificate: " + broken + " and " + filepath.Join(dir, "broken-key.pem") + " cannot be used: open " +
				filepath.Join(dir, "broken-key.pem") + ": no such file or directory; remove both, or name another file",
		},
	} {
		_, err := serveWith(t, nil, c.args...).rest(t)
		require.EqualError(t, err, c.text)
		require.Equal(t, 104, exitCode(err))
	}
}

// The clients file has the members of RFC 8705 §2.1.2 and §2.2.2.
func TestClientsFileWithCertificates(t *testing.T) {
	t.Parallel()
	own, err := authserver.Client{ID: "a"}.WithCertificate(t.TempDir(), filepath.Join(t.TempDir(), "c.pem"),
		filepath.Join(t.TempDir(), "k.pem"))
	require.NoError(t, err)
	for _, member := range []string{"subject_dn", "san_dns", "san_uri", "san_ip", "san_email"} {
		clients, err := clientsIn(t, "c.json",
			fmt.Sprintf(`[{"client_id": "a", "tls_client_auth_%s": "192.0.2.1", "token_endpoint_auth_method": "tls_client_auth"}]`, member))
		require.NoError(t, err)
		_, err = authserver.New(authserver.Config{Clients: clients, TLSDir: t.TempDir()})
		require.NoError(t, err)
		require.Equal(t, []string{"192.0.2.1"}, given(clients[0].Subject), member)
	}
	key, err := json.Marshal(own.JWKS.Keys[0])
	require.NoError(t, err)
	clients, err := clientsIn(t, "c.json",
		fmt.Sprintf(`[{"client_id": "a", "jwks": {"keys": [%s]}, "token_endpoint_auth_method": "self_signed_tls_client_auth"}]`, key))
	require.NoError(t, err)
	_, err = authserver.New(authserver.Config{Clients: clients, TLSDir: t.TempDir()})
	require.NoError(t, err)
}

func given(s authserver.CertificateSubject) (values []string) {
	for _, v := range []string{s.DN, s.DNS, s.URI, s.IP, s.Email} {
		if v != "" {
			values = append(values, v)
		}
	}
	return values
}
