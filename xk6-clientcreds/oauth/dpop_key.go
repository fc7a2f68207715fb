package oauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// DefaultDPoPAlgorithm is the algorithm of a key that is made, unless it is told otherwise.
const DefaultDPoPAlgorithm = "ES256"

// GenerateDPoPKey makes a key for DPoP proofs. algorithm is one of KeyAlgorithms,
// DefaultDPoPAlgorithm when empty. An RSA key takes a hundred times as long as the others.
func GenerateDPoPKey(algorithm string) (*SigningKey, error) {
	if algorithm == "" {
		algorithm = DefaultDPoPAlgorithm
	}
	if !slices.Contains(KeyAlgorithms, algorithm) {
		return nil, fmt.Errorf("option %q is %q; allowed are %s",
			"dpop.alg", Printable(algorithm, maxCode), strings.Join(KeyAlgorithms, ", "))
	}
	key, err := generateKey(algorithm)
	if err != nil {
		return nil, fmt.Errorf("making the DPoP key: %w", err)
	}
	return &SigningKey{key: key, algorithm: algorithm}, nil
}

func generateKey(algorithm string) (crypto.Signer, error) {
	switch algorithm {
	case "ES256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ES512":
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "EdDSA":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}
	return rsa.GenerateKey(rand.Reader, minRSA)
}

// ParseDPoPKey is ParseSigningKey for the key of DPoP proofs, which has no identifier: the proof
// has its public part in it (RFC 9449 §4.2). The errors name the options of DPoP.
func ParseDPoPKey(text []byte, algorithm string) (*SigningKey, error) {
	key, err := ParseSigningKey(text, algorithm, "")
	if err != nil {
		return nil, dpopError(err)
	}
	return &SigningKey{key: key.key, algorithm: key.algorithm}, nil
}

// dpopError is an error about the options of a key, with the names that DPoP has for them.
func dpopError(err error) error {
	text := strings.Replace(err.Error(), `option "key.alg"`, `option "dpop.alg"`, 1)
	return errors.New(strings.Replace(text, `option "key"`, `option "dpop.key"`, 1))
}
