package oauth

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// SigningKey is a private key and the algorithm that it signs with. Formatted, it does not show
// the key.
type SigningKey struct {
	key       any // *rsa.PrivateKey, *ecdsa.PrivateKey or ed25519.PrivateKey
	id        string
	algorithm string
}

// minRSA is the least size of an RSA key in bits (RFC 7518 §3.3).
const minRSA = 2048

// KeyAlgorithms are the algorithms of SigningKeys.
var KeyAlgorithms = []string{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
}

var rsaAlgorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}

// ParseSigningKey reads a private key: PEM of PKCS #8 (RFC 5958), PKCS #1 (RFC 8017 §A.1.2) or SEC 1
// (RFC 5915), or a JWK (RFC 7517). algorithm, by its name in RFC 7518 §3.1 or RFC 8037 §3.1, is by
// default the JWK's, else RS256 for RSA keys and the only one that other keys have. id is
// the kid, by default the JWK's. An error is a *ConfigError, and contains nothing of the key.
func ParseSigningKey(text []byte, algorithm, id string) (*SigningKey, error) {
	k := &SigningKey{algorithm: algorithm, id: id}
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))
	var err error
	if bytes.HasPrefix(text, []byte("{")) {
		err = k.readJWK(text)
	} else {
		k.key, err = parsePEM(text)
	}
	if err != nil {
		return nil, err
	}
	allowed, err := algorithmsOf(k.key)
	if err != nil {
		return nil, err
	}
	if k.algorithm == "" {
		k.algorithm = allowed[0]
	}
	if !slices.Contains(allowed, k.algorithm) {
		return nil, configError(FieldKeyAlgorithm, "is %q, which this key cannot sign with; the key supports %s",
			Printable(k.algorithm, maxCode), strings.Join(allowed, ", "))
	}
	return k, nil
}

// Algorithm is the name of the algorithm that k signs with.
func (k *SigningKey) Algorithm() string { return k.algorithm }

// Public returns the public key as a JWK, for a server to verify signatures with.
func (k *SigningKey) Public() jose.JSONWebKey {
	private := jose.JSONWebKey{Key: k.key, KeyID: k.id, Algorithm: k.algorithm, Use: "sig"}
	return private.Public()
}

// String says the algorithm, not the key.
func (k *SigningKey) String() string { return k.algorithm + " key" }

// GoString says the algorithm, not the key.
func (k *SigningKey) GoString() string { return k.String() }

// algorithmsOf are the algorithms that key can sign with, its default first.
func algorithmsOf(key any) ([]string, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if bits := key.N.BitLen(); bits < minRSA {
			return nil, configError(FieldKey, "is an RSA key of %d bits; it must have %d or more (RFC 7518 §3.3)", bits, minRSA)
		}
		return rsaAlgorithms, nil
	case *ecdsa.PrivateKey:
		switch curve := key.Curve.Params().Name; curve {
		case "P-256":
			return []string{"ES256"}, nil
		case "P-384":
			return []string{"ES384"}, nil
		case "P-521":
			return []string{"ES512"}, nil
		default:
			return nil, configError(FieldKey, "is on the curve %s; it must be on P-256, P-384 or P-521", curve)
		}
	case ed25519.PrivateKey:
		return []string{"EdDSA"}, nil
	}
	return nil, configError(FieldKey, "is not an RSA, EC or Ed25519 key; %s", wantKey)
}

const wantKey = "it must be a private RSA, EC or Ed25519 key, as PEM (PKCS #8, PKCS #1 or SEC 1) or as a JWK"

// readJWK reads a JWK. Of its members that go-jose does not read, use matters.
func (k *SigningKey) readJWK(text []byte) error {
	var members struct {
		Type string          `json:"kty"`
		Use  string          `json:"use"`
		Keys json.RawMessage `json:"keys"`
		D    json.RawMessage `json:"d"`
	}
	err := json.Unmarshal(text, &members)
	switch {
	case err != nil:
		return configError(FieldKey, "begins like a JWK but is not a JSON object with the members of a JWK; %s", wantKey)
	case members.Keys != nil:
		return configError(FieldKey, "is a JWK set; it must be a single JWK")
	case members.Type == "oct":
		return configError(FieldKey, "is a symmetric JWK; set its secret as the client secret, and use %s",
			MethodClientSecretJWT)
	case members.Use != "" && members.Use != "sig":
		return configError(FieldKey, "is a JWK whose use is not %q; it must be a key for signatures", "sig")
	case members.D == nil:
		return configError(FieldKey, "is a JWK without its private part; %s", wantKey)
	}
	var jwk jose.JSONWebKey
	if jwk.UnmarshalJSON(text) != nil || !jwk.Valid() || jwk.IsPublic() {
		return configError(FieldKey, "is not a valid JWK of a private RSA, EC or Ed25519 key (RFC 7518 §6, RFC 8037 §2)")
	}
	if !consistent(jwk.Key) {
		return configError(FieldKey, "is a JWK whose private and public parts do not belong together; export it again")
	}
	k.key = jwk.Key
	if k.id == "" {
		k.id = jwk.KeyID
	}
	if k.algorithm == "" {
		k.algorithm = jwk.Algorithm
	}
	return nil
}

// consistent reports whether the private part of key belongs to its public part. A PEM has been
// checked by crypto/x509, and an Ed25519 or RSA JWK by go-jose.
func consistent(key any) bool {
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return true
	}
	private, err := ec.ECDH()
	if err != nil {
		return false
	}
	public, err := ec.PublicKey.ECDH()
	return err == nil && private.PublicKey().Equal(public)
}
