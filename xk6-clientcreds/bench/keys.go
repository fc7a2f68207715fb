package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"

	"github.com/go-jose/go-jose/v4"
)

// rsaBits is the size of RSA keys: the least that RFC 7518 §3.3 allows, and the most common.
const rsaBits = 2048

// makeKeys writes a private key of each type to dir, as PEM, and returns their public parts.
func makeKeys(dir string) (public jose.JSONWebKeySet, err error) {
	for name, generate := range map[string]func() (crypto.Signer, error){
		"rsa":     func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, rsaBits) },
		"ec":      func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) },
		"ed25519": func() (crypto.Signer, error) { _, key, err := ed25519.GenerateKey(rand.Reader); return key, err },
	} {
		key, err := generate()
		if err != nil {
			return public, err
		}
		text, err := pkcs8(key)
		if err != nil {
			return public, err
		}
		if err := os.WriteFile(filepath.Join(dir, name+".pem"), text, 0o600); err != nil { // #nosec G703 -- a folder that this program made
			return public, err
		}
		public.Keys = append(public.Keys, jose.JSONWebKey{Key: key.Public(), Use: "sig"})
	}
	return public, nil
}

// pkcs8 is a private key as PEM (RFC 5958).
func pkcs8(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
