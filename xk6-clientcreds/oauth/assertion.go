package oauth

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// DefaultAssertionLifetime is how long an assertion is valid unless it is told otherwise.
const DefaultAssertionLifetime = time.Minute

// MaxAssertionLifetime is the longest that an assertion may be valid: it is made for one request.
const MaxAssertionLifetime = 24 * time.Hour

// Assertion describes the JWTs with which a client authenticates (RFC 7523 §3). Issuer and subject
// are the client; every JWT has an identifier (jti) of its own.
type Assertion struct {
	// ClientID is the client's identifier.
	ClientID string
	// Audience is whom the JWT is for: one string, best the issuer identifier of the authorization
	// server. Empty means the URL of the token endpoint.
	Audience string
	// Lifetime is the time from iat to exp, in whole seconds; DefaultAssertionLifetime by default.
	Lifetime time.Duration
	// Claims are further claims. They cannot replace those that the JWT has anyway.
	Claims map[string]any
}

// ownClaims are set by the assertion itself (RFC 7519 §4.1).
var ownClaims = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"}

// assertionMaker makes the JWTs of one Assertion.
type assertionMaker struct {
	signer   jose.Signer
	constant []byte // the claims that are in every JWT, as a JSON object without its end
	audience string
	lifetime int64 // seconds
}

// newAssertionMaker prepares what does not change from one JWT to the next.
func newAssertionMaker(a Assertion, key any, keyID, algorithm string) (*assertionMaker, error) {
	if a.Lifetime == 0 {
		a.Lifetime = DefaultAssertionLifetime
	}
	if a.Lifetime < time.Second || a.Lifetime > MaxAssertionLifetime || a.Lifetime%time.Second != 0 {
		return nil, fmt.Errorf("option %q is %s; it must be whole seconds, from 1s to %s",
			"assertion.lifetime", a.Lifetime, MaxAssertionLifetime)
	}
	for _, name := range slices.Sorted(maps.Keys(a.Claims)) {
		if slices.Contains(ownClaims, name) {
			return nil, fmt.Errorf("option %q must not have %q, which the assertion sets itself; so it does with %s",
				"assertion.claims", name, strings.Join(ownClaims, ", "))
		}
	}
	claims := make(map[string]any, len(a.Claims)+2)
	maps.Copy(claims, a.Claims)
	claims["iss"], claims["sub"] = a.ClientID, a.ClientID
	constant, err := json.Marshal(claims)
	if err != nil {
		return nil, fmt.Errorf("option %q has a value that JSON cannot express", "assertion.claims")
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.SignatureAlgorithm(algorithm), Key: jose.JSONWebKey{Key: key, KeyID: keyID}},
		new(jose.SignerOptions).WithType("JWT"))
	if err != nil {
		return nil, keyError("cannot sign with %s: %w", algorithm, err)
	}
	return &assertionMaker{
		signer:   signer,
		constant: constant[:len(constant)-1],
		audience: a.Audience,
		lifetime: int64(a.Lifetime / time.Second),
	}, nil
}

// make returns a new JWT. endpoint is the URL of the token endpoint.
func (m *assertionMaker) make(endpoint string) (string, error) {
	audience := m.audience
	if audience == "" {
		audience = endpoint
	}
	quoted, err := json.Marshal(audience)
	if err != nil {
		return "", err
	}
	now := time.Now().Unix()
	payload := make([]byte, 0, len(m.constant)+len(quoted)+100)
	payload = append(payload, m.constant...)
	payload = append(append(payload, `,"aud":`...), quoted...)
	payload = strconv.AppendInt(append(payload, `,"iat":`...), now, 10)
	payload = strconv.AppendInt(append(payload, `,"exp":`...), now+m.lifetime, 10)
	payload = append(append(payload, `,"jti":"`...), rand.Text()...)
	payload = append(payload, `"}`...)
	signed, err := m.signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}
