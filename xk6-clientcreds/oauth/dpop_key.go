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

// DefaultDPoPAlgorithm is the algorithm of generated keys by default.
const DefaultDPoPAlgorithm = "ES256"

// GenerateDPoPKey makes a key for DPoP proofs. algorithm is one of KeyAlgorithms,
// DefaultDPoPAlgorithm when empty. An RSA key takes a hundred times as long as the others.
func GenerateDPoPKey(algorithm string) (*SigningKey, error) {
	if algorithm == "" {
		algorithm = DefaultDPoPAlgorithm
	}
	if !slices.Contains(KeyAlgorithms, algorithm) {
		return nil, configError(FieldDPoPAlgorithm, "is %q; it must be one of %s",
			Printable(algorithm, maxCode), strings.Join(KeyAlgorithms, ", "))
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
// has its public part in it (RFC 9449 §4.2). The errors are about the fields of DPoP.
func ParseDPoPKey(text []byte, algorithm string) (*SigningKey, error) {
	key, err := ParseSigningKey(text, algorithm, "")
	if wrong := (*ConfigError)(nil); errors.As(err, &wrong) {
		return nil, &ConfigError{dpopFields[wrong.Field], wrong.Problem}
	}
	return &SigningKey{key: key.key, algorithm: key.algorithm}, nil
}

// dpopFields are the fields of a key, as DPoP has them.
var dpopFields = map[Field]Field{FieldKey: FieldDPoPKey, FieldKeyAlgorithm: FieldDPoPAlgorithm}
