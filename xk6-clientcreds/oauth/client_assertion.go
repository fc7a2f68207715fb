package oauth

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// The registered names of the methods that authenticate with a JWT (RFC 7523 §2.2; OpenID Connect
// Core 1.0 §9).
const (
	MethodClientSecretJWT = "client_secret_jwt"
	MethodPrivateKeyJWT   = "private_key_jwt"
)

// assertionType is the client_assertion_type of JWTs (RFC 7523 §2.2).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// maxAssertion bounds the assertion of a source, in bytes.
const maxAssertion = 16 << 10

// secretSizes are the least bytes of a secret by algorithm (RFC 7518 §3.2).
var secretSizes = map[string]int{"HS256": 32, "HS384": 48, "HS512": 64}

// SecretAlgorithms are the algorithms of ClientSecretJWT.
var SecretAlgorithms = []string{"HS256", "HS384", "HS512"}

// ClientSecretJWT is client_secret_jwt: a JWT with a MAC by the client's secret. algorithm is one of
// SecretAlgorithms, HS256 when empty.
func ClientSecretJWT(a Assertion, secret, algorithm string) (ClientAuth, error) {
	if algorithm == "" {
		algorithm = "HS256"
	}
	if !slices.Contains(SecretAlgorithms, algorithm) {
		return ClientAuth{}, configError(FieldAssertionAlgorithm, "is %q; it must be one of %s",
			Printable(algorithm, maxCode), strings.Join(SecretAlgorithms, ", "))
	}
	if least := secretSizes[algorithm]; len(secret) < least {
		return ClientAuth{}, configError(FieldClientSecret, "has %d bytes; %s with %s needs %d or more (RFC 7518 §3.2)",
			len(secret), MethodClientSecretJWT, algorithm, least)
	}
	m, err := newAssertionMaker(a, []byte(secret), "", algorithm)
	if err != nil {
		return ClientAuth{}, err
	}
	return m.auth(MethodClientSecretJWT, a.ClientID), nil
}

// PrivateKeyJWT is private_key_jwt: a JWT signed with the client's private key, which is the key of the
// certificate where there is one.
func PrivateKeyJWT(a Assertion, key *SigningKey) (ClientAuth, error) {
	if a.Certificate != nil && !a.Certificate.belongsTo(key) {
		return ClientAuth{}, otherKeyError()
	}
	m, err := newAssertionMaker(a, key.key, key.id, key.algorithm)
	if err != nil {
		return ClientAuth{}, err
	}
	return m.auth(MethodPrivateKeyJWT, a.ClientID), nil
}

func (m *assertionMaker) auth(method, clientID string) ClientAuth {
	return ClientAuth{Method: method, Signs: true, Apply: func(_ context.Context, r *TokenRequest) error {
		jwt, err := m.make(r.URL.String())
		if err != nil {
			return fmt.Errorf("signing the client assertion: %w", err)
		}
		r.setAssertion(clientID, jwt)
		return nil
	}}
}

// AssertionFrom is private_key_jwt with a JWT that somebody else has signed, such as the platform
// that a workload runs on (RFC 7521 §4.2). source is called for every attempt, because such a JWT
// is replaced from time to time.
func AssertionFrom(clientID string, source func() (string, error)) ClientAuth {
	return ClientAuth{Method: MethodPrivateKeyJWT, Apply: func(_ context.Context, r *TokenRequest) error {
		text, err := source()
		if err != nil {
			return err
		}
		jwt := strings.TrimSpace(text)
		if err := checkCompact(jwt); err != nil {
			return err
		}
		r.setAssertion(clientID, jwt)
		return nil
	}}
}

// checkCompact finds what is not the compact serialization of a signed JWT (RFC 7515 §7.1).
func checkCompact(jwt string) error {
	switch {
	case jwt == "":
		return configError(FieldAssertion, "is empty; it must be a signed JWT")
	case len(jwt) > maxAssertion:
		return configError(FieldAssertion, "has more than %d bytes; it must be a signed JWT", maxAssertion)
	}
	unsigned := configError(FieldAssertion, "is not a signed JWT; it must be three parts in base64url, separated by dots")
	parts := strings.Split(jwt, ".")
	for _, part := range parts {
		if part == "" || strings.ContainsFunc(part, notBase64URL) {
			return unsigned
		}
	}
	if len(parts) != 3 {
		return unsigned
	}
	return nil
}

func notBase64URL(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '_'
}

// setAssertion adds the parameters of RFC 7521 §4.2. client_id is optional there, and helps servers
// that look the client up before they read the JWT.
func (r *TokenRequest) setAssertion(clientID, jwt string) {
	r.Form.Set("client_id", clientID)
	r.Form.Set("client_assertion_type", assertionType)
	r.Form.Set("client_assertion", jwt)
}
