package authserver

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// jwtAlgorithms are the signature algorithms of JWT access tokens, by their
// names in RFC 7518 §3.1 and RFC 8037 §3.1.
var jwtAlgorithms = []string{"ES256", "RS256", "PS256", "EdDSA"}

// accessTokenType is the typ of a JWT access token, RFC 9068 §2.1.
const accessTokenType = "at+jwt"

// jwtFormat signs JWT access tokens (RFC 9068) with a key that lives as long
// as the process, unless it is replaced.
type jwtFormat struct {
	server    *Server
	algorithm jose.SignatureAlgorithm
	keys      signingKeys
}

func newJWTFormat(s *Server, algorithm string) (*jwtFormat, error) {
	key, err := makeSigningKey(algorithm)
	if err != nil {
		return nil, err
	}
	j := &jwtFormat{server: s, algorithm: jose.SignatureAlgorithm(algorithm)}
	j.keys.list.Store(&[]*signingKey{key})
	return j, nil
}

func makeSigningKey(algorithm string) (*signingKey, error) {
	key, err := newSigningKey(algorithm)
	if err != nil {
		return nil, fmt.Errorf("authserver: signing key: %w", err)
	}
	private := jose.JSONWebKey{Key: key, Algorithm: algorithm, Use: "sig"}
	thumbprint, err := private.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("authserver: key identifier: %w", err)
	}
	private.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	alg := jose.SignatureAlgorithm(algorithm)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: private},
		new(jose.SignerOptions).WithType(accessTokenType))
	if err != nil {
		return nil, fmt.Errorf("authserver: signer: %w", err)
	}
	return &signingKey{public: private.Public(), signer: signer}, nil
}

func newSigningKey(algorithm string) (crypto.Signer, error) {
	switch algorithm {
	case "RS256", "PS256":
		return rsa.GenerateKey(rand.Reader, 2048)
	case "EdDSA":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	default:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
}

func (j *jwtFormat) issue(f *form, g *tokenClaims) error {
	f.seal = append(f.seal[:0], '{')
	f.seal = append(j.server.appendClaims(f.seal, g), '}')
	signed, err := j.keys.current().signer.Sign(f.seal)
	if err != nil {
		return fmt.Errorf("authserver: sign: %w", err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		return fmt.Errorf("authserver: serialize: %w", err)
	}
	f.out = append(f.out, token...)
	return nil
}

// claims are the claims of RFC 9068 §2.2 that the server reads back.
type claims struct {
	jwt.Claims

	ClientID string          `json:"client_id"`
	Scope    string          `json:"scope"`
	Actor    *actor          `json:"act"`
	Details  json.RawMessage `json:"authorization_details"`

	Confirmation confirmation `json:"cnf"`
}

// open validates as RFC 9068 §4 says, except for exp and aud, which are judged
// by the callers.
func (j *jwtFormat) open(_ *form, token string) (tokenClaims, bool) {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{j.algorithm})
	if err != nil || len(signed.Signatures) != 1 {
		return tokenClaims{}, false
	}
	header := signed.Signatures[0].Protected
	if typ, _ := header.ExtraHeaders[jose.HeaderType].(string); typ != accessTokenType {
		return tokenClaims{}, false
	}
	key := j.keys.find(header.KeyID, j.server.wall())
	if key == nil {
		return tokenClaims{}, false
	}
	payload, err := signed.Verify(key.public)
	if err != nil {
		return tokenClaims{}, false
	}
	var c claims
	if json.Unmarshal(payload, &c) != nil || c.Issuer != j.server.endpoints.Issuer || c.Expiry == nil ||
		c.IssuedAt == nil {
		return tokenClaims{}, false
	}
	g := tokenClaims{
		client:   j.server.clients.find(c.ClientID),
		scope:    c.Scope,
		audience: c.Audience,
		details:  string(c.Details),
		issued:   time.Unix(int64(*c.IssuedAt), 0),
		expires:  time.Unix(int64(*c.Expiry), 0),
	}
	parties := j.parties(&c, &g)
	n, err := hex.Decode(g.id[:], []byte(c.ID))
	var known bool
	g.bound, known = c.Confirmation.binding()
	return g, err == nil && n == len(g.id) && g.client != nil && parties && known
}

// parties reads whom the token is about and who acts, false when it names a client
// that is not registered.
func (j *jwtFormat) parties(c *claims, g *tokenClaims) bool {
	if c.Subject != c.ClientID {
		if g.subject = j.server.clients.find(c.Subject); g.subject == nil {
			return false
		}
	}
	for a := c.Actor; a != nil; a = a.Actor {
		g.actors = append(g.actors, j.server.clients.find(a.Subject))
	}
	return !slices.Contains(g.actors, nil)
}
