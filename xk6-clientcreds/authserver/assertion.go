package authserver

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// assertionType is the client_assertion_type of JWTs, RFC 7523 §2.2.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

const (
	// maxAssertionLife bounds how far in the future an assertion may expire: until then its
	// identifier must be remembered.
	maxAssertionLife = time.Hour
	// clockSkew is how far the clocks of client and server may differ.
	clockSkew = 10 * time.Second
	// maxIdentifier bounds the jti, in bytes.
	maxIdentifier = 256
)

// The algorithms of assertions, by the method that they belong to.
var (
	secretAlgorithms = []jose.SignatureAlgorithm{jose.HS256, jose.HS384, jose.HS512}
	keyAlgorithms    = []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
		jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
	}
)

// assertionVerifier checks the JWTs with which clients authenticate, RFC 7523 §3.
type assertionVerifier struct {
	server *Server
	seen   *replays
}

// clientSecretJWT is an assertion with a MAC by the client's secret, OpenID
// Connect Core 1.0 §9.
func (v *assertionVerifier) clientSecretJWT() authMethod {
	return authMethod{
		presented: func(_ *http.Request, f *form) bool { return f.hasAssertion() && hasMAC(f) },
		verify: func(_ *http.Request, f *form) (*client, *oauthError) {
			return v.verify(f, secretAlgorithms, func(c *client, signed *jose.JSONWebSignature) ([]byte, *oauthError) {
				current := c.credentials.Load()
				if len(current.secret) == 0 {
					return nil, errNoSecret
				}
				for _, accepted := range current.secrets(v.server.wall()) {
					if payload, err := signed.Verify(accepted.secret); err == nil {
						return payload, nil
					}
				}
				return nil, errAssertionSignature
			})
		},
	}
}

// privateKeyJWT is an assertion signed with a key of the client, OpenID
// Connect Core 1.0 §9.
func (v *assertionVerifier) privateKeyJWT() authMethod {
	return authMethod{
		presented: func(_ *http.Request, f *form) bool { return f.hasAssertion() && !hasMAC(f) },
		verify: func(_ *http.Request, f *form) (*client, *oauthError) {
			return v.verify(f, keyAlgorithms, (*client).verifySignature)
		},
	}
}

// verifySignature returns the payload of an assertion that one of the client's
// keys has signed.
func (c *client) verifySignature(signed *jose.JSONWebSignature) ([]byte, *oauthError) {
	keys := c.credentials.Load().keys
	if len(keys) == 0 {
		return nil, errNoKeys
	}
	header := signed.Signatures[0].Protected
	known := false
	for i := range keys {
		key := &keys[i]
		if header.KeyID != "" && key.KeyID != "" && key.KeyID != header.KeyID {
			continue
		}
		if key.Algorithm != "" && key.Algorithm != header.Algorithm {
			continue
		}
		if !namesCertificate(header, key) {
			continue
		}
		known = true
		if payload, err := signed.Verify(key.Key); err == nil {
			return payload, nil
		}
	}
	if !known {
		return nil, errUnknownKey
	}
	return nil, errAssertionSignature
}

// namesCertificate reports whether a header names no other certificate than
// the key's, by its thumbprint (RFC 7515 §4.1.8). A key that is registered
// without one can have any.
func namesCertificate(header jose.Header, key *jose.JSONWebKey) bool {
	named, given := header.ExtraHeaders["x5t#S256"]
	if !given || len(key.Certificates) == 0 {
		return true
	}
	sum := sha256.Sum256(key.Certificates[0].Raw)
	return named == base64.RawURLEncoding.EncodeToString(sum[:])
}

// hasAssertion reports whether a request authenticates with an assertion.
func (f *form) hasAssertion() bool {
	return f.get("client_assertion") != "" || f.get("client_assertion_type") != ""
}

// hasMAC reports whether the assertion says that it has a MAC. What it says is
// verified later.
func hasMAC(f *form) bool {
	encoded, _, _ := strings.Cut(f.get("client_assertion"), ".")
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	var header struct {
		Algorithm string `json:"alg"`
	}
	return err == nil && json.Unmarshal(text, &header) == nil && strings.HasPrefix(header.Algorithm, "HS")
}

