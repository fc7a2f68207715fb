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
	"time"

	"github.com/go-jose/go-jose/v4"
)

// The names of RFC 9449: the scheme and token type (§7.1), the headers of proofs (§4.1) and of
// nonces (§8.1), the error that demands one (§8), and the type of the JWTs (§4.2).
const (
	TokenTypeDPoP   = "DPoP"
	HeaderDPoP      = "Dpop" // as net/http spells it; names of headers have no case
	HeaderDPoPNonce = "Dpop-Nonce"
	CodeUseNonce    = "use_dpop_nonce"

	proofType = "dpop+jwt"
)

// DPoPSigner makes DPoP proofs with one key (RFC 9449 §4), and remembers the nonces that servers gave
// for them. It is safe for concurrent use. Formatted, it does not show the key.
type DPoPSigner struct {
	signer     jose.Signer
	algorithm  string
	thumbprint string

	authorizationServers, resourceServers nonces // by the kind of server that gave them (RFC 9449 §9)
}

// NewDPoPSigner prepares what does not change from one proof to the next.
func NewDPoPSigner(key *SigningKey) (*DPoPSigner, error) {
	options := (&jose.SignerOptions{EmbedJWK: true}).WithType(proofType) // of a private key its public part
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(key.algorithm), Key: key.key},
		options)
	if err != nil {
		return nil, configError(FieldDPoPKey, "cannot sign with %s: %s", key.algorithm, err)
	}
	thumbprint, err := thumbprintOf(jose.JSONWebKey{Key: key.key})
	if err != nil {
		return nil, configError(FieldDPoPKey, "has no thumbprint (RFC 7638): %s", err)
	}
	return &DPoPSigner{signer: signer, algorithm: key.algorithm, thumbprint: thumbprint}, nil
}

// thumbprintOf is the SHA-256 thumbprint of a key, or of its public part, in base64url (RFC 7638).
func thumbprintOf(key jose.JSONWebKey) (string, error) {
	sum, err := key.Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(sum), err
}

// Algorithm is the name of the algorithm that p signs with.
func (p *DPoPSigner) Algorithm() string { return p.algorithm }

// Thumbprint is the SHA-256 thumbprint of the public key in base64url (RFC 7638), which a token is
// bound to (RFC 9449 §6).
func (p *DPoPSigner) Thumbprint() string { return p.thumbprint }

// String says the algorithm, not the key.
func (p *DPoPSigner) String() string { return p.algorithm + " DPoP signer" }

// GoString says the algorithm, not the key.
func (p *DPoPSigner) GoString() string { return p.String() }

// proofClaims is the payload of a proof (RFC 9449 §4.2).
type proofClaims struct {
	ID        string `json:"jti"`
	Method    string `json:"htm"`
	Target    string `json:"htu"`
	IssuedAt  int64  `json:"iat"`
	TokenHash string `json:"ath,omitempty"`
	Nonce     string `json:"nonce,omitempty"`
}

// Proof returns a new proof for one request (RFC 9449 §4.2). token is the access token that the
// request carries; without one the request is for the token endpoint. The two kinds of servers
// have separate nonces.
func (p *DPoPSigner) Proof(method string, u *url.URL, token string) (string, error) {
	claims := proofClaims{
		ID: rand.Text(), Method: method, Target: proofTarget(u), IssuedAt: time.Now().Unix(), Nonce: p.nonces(token).of(u),
	}
	if token != "" {
		claims.TokenHash = tokenHash(token)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed, err := p.signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("signing the DPoP proof: %w", err)
	}
	return signed.CompactSerialize()
}

// Learn takes the nonce of an answer from u, if it has one, for the next proofs (RFC 9449 §8.2). It
// reports whether there was one. token is as in Proof.
func (p *DPoPSigner) Learn(u *url.URL, answer http.Header, token string) bool {
	return p.nonces(token).learn(u, answer[HeaderDPoPNonce])
}

func (p *DPoPSigner) nonces(token string) *nonces {
	if token == "" {
		return &p.authorizationServers
	}
	return &p.resourceServers
}

// tokenHash is the ath of a proof (RFC 9449 §4.2).
func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// bind gives t the signer p, with whose key its uses are signed. It fails for a token that is not bound
// to this key (RFC 9449 §5).
func (p *DPoPSigner) bind(resp *http.Response, t *Token) *Error {
	if t.Type != TokenTypeDPoP {
		return &Error{
			Code: CodeTokenType, Status: resp.StatusCode,
			Description: "the token has the type " + Printable(t.Type, maxCode) + " although a DPoP proof was sent: " +
				"the server does not support DPoP, or does not bind this client's tokens (RFC 9449 §5)",
		}
	}
	if jkt := confirmationOf(t.AccessToken.Reveal()).Key; jkt != "" && jkt != p.thumbprint {
		return &Error{
			Code: CodeTokenBinding, Status: resp.StatusCode,
			Description: "the token is bound to another key than the one that signed the DPoP proof: " +
				"its cnf.jkt is not the key's thumbprint (RFC 9449 §6.1)",
		}
	}
	t.DPoP = p
	return nil
}

// WithDPoP returns a client that sends the same request, each time with a proof by p, for tokens that
// are bound to p's key (RFC 9449 §5). c does not change.
func (c *Client) WithDPoP(p *DPoPSigner) *Client {
	bound := *c
	bound.dpop = p
	return &bound
}

// withProof returns p with a new proof.
func (c *Client) withProof(p *prepared) (*prepared, error) {
	begin := time.Now()
	proof, err := c.dpop.Proof(http.MethodPost, p.url, "")
	if err != nil {
		return nil, err
	}
	bound := *p
	bound.header = p.header.Clone()
	bound.header[HeaderDPoP] = []string{proof}
	bound.signed += time.Since(begin)
	return &bound, nil
}
