package oauth

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// Token is a successful token response (RFC 6749 §5.1).
type Token struct {
	// AccessToken is the token as the server sent it.
	AccessToken secret.Text
	// Type is the token type in its registered spelling ("Bearer", "DPoP"), or as sent when it is another one.
	Type string
	// Scope is the scope that was granted, space separated. When the server omits it, the requested scope was granted.
	Scope string
	// IssuedType is the token's type in the answer to a token exchange (RFC 8693 §3); empty otherwise.
	IssuedType string
	// RequestedAt is when the token request began. The lifetime counts from here: the server's
	// clock started somewhere between this moment and the arrival of the response.
	RequestedAt time.Time
	// ExpiresIn is the lifetime granted; 0 when the server did not send one, or sent something else.
	ExpiresIn time.Duration
	// NoLifetime is an expires_in that is not a lifetime, as the server spelled it, such as 0, -1, "" or
	// "1h", in at most 20 characters; empty when expires_in is a lifetime, or missing.
	NoLifetime string
	// DPoP makes the proofs that every use of the token requires (RFC 9449 §7), with the key that it is
	// bound to. It is nil for tokens that are not bound.
	DPoP *DPoPSigner
}

// Authorization is the value of the Authorization header that carries the token (RFC 6750 §2.1).
func (t *Token) Authorization() string {
	return t.Type + " " + t.AccessToken.Reveal()
}

// ErrExpired is in the chain of the Error of a token that had expired when it arrived.
var ErrExpired = errors.New("the token had expired when it arrived")

// Expired returns the Error of a token whose response took longer than the token's lifetime.
func Expired(lifetime, took time.Duration) *Error {
	return &Error{
		Code: CodeInvalidResponse,
		Description: fmt.Sprintf("%s: its lifetime is %s, and the response took %s", ErrExpired, lifetime,
			took.Round(time.Millisecond)),
		cause: ErrExpired,
	}
}

// check finds out why the client could not use the token of an answer. It must be called before anybody
// sees the token.
func (c *Client) check(resp *http.Response, t *Token) *Error {
	if c.grantType == GrantTokenExchange {
		if failure := c.checkIssued(resp, t); failure != nil {
			return failure
		}
	}
	if c.config.Certificate != nil {
		if failure := c.config.checkBinding(resp, t); failure != nil {
			return failure
		}
	}
	switch isDPoP := t.Type == TokenTypeDPoP; {
	case c.dpop != nil:
		return c.dpop.bind(resp, t)
	case isDPoP:
		return &Error{
			Code: CodeTokenType, Status: resp.StatusCode,
			Description: "the token has the type DPoP, but a bearer token was requested: DPoP must be enabled on both sides " +
				"or on neither (RFC 9449 §5)",
		}
	}
	return nil
}

// checkLifetime finds a token that has expired at now, or whose source has: the server may end both
// together, whatever it promises.
func (c *Client) checkLifetime(t *Token, now time.Time) *Error {
	for _, token := range []*Token{t, c.source} {
		if token == nil || token.ExpiresIn == 0 {
			continue
		}
		if age := now.Sub(token.RequestedAt); age >= token.ExpiresIn {
			return Expired(token.ExpiresIn, age)
		}
	}
	return nil
}
