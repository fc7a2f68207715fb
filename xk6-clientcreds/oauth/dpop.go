package oauth

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// The names of RFC 9449: the scheme and token type (§7.1), the header of proofs (§4.1) and that of
// nonces (§8.1), the error that demands one (§8), and the type of the JWTs (§4.2).
const (
	TokenTypeDPoP   = "DPoP"
	HeaderDPoP      = "Dpop" // as net/http spells it; names of headers have no case
	HeaderDPoPNonce = "Dpop-Nonce"
	CodeUseNonce    = "use_dpop_nonce"

	proofType = "dpop+jwt"
)

// Prover makes DPoP proofs with one key (RFC 9449 §4), and remembers the nonces that servers gave
// for them. It is safe for concurrent use. Formatted, it does not show the key.
type Prover struct {
	signer     jose.Signer
	algorithm  string
	thumbprint string

	granting, serving nonces // of authorization servers and of resource servers (RFC 9449 §9)
}

// NewProver prepares what does not change from one proof to the next.
func NewProver(key *SigningKey) (*Prover, error) {
	options := (&jose.SignerOptions{EmbedJWK: true}).WithType(proofType) // of a private key its public part
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(key.algorithm), Key: key.key}, options)
	if err != nil {
		return nil, dpopError(keyError("cannot sign with %s: %w", key.algorithm, err))
	}
	thumbprint, err := thumbprintOf(jose.JSONWebKey{Key: key.key})
	if err != nil {
		return nil, dpopError(keyError("has no thumbprint (RFC 7638): %w", err))
	}
	return &Prover{signer: signer, algorithm: key.algorithm, thumbprint: thumbprint}, nil
}

// thumbprintOf is the SHA-256 thumbprint of a key, or of its public part, in base64url (RFC 7638).
func thumbprintOf(key jose.JSONWebKey) (string, error) {
	sum, err := key.Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(sum), err
}

// Algorithm is the name of the algorithm that p signs with.
func (p *Prover) Algorithm() string { return p.algorithm }

// Thumbprint is the SHA-256 thumbprint of the public key in base64url (RFC 7638), which a token is
// bound to (RFC 9449 §6).
func (p *Prover) Thumbprint() string { return p.thumbprint }

// String says the algorithm, not the key.
func (p *Prover) String() string { return p.algorithm + " prover" }

// GoString says the algorithm, not the key.
func (p *Prover) GoString() string { return p.String() }

// Proof returns a new proof for one request (RFC 9449 §4.2). token is the access token that the
// request carries; without one the request is for the token endpoint. The two kinds of servers
// have nonces of their own.
func (p *Prover) Proof(method string, u *url.URL, token string) (string, error) {
	quotedMethod, err := json.Marshal(method)
	if err != nil {
		return "", err
	}
	target, err := json.Marshal(proofTarget(u))
	if err != nil {
		return "", err
	}
	nonce := p.nonces(token).of(u)
	payload := make([]byte, 0, len(quotedMethod)+len(target)+len(nonce)+180)
	payload = append(append(payload, `{"jti":"`...), rand.Text()...)
	payload = append(append(payload, `","htm":`...), quotedMethod...)
	payload = append(append(payload, `,"htu":`...), target...)
	payload = strconv.AppendInt(append(payload, `,"iat":`...), time.Now().Unix(), 10)
	if token != "" {
		payload = append(append(append(payload, `,"ath":"`...), tokenHash(token)...), '"')
	}
	if nonce != "" {
		payload = append(append(append(payload, `,"nonce":"`...), nonce...), '"') // needs no escapes: NQCHAR has none
	}
	signed, err := p.signer.Sign(append(payload, '}'))
	if err != nil {
		return "", fmt.Errorf("signing the DPoP proof: %w", err)
	}
	return signed.CompactSerialize()
}

// Learn takes the nonce of an answer from u, if it has one, for the next proofs (RFC 9449 §8.2). It
// reports whether there was one. token is as in Proof.
func (p *Prover) Learn(u *url.URL, answer http.Header, token string) bool {
	return p.nonces(token).learn(u, answer[HeaderDPoPNonce])
}

func (p *Prover) nonces(token string) *nonces {
	if token == "" {
		return &p.granting
	}
	return &p.serving
}

// tokenHash is the ath of a proof (RFC 9449 §4.2).
func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
