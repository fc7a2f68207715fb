package oauth

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// DefaultAssertionLifetime is how long an assertion is valid by default.
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
	// Header are further members of the header (RFC 7515 §4.1). They cannot replace those that the JWT has
	// anyway.
	Header map[string]any
	// Certificate is the key's certificate, for servers that find the key by it: its thumbprints x5t and x5t#S256
	// are in the header (RFC 7515 §4.1.7 and §4.1.8). nil is none.
	Certificate *ClientCertificate
}

// reservedClaims are set by the assertion itself (RFC 7519 §4.1).
var reservedClaims = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"}

// reservedHeader are set by the assertion itself, or would change the kind of its signature (RFC 7515 §4.1, RFC
// 7797 §3).
var reservedHeader = []string{"alg", "typ", "kid", "crit", "b64"}

// thumbprints are in the header with a certificate.
var thumbprints = []string{"x5t", "x5t#S256"}

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
		return nil, configError(FieldAssertionLifetime, "is %s; it must be whole seconds, from 1s to %s",
			a.Lifetime, MaxAssertionLifetime)
	}
	for _, name := range slices.Sorted(maps.Keys(a.Claims)) {
		if slices.Contains(reservedClaims, name) {
			return nil, configError(FieldAssertionClaims, "must not contain %q; the reserved claims are %s",
				name, strings.Join(reservedClaims, ", "))
		}
	}
	claims := make(map[string]any, len(a.Claims)+2)
	maps.Copy(claims, a.Claims)
	claims["iss"], claims["sub"] = a.ClientID, a.ClientID
	constant, err := json.Marshal(claims)
	if err != nil {
		return nil, configError(FieldAssertionClaims, "contains a value that JSON cannot express")
	}
	header, err := a.header()
	if err != nil {
		return nil, err
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.SignatureAlgorithm(algorithm), Key: jose.JSONWebKey{Key: key, KeyID: keyID}}, header)
	if err != nil {
		return nil, configError(FieldKey, "cannot sign with %s: %s", algorithm, err)
	}
	return &assertionMaker{
		signer:   signer,
		constant: constant[:len(constant)-1],
		audience: a.Audience,
		lifetime: int64(a.Lifetime / time.Second),
	}, nil
}

// header are the members of the header beside alg and kid.
func (a *Assertion) header() (*jose.SignerOptions, error) {
	options := new(jose.SignerOptions).WithType("JWT")
	for _, name := range slices.Sorted(maps.Keys(a.Header)) {
		switch {
		case slices.Contains(reservedHeader, name):
			return nil, configError(FieldAssertionHeader, "must not contain %q; the reserved members are %s",
				name, strings.Join(reservedHeader, ", "))
		case a.Certificate != nil && slices.Contains(thumbprints, name):
			return nil, configError(FieldAssertionHeader,
				"must not contain %q, which is the thumbprint of the certificate; set one of the two", name)
		}
		if _, err := json.Marshal(a.Header[name]); err != nil {
			return nil, configError(FieldAssertionHeader, "contains a value that JSON cannot express")
		}
		options.WithHeader(jose.HeaderKey(name), a.Header[name])
	}
	if a.Certificate != nil {
		options.WithHeader("x5t", a.Certificate.sha1).WithHeader("x5t#S256", a.Certificate.thumbprint)
	}
	return options, nil
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
