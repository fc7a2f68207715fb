package oauth

import (
	"errors"
	"fmt"
	"time"
)

// ErrExpired is in the chain of the Error of a token that had expired when it arrived.
var ErrExpired = errors.New("the token had expired when it arrived")

// Expired returns the Error of a token of that lifetime whose response took so long that it is over.
func Expired(lifetime, took time.Duration) *Error {
	return &Error{
		Code:        CodeInvalidResponse,
		Description: fmt.Sprintf("%s: its lifetime is %s, and the response took %s", ErrExpired, lifetime, took.Round(time.Millisecond)),
		cause:       ErrExpired,
	}
}

// checkLifetime finds a token that has expired at now, or that was made of one that has: the server may
// end both together, whatever it promises.
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
