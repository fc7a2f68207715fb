package command

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

func TestClientKeyIsMadeOnceAndRegistered(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "client.pem")
	s := &serve{flags: serveFlags{clientKey: path}}
	register := func() servedClient {
		clients := []servedClient{{Client: authserver.Client{ID: "a"}}, {Client: authserver.Client{ID: "b"}}}
		require.NoError(t, s.addClientKey(clients))
		require.Empty(t, clients[1].JWKS.Keys)
		require.Len(t, clients[0].JWKS.Keys, 1)
		require.True(t, clients[0].JWKS.Keys[0].IsPublic())
		return clients[0]
	}
	first := register()
	require.Equal(t, path, first.keyFile)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.Equal(t, first.JWKS, register().JWKS, "the key of the file is used again")

	text, err := os.ReadFile(path) // #nosec G304 -- written above
	require.NoError(t, err)
	block, _ := pem.Decode(text)
	_, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	require.NoError(t, err)
	require.Contains(t, newScriptEnvironment(authserver.Endpoints{}, first, "", secret.Text{}), variable{"CLIENT_KEY_FILE", path})

	escaped := strings.ReplaceAll(string(text), "\n", `\n`) // as printf writes a variable
	require.NoError(t, os.WriteFile(path, []byte(escaped), 0o600))
	require.Equal(t, first.JWKS, register().JWKS)

	for content, problem := range map[string]string{
		"s3cr3t": ": the file is not a private key as PEM of PKCS #8; name such a file, or a new one, which is made",
		"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n": ": the key cannot sign; it must be an ECDSA, RSA, or Ed25519 key",
	} {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		err := s.addClientKey([]servedClient{{}})
		require.ErrorContains(t, err, "--client-key "+path+problem)
		require.Equal(t, 104, exitCode(err))
	}
	s.flags.clientKey = filepath.Join(path, "below-a-file")
	require.ErrorContains(t, s.addClientKey([]servedClient{{}}), "--client-key: ")
	s.flags.clientKey = ""
	require.NoError(t, s.addClientKey(nil))
}

func TestClientsFileWithKeys(t *testing.T) {
	t.Parallel()
	const public = `{"kty":"OKP","crv":"Ed25519","kid":"k","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`
	clients, err := clientsIn(t, "c.json",
		`[{"client_id": "a", "jwks": {"keys": [`+public+`]}, "token_endpoint_auth_method": "private_key_jwt"}]`)
	require.NoError(t, err)
	require.Equal(t, "k", clients[0].JWKS.Keys[0].KeyID)
	_, err = authserver.New(authserver.Config{Clients: clients})
	require.NoError(t, err)
}
