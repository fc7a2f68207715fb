package oauth

import "time"

// Token is a successful token response (RFC 6749 §5.1).
type Token struct {
	// AccessToken is the token as the server sent it.
	AccessToken string
	// Type is the token type in its registered spelling ("Bearer", "DPoP"), or as sent when it is another one.
	Type string
	// Scope is what was granted, space separated. When the server omits it, the requested scope was granted.
	Scope string
	// IssuedType is what the token is by the answer of a token exchange (RFC 8693 §3); empty otherwise.
	IssuedType string
	// RequestedAt is when the token request began. The lifetime counts from here: the server's
	// clock started somewhere between this moment and the arrival of the response.
	RequestedAt time.Time
	// ExpiresIn is the lifetime granted; 0 when the server did not say, or said what is not a lifetime.
	ExpiresIn time.Duration
	// NoLifetime is the expires_in that is not a lifetime as the server spelled it, such as 0, -1, "" or
	// "1h", in at most 20 characters; empty when expires_in is a lifetime, or missing.
	NoLifetime string
	// Prover makes the proofs that every use of the token needs (RFC 9449 §7): of the key that it is
	// bound to. It is nil for tokens that are not bound.
	Prover *Prover
}

// Authorization is the value of the Authorization header that carries the token (RFC 6750 §2.1).
func (t *Token) Authorization() string {
	return t.Type + " " + t.AccessToken
}
