package oauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"math/big"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the maker makes is what go-jose makes: the same header, and a signature that go-jose verifies.
func TestJWTsAreThoseOfGoJose(t *testing.T) {
	t.Parallel()
	const payload = `{"iss":"orders","n":1}`
	check := func(algorithm string, key, public any) {
		for name, options := range map[string]*jose.SignerOptions{
			"identifier": new(jose.SignerOptions).WithType("JWT"),
			"key":        (&jose.SignerOptions{EmbedJWK: true}).WithType(proofType),
		} {
			jwk := jose.JSONWebKey{Key: key, KeyID: "key-1"}
			m, err := newJWSMaker(algorithm, jwk, options)
			require.NoError(t, err, algorithm)
			text, err := m.make([]byte(payload))
			require.NoError(t, err, algorithm)

			signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(algorithm), Key: jwk}, options)
			require.NoError(t, err)
			other, err := signer.Sign([]byte(payload))
			require.NoError(t, err)
			want, err := other.CompactSerialize()
			require.NoError(t, err)
			require.Equal(t, want[:strings.LastIndexByte(want, '.')], text[:strings.LastIndexByte(text, '.')], "%s, %s", algorithm, name)

			signed, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(algorithm)})
			require.NoError(t, err, algorithm)
			got, err := signed.Verify(public)
			require.NoError(t, err, algorithm)
			assert.JSONEq(t, payload, string(got))
		}
	}
	for _, algorithm := range SecretAlgorithms {
		check(algorithm, []byte(longSecret), []byte(longSecret))
	}
	for _, algorithm := range KeyAlgorithms {
		key := testKey(algorithm)
		check(algorithm, key, key.Public())
	}
}

// Both numbers of an ECDSA signature have the size of the curve, also where they begin with zeros (RFC
// 7518 §3.4), which one of 128 signatures has.
func TestECDSASignaturesHaveTheSizeOfTheCurve(t *testing.T) {
	t.Parallel()
	key := testKey("ES256").(*ecdsa.PrivateKey)
	sign := signEC(key, crypto.SHA256)
	short := 0
	for n := 0; n < 20_000 && short < 3; n++ {
		input := []byte{byte(n), byte(n >> 8)}
		signature, err := sign(input)
		require.NoError(t, err)
		require.Len(t, signature, 64)
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		require.True(t, ecdsa.Verify(&key.PublicKey, digest(crypto.SHA256, input), r, s))
		if r.BitLen() <= 248 || s.BitLen() <= 248 {
			short++
		}
	}
	require.Equal(t, 3, short)
}

// The salt of RSASSA-PSS is as long as the hash (RFC 7518 §3.5): verifiers may insist.
func TestSaltsAreAsLongAsTheHash(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"PS256", "PS384", "PS512"} {
		key := testKey(algorithm).(*rsa.PrivateKey)
		hash := signatureHashes[algorithm]
		sign, err := signatureBy(algorithm, key)
		require.NoError(t, err)
		signature, err := sign([]byte("input"))
		require.NoError(t, err)
		require.NoError(t, rsa.VerifyPSS(&key.PublicKey, hash, digest(hash, []byte("input")), signature,
			&rsa.PSSOptions{SaltLength: hash.Size()}), algorithm)
	}
}

func TestJWTsWithAKeyThatDoesNotFit(t *testing.T) {
	t.Parallel()
	for algorithm, key := range map[string]any{
		"ES256": testKey("RS256"), "RS256": testKey("ES256"), "EdDSA": []byte(longSecret), "ES384": testKey("ES256"), "HS1": []byte(longSecret),
	} {
		_, err := newJWSMaker(algorithm, jose.JSONWebKey{Key: key}, nil)
		require.Error(t, err, algorithm)
	}
	_, err := signatureBy("ES256", "a text")
	require.EqualError(t, err, "no signatures by a key of type string")
}
