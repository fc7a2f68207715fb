package authserver

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	// headerProof is the header of DPoP proofs, as net/http spells it.
	headerProof = "Dpop"
	// proofType is the typ of a DPoP proof, RFC 9449 §4.2.
	proofType = "dpop+jwt"
	// proofLife is how old a proof may be, beside clockSkew. Until then its
	// identifier must be remembered.
	proofLife = time.Minute
	// maxProof bounds a proof, in bytes. One with an RSA key of 8192 bits has
	// 4 kB.
	maxProof = 8 << 10
	// minRSA is the least size of an RSA key in bits, RFC 7518 §3.3.
	minRSA = 2048
)

// proofVerifier checks DPoP proofs, RFC 9449 §4.3.
type proofVerifier struct {
	now  func() time.Time
	seen *replays
	// granting and serving are the nonces of the authorization server and of
	// the API.
	granting, serving *nonces
}

func newProofVerifier(now func() time.Time, granting, serving *nonces) *proofVerifier {
	return &proofVerifier{now: now, seen: newReplays(maxReplays), granting: granting, serving: serving}
}

// proofHeader is the JOSE header of a proof. Of the key only what must not be
// there is read here.
type proofHeader struct {
	Type      string                     `json:"typ"`
	Algorithm jose.SignatureAlgorithm    `json:"alg"`
	Key       map[string]json.RawMessage `json:"jwk"`
}

// proofClaims are the claims of a proof, RFC 9449 §4.2.
type proofClaims struct {
	ID       string           `json:"jti"`
	Method   string           `json:"htm"`
	Target   string           `json:"htu"`
	IssuedAt *jwt.NumericDate `json:"iat"`
	Hash     string           `json:"ath"`
	Nonce    string           `json:"nonce"`
}

// privateMembers are the members of a JWK that hold a private or symmetric key, RFC
// 7518 §6, RFC 8037 §2.
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

// verify checks the proof of a request for published, the URL that the server
// goes by. token is the access token that the request carries, if any. It
// returns the thumbprint of the key (RFC 7638) that signed the proof.
func (v *proofVerifier) verify(r *http.Request, published, token string,
	demanded *nonces,
) (thumbprint [sha256.Size]byte, failure *proofError) {
	values := r.Header[headerProof]
	switch {
	case len(values) == 0:
		return thumbprint, errNoProof
	case len(values) > 1:
		return thumbprint, errProofTwice
	case len(values[0]) > maxProof:
		return thumbprint, errProofSyntax
	}
	key, payload, failure := openProof(values[0])
	if failure != nil {
		return thumbprint, failure
	}
	var claims proofClaims
	if json.Unmarshal(payload, &claims) != nil {
		return thumbprint, errProofClaims
	}
	sum, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return thumbprint, errProofKey
	}
	copy(thumbprint[:], sum)
	if failure := claims.fit(r, published, token); failure != nil {
		return thumbprint, failure
	}
	if failure := demanded.check(claims.Nonce, v.now()); failure != nil {
		return thumbprint, failure
	}
	return thumbprint, v.fresh(&claims, string(sum))
}

// openProof checks the header and the signature of a proof, and returns its key
// and its claims as they are.
func openProof(proof string) (*jose.JSONWebKey, []byte, *proofError) {
	header, failure := readProofHeader(proof)
	if failure != nil {
		return nil, nil, failure
	}
	signed, err := jose.ParseSignedCompact(proof, []jose.SignatureAlgorithm{header.Algorithm})
	if err != nil || len(signed.Signatures) != 1 {
		return nil, nil, errProofSyntax
	}
	key := signed.Signatures[0].Protected.JSONWebKey
	if key == nil || !key.Valid() || !key.IsPublic() {
		return nil, nil, errProofKey
	}
	if k, ok := key.Key.(*rsa.PublicKey); ok && k.N.BitLen() < minRSA {
		return nil, nil, errProofKey
	}
	payload, err := signed.Verify(key)
	if err != nil {
		return nil, nil, errProofSignature
	}
	return key, payload, nil
}

// readProofHeader checks what the header of a proof says before anything is made
// of it.
func readProofHeader(proof string) (header proofHeader, failure *proofError) {
	encoded, _, _ := strings.Cut(proof, ".")
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || json.Unmarshal(text, &header) != nil {
		return header, errProofSyntax
	}
	switch {
	case header.Type != proofType:
		return header, errProofType
	case !slices.Contains(keyAlgorithms, header.Algorithm):
		return header, errProofAlgorithm
	case len(header.Key) == 0:
		return header, errProofNoKey
	}
	for _, member := range privateMembers {
		if _, has := header.Key[member]; has {
			return header, errProofPrivateKey
		}
	}
	return header, nil
}

// fit checks that the proof is for this request.
func (c *proofClaims) fit(r *http.Request, published, token string) *proofError {
	switch {
	case c.ID == "":
		return errProofNoID
	case len(c.ID) > maxIdentifier:
		return errProofID
	case c.Method == "":
		return errProofNoMethod
	case c.Method != r.Method:
		return errProofMethod
	case c.Target == "":
		return errProofNoTarget
	case !sameTarget(c.Target, published) && !sameTarget(c.Target, requestedURL(r)):
		return errProofTarget
	case c.IssuedAt == nil:
		return errProofNoTime
	case token == "":
		return nil
	case c.Hash == "":
		return errProofNoHash
	}
	if sum := sha256.Sum256([]byte(token)); c.Hash != base64.RawURLEncoding.EncodeToString(sum[:]) {
		return errProofHash
	}
	return nil
}

// fresh checks that the proof is neither old nor used before.
func (v *proofVerifier) fresh(c *proofClaims, key string) *proofError {
	now, issued := v.now(), c.IssuedAt.Time()
	switch {
	case issued.After(now.Add(clockSkew)):
		return errProofFuture
	case issued.Before(now.Add(-proofLife - clockSkew)):
		return errProofOld
	}
	switch v.seen.add(key, c.ID, issued.Add(proofLife+clockSkew+time.Second), now) {
	case nil:
		return nil
	case errAssertionReplayed:
		return errProofReplayed
	default:
		return errProofsFull
	}
}

// bindToKey returns what the token is to be bound to that a request asks for:
// the key of its proof, if it has one, RFC 9449 §5.
func (s *Server) bindToKey(r *http.Request, c *client) (b binding, failure *oauthError) {
	if len(r.Header[headerProof]) == 0 {
		if c.proofs {
			return b, errNoProof.atToken
		}
		return b, nil
	}
	thumbprint, fault := s.proofs.verify(r, s.endpoints.Token, "", s.proofs.granting)
	if fault != nil {
		return b, fault.atToken
	}
	return binding{boundToKey, thumbprint}, nil
}

// provenBy returns why a request, which carries the token by the scheme of DPoP or
// of Bearer, does not prove that it may; nil when it does, RFC 9449 §7.
func (b *binding) provenBy(r *http.Request, v *proofVerifier, published, token string, byProof bool) *bearerError {
	switch {
	case !byProof && b.kind == boundToKey:
		return errTokenWithoutProof
	case !byProof:
		return nil
	}
	thumbprint, failure := v.verify(r, published, token, v.serving)
	switch {
	case failure != nil:
		return failure.atAPI
	case b.kind != boundToKey:
		return errTokenUnbound
	case thumbprint != b.hash:
		return errTokenKey
	}
	return nil
}
