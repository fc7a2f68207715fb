package oauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // SHA-256 of the algorithms below
	_ "crypto/sha512" // SHA-384 and SHA-512
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// jwsMaker makes JWTs in the compact serialization (RFC 7515 §7.1) that all have the same header. It has
// go-jose check the key and write the header, with the key or its identifier in it, but once: go-jose
// would do it for every signature, which is a third of what a DPoP proof costs. It is safe for
// concurrent use.
type jwsMaker struct {
	header []byte // in base64url, with the dot behind it
	sign   func(input []byte) ([]byte, error)
}

// newJWSMaker prepares signatures by key with algorithm (RFC 7518 §3.1, RFC 8037 §3.1). The errors are
// those of go-jose, which knows what belongs together.
func newJWSMaker(algorithm string, key jose.JSONWebKey, options *jose.SignerOptions) (*jwsMaker, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(algorithm), Key: key}, options)
	if err != nil {
		return nil, err
	}
	empty, err := signer.Sign(nil)
	if err != nil {
		return nil, err
	}
	text, err := empty.CompactSerialize()
	if err != nil {
		return nil, err
	}
	sign, err := signatureBy(algorithm, key.Key)
	if err != nil {
		return nil, err
	}
	header, _, _ := strings.Cut(text, ".")
	return &jwsMaker{header: []byte(header + "."), sign: sign}, nil
}

// make returns the JWT with that payload.
func (m *jwsMaker) make(payload []byte) (string, error) {
	encoding := base64.RawURLEncoding
	const room = 1 + 512*4/3 // a dot and most signatures
	text := make([]byte, 0, len(m.header)+encoding.EncodedLen(len(payload))+room)
	text = encoding.AppendEncode(append(text, m.header...), payload)
	signature, err := m.sign(text)
	if err != nil {
		return "", err
	}
	return string(encoding.AppendEncode(append(text, '.'), signature)), nil
}

// signatureBy returns what signs the input of a signature (RFC 7515 §5.1) by a key that algorithm is for.
func signatureBy(algorithm string, key any) (func(input []byte) ([]byte, error), error) {
	hash := signatureHashes[algorithm]
	switch key := key.(type) {
	case []byte:
		return signMAC(key, hash), nil
	case *rsa.PrivateKey:
		if strings.HasPrefix(algorithm, "PS") {
			return signRSA(key, hash, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}), nil
		}
		return signRSA(key, hash, hash), nil
	case *ecdsa.PrivateKey:
		return signEC(key, hash), nil
	case ed25519.PrivateKey:
		return func(input []byte) ([]byte, error) { return key.Sign(rand.Reader, input, crypto.Hash(0)) }, nil
	}
	return nil, fmt.Errorf("no signatures by a key of type %T", key)
}

// signatureHashes are the hashes of the algorithms, but for EdDSA, which takes the input as it is.
var signatureHashes = map[string]crypto.Hash{
	"HS256": crypto.SHA256, "HS384": crypto.SHA384, "HS512": crypto.SHA512,
	"RS256": crypto.SHA256, "RS384": crypto.SHA384, "RS512": crypto.SHA512,
	"PS256": crypto.SHA256, "PS384": crypto.SHA384, "PS512": crypto.SHA512,
	"ES256": crypto.SHA256, "ES384": crypto.SHA384, "ES512": crypto.SHA512,
}

// signMAC is a MAC by a secret (RFC 7518 §3.2).
func signMAC(secret []byte, hash crypto.Hash) func([]byte) ([]byte, error) {
	return func(input []byte) ([]byte, error) {
		mac := hmac.New(hash.New, secret)
		mac.Write(input)
		return mac.Sum(nil), nil
	}
}

// signRSA signs by RSA (RFC 7518 §3.3 and §3.5).
func signRSA(key *rsa.PrivateKey, hash crypto.Hash, options crypto.SignerOpts) func([]byte) ([]byte, error) {
	return func(input []byte) ([]byte, error) { return key.Sign(rand.Reader, digest(hash, input), options) }
}

// signEC signs by ECDSA: two numbers of the size of the curve (RFC 7518 §3.4).
func signEC(key *ecdsa.PrivateKey, hash crypto.Hash) func([]byte) ([]byte, error) {
	size := (key.Curve.Params().BitSize + 7) / 8
	return func(input []byte) ([]byte, error) {
		r, s, err := ecdsa.Sign(rand.Reader, key, digest(hash, input))
		if err != nil {
			return nil, err
		}
		signature := make([]byte, 2*size)
		r.FillBytes(signature[:size])
		s.FillBytes(signature[size:])
		return signature, nil
	}
}

func digest(hash crypto.Hash, input []byte) []byte {
	h := hash.New()
	h.Write(input)
	return h.Sum(nil)
}
