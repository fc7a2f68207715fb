package command

import (
	"path/filepath"
	"testing"

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
		"none":           {"", key, "CLIENT_CERTIFICATE_FILE is not set: give the file of the client's certificate, PEM, and its key as CLIENT_KEY_FILE"},
		"no key":         {own, "", "CLIENT_KEY_FILE is not set: give the file of the certificate's private key, PEM or JWK"},
		"no file":        {filepath.Join(dir, "gone"), key, "CLIENT_CERTIFICATE_FILE cannot be read: no such file or directory (" + filepath.Join(dir, "gone") + "); it must be the path of the client's certificate, PEM"},
		"no file of key": {own, filepath.Join(dir, "gone"), "CLIENT_KEY_FILE cannot be read: no such file or directory (" + filepath.Join(dir, "gone") + "); it must be the path of the certificate's private key, PEM or JWK"},
		"the key":        {key, key, `CLIENT_CERTIFICATE_FILE is a PEM block "PRIVATE KEY"; it must be the client's certificate as PEM, with those of the CAs between after it`},
		"another key":    {own, otherKey, "CLIENT_KEY_FILE is not the private key of the certificate; give the two that belong together"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := examine(t, nil, map[string]string{
				"TOKEN_URL": "https://127.0.0.1:1/token", "CLIENT_ID": "me", "AUTH": "tls_client_auth",
				"CLIENT_CERTIFICATE_FILE": c.certificate, "CLIENT_KEY_FILE": c.key,
			})
			require.Equal(t, int(exitUsage), exitCode(err))
			require.EqualError(t, err, c.want)
			require.Empty(t, out)
		})
	}
}
