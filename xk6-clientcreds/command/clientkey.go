package command

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-jose/go-jose/v4"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/outfile"
)

// clientKey returns the absolute path of the file with the private key of the
// first client, and the public key to register. A key found there is used
// again, otherwise one for ES256 is made.
func (s *serve) clientKey() (path string, public jose.JSONWebKey, err error) {
	if path, err = filepath.Abs(s.flags.clientKey); err != nil {
		return "", public, invalidf("--client-key: %w", err)
	}
	text, err := os.ReadFile(path) // #nosec G304 -- the user names it
	if errors.Is(err, fs.ErrNotExist) {
		text, err = writeClientKey(path)
	}
	if err != nil {
		return "", public, invalidf("--client-key: %w", err)
	}
	block, _ := pem.Decode(oauth.RestorePEM(text))
	if block == nil || block.Type != "PRIVATE KEY" {
		return "", public, invalidf("--client-key %s: the file is not a private key as PEM of PKCS #8; name such a file, or "+
			"a new one, which is made", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok {
		return "", public, invalidf("--client-key %s: the key cannot sign; it must be an ECDSA, RSA, or Ed25519 key", path)
	}
	return path, jose.JSONWebKey{Key: signer.Public(), Use: "sig"}, nil
}

func writeClientKey(path string) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return text, outfile.Write(path, text, 0o600)
}

// addClientKey registers the key of --client-key with the first client.
func (s *serve) addClientKey(clients []servedClient) error {
	if s.flags.clientKey == "" {
		return nil
	}
	path, public, err := s.clientKey()
	if err != nil {
		return err
	}
	clients[0].keyFile = path
	clients[0].JWKS.Keys = append(clients[0].JWKS.Keys, public)
	return nil
}
