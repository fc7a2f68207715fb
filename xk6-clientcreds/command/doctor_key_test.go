package command

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/doctor"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// keyed is a server that has the client's public keys, an environment without a secret, and the files of the
// private ones.
func keyed(t *testing.T) (env map[string]string, ec, rs string) {
	t.Helper()
	ecKey, rsKey := testkit.Key(t, "ES256"), testkit.Key(t, "RS256").(*rsa.PrivateKey)
	server, err := authserver.New(authserver.Config{Clients: []authserver.Client{{
		ID: "me", Scope: "a", AuthMethod: "private_key_jwt", JWKS: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
			{Key: ecKey.Public(), KeyID: "ec", Use: "sig"}, {Key: rsKey.Public(), KeyID: "rs", Use: "sig", Algorithm: "PS256"},
		}},
	}}})
	require.NoError(t, err)
	require.NoError(t, server.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
		defer cancel()
		require.NoError(t, server.Shutdown(ctx))
	})
	der, err := x509.MarshalPKCS8PrivateKey(ecKey)
	require.NoError(t, err)
	jwk, err := json.Marshal(jose.JSONWebKey{Key: rsKey})
	require.NoError(t, err)
	ec = keyFile(t, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	rs = keyFile(t, string(jwk))
	return map[string]string{
		"ISSUER": server.Endpoints().Issuer, "CLIENT_ID": "me", "SCOPE": "a", "AUTH": "private_key_jwt",
		"CLIENT_KEY_FILE": ec,
	}, ec, rs
}

func keyFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "client.key")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestDoctorWithAKey(t *testing.T) {
	t.Parallel()
	env, ec, rs := keyed(t)
	for name, c := range map[string]struct {
		env  map[string]string
		args []string
		code int
		alg  string
	}{
		"by the environment": {nil, nil, 0, "ES256"},
		"with its kid":       {map[string]string{"KEY_ID": "ec"}, nil, 0, "ES256"},
		"with another kid":   {map[string]string{"KEY_ID": "nobody's"}, nil, 1, "ES256"},
		"algorithm, kid": {
			map[string]string{"CLIENT_KEY_FILE": rs, "KEY_ALG": "PS256", "KEY_ID": "rs"},
			nil, 0,
			"PS256",
		},
		"flags before it": {
			map[string]string{"AUTH": "x", "CLIENT_KEY_FILE": "x", "KEY_ALG": "x", "KEY_ID": "x"},
			[]string{"--auth", "private_key_jwt", "--client-key-file", rs, "--key-alg", "PS256", "--key-id", "rs"},
			0, "PS256",
		},
		"an unwanted one":      {map[string]string{"CLIENT_KEY_FILE": rs, "KEY_ALG": "RS256"}, nil, 1, "RS256"},
		"flag in place of it":  {map[string]string{"CLIENT_KEY_FILE": rs}, []string{"--client-key-file", ec}, 0, "ES256"},
		"and a secret for all": {map[string]string{"CLIENT_SECRET": doctorSecret}, []string{"--all-methods"}, 0, "ES256"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := make(map[string]string)
			for _, m := range []map[string]string{env, c.env} {
				for k, v := range m {
					all[k] = v
				}
			}
			out, err := examine(t, nil, all, append(c.args, "--json")...)
			require.Equal(t, c.code, exitCode(err), "%v %s", err, out)
			var report doctor.Report
			require.NoError(t, json.Unmarshal([]byte(out), &report))
			require.Equal(t, "private_key_jwt", report.AuthMethod)
			for _, check := range report.Checks {
				if check.ID == "grant.configured" {
					require.Equal(t, c.alg, check.Data["algorithm"])
					require.Equal(t, env["ISSUER"], check.Data["audience"])
				}
			}
		})
	}
}

// A key that cannot be used ends the doctor before anything is sent, and neither it nor a path that looks
// like one is in the error.
func TestDoctorWithAWrongKey(t *testing.T) {
	t.Parallel()
	env, ec, _ := keyed(t)
	text, err := os.ReadFile(ec) // #nosec G304 -- written by keyed
	require.NoError(t, err)
	const want = "; it must be the path of the client's private key, PEM or JWK"
	const private = "S3cr3t-s3cr3t-s3cr3t"
	dir := t.TempDir()
	hidden := " (below " + dir + "; the rest is not shown, because it may be the secret)" + want
	for name, c := range map[string]struct{ file, algorithm, want string }{
		"no file": {
			filepath.Join(dir, private), "",
			"CLIENT_KEY_FILE cannot be read: no such file or directory" + hidden,
		},
		"a folder": {dir, "", "CLIENT_KEY_FILE cannot be read: is a directory (" + dir + ")" + want},
		"the key":  {string(text), "", "CLIENT_KEY_FILE cannot be read: no such file or directory (below "},
		"empty":    {keyFile(t, " \n"), "", "CLIENT_KEY_FILE is empty ("},
		"too long": {
			keyFile(t, strings.Repeat(private, (64<<10)/len(private)+1)), "",
			"CLIENT_KEY_FILE has more than 65536 bytes (",
		},
		"no key": {
			keyFile(t, private), "",
			"CLIENT_KEY_FILE contains no PEM block and is not a JWK; it must be a private RSA, EC or Ed25519 key, as PEM " +
				"(PKCS #8, PKCS #1 or SEC 1) or as a JWK",
		},
		"encrypted": {
			keyFile(t,
				"-----BEGIN ENCRYPTED PRIVATE KEY-----\nczNjcjN0\n-----END ENCRYPTED PRIVATE KEY-----\n"), "",
			"CLIENT_KEY_FILE is encrypted; remove the passphrase, such as with openssl pkey -in key.pem -out plain.pem",
		},
		"symmetric": {
			keyFile(t, `{"kty":"oct","k":"`+private+`"}`), "",
			"CLIENT_KEY_FILE is a symmetric JWK; set its secret as the client secret, and use client_secret_jwt",
		},
		"other algorithm": {ec, "RS256", `KEY_ALG is "RS256", which this key cannot sign with; the key supports ES256`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := examine(t, nil, map[string]string{
				"ISSUER": env["ISSUER"], "CLIENT_ID": "me", "AUTH": "private_key_jwt", "CLIENT_KEY_FILE": c.file,
				"KEY_ALG": c.algorithm,
			})
			require.Equal(t, 104, exitCode(err))
			require.ErrorContains(t, err, c.want)
			require.Empty(t, out)
			for _, hidden := range []string{private, "czNjcjN0", strings.Split(string(text), "\n")[1]} {
				require.NotContains(t, err.Error(), hidden)
			}
		})
	}
}