// verify checks an assertion, whose signature check checks. The client that it
// names is returned also with an error.
func (v *assertionVerifier) verify(
	f *form, algorithms []jose.SignatureAlgorithm, check func(*client, *jose.JSONWebSignature) ([]byte, *oauthError),
) (*client, *oauthError) {
	named := v.server.clients.find(f.get("client_id"))
	switch {
	case f.get("client_assertion_type") == "":
		return named, errNoAssertionType
	case f.get("client_assertion_type") != assertionType:
		return named, errAssertionType
	case f.get("client_assertion") == "":
		return named, errNoAssertion
	}
	signed, err := jose.ParseSignedCompact(f.get("client_assertion"), algorithms)
	if unexpected := (*jose.ErrUnexpectedSignatureAlgorithm)(nil); errors.As(err, &unexpected) {
		return named, errAssertionAlgorithm
	}
	if err != nil || len(signed.Signatures) != 1 {
		return named, errAssertionSyntax
	}
	var claims jwt.Claims
	if json.Unmarshal(signed.UnsafePayloadWithoutVerification(), &claims) != nil {
		return named, errAssertionClaims
	}
	c := v.server.clients.find(claims.Issuer)
	if c == nil {
		return named, errAssertionIssuer
	}
	// From here on the assertion belongs to a client which exists; its claims count only now.
	payload, failure := check(c, signed)
	if failure != nil {
		return c, failure
	}
	if json.Unmarshal(payload, &claims) != nil {
		return c, errAssertionClaims
	}
	return c, v.checkClaims(c, &claims)
}

// checkClaims checks the claims of an assertion by c, RFC 7523 §3.
func (v *assertionVerifier) checkClaims(c *client, claims *jwt.Claims) *oauthError {
	now := v.server.cfg.Now()
	e := &v.server.endpoints
	switch {
	case claims.Subject != c.id:
		return errAssertionSubject
	case len(claims.Audience) == 0:
		return errNoAssertionAudience
	case !slices.Contains(claims.Audience, e.Issuer) && !slices.Contains(claims.Audience, e.Token):
		return errAssertionAudience
	case claims.Expiry == nil:
		return errNoAssertionExpiry
	case !now.Before(claims.Expiry.Time()):
		return errAssertionExpired
	case claims.Expiry.Time().After(now.Add(maxAssertionLife + clockSkew)):
		return errAssertionLife
	case claims.NotBefore != nil && claims.NotBefore.Time().After(now.Add(clockSkew)):
		return errAssertionEarly
	case claims.IssuedAt != nil && claims.IssuedAt.Time().After(now.Add(clockSkew)):
		return errAssertionFuture
	case claims.ID == "":
		return errNoAssertionID
	case len(claims.ID) > maxIdentifier:
		return errAssertionID
	}
	return v.seen.add(c.id, claims.ID, claims.Expiry.Time(), now)
}

// What can be wrong with a client assertion: RFC 7521 §4.2.1 makes all of it
// invalid_client, except for missing parameters.
var (
	errNoAssertion     = invalidRequest("client_assertion is missing")
	errNoAssertionType = invalidRequest("client_assertion_type is missing")

	errAssertionType       = invalidClient("client_assertion_type must be " + assertionType)
	errAssertionSyntax     = invalidClient("the client assertion is not a signed JWT in compact serialization")
	errAssertionAlgorithm  = invalidClient("the algorithm of the client assertion is not supported")
	errAssertionClaims     = invalidClient("the claims of the client assertion are malformed")
	errAssertionIssuer     = invalidClient("the iss of the client assertion is not a known client")
	errAssertionSubject    = invalidClient("the sub of the client assertion is not its iss")
	errNoSecret            = invalidClient("the client has no secret to verify the client assertion with")
	errNoKeys              = invalidClient("the client has no keys to verify the client assertion with")
	errUnknownKey          = invalidClient("the client has no key with the kid, alg and x5t#S256 of the client assertion")
	errAssertionSignature  = invalidClient("the signature of the client assertion is wrong")
	errNoAssertionAudience = invalidClient("the client assertion has no aud")
	errAssertionAudience   = invalidClient("the aud of the client assertion is neither the issuer nor the token endpoint")
	errNoAssertionExpiry   = invalidClient("the client assertion has no exp")
	errAssertionExpired    = invalidClient("the client assertion has expired")
	errAssertionLife       = invalidClient("the exp of the client assertion is more than an hour away")
	errAssertionEarly      = invalidClient("the nbf of the client assertion is in the future")
	errAssertionFuture     = invalidClient("the iat of the client assertion is in the future")
	errNoAssertionID       = invalidClient("the client assertion has no jti")
	errAssertionID         = invalidClient("the jti of the client assertion is longer than 256 bytes")
	errAssertionReplayed   = invalidClient("the client assertion was used before")

	errReplaysFull = newError(resultServerError, http.StatusServiceUnavailable,
		"too many client assertions are in use, try again later")
)
