package oauth

import (
	"context"
	"math/rand/v2"
	"time"
)

// Retry says how often and when a failed token request is repeated. The zero value sends it once.
type Retry struct {
	// Attempts is the most requests in all; 0 counts as 1.
	Attempts int
	// Backoff is the longest wait before the second attempt. It doubles with each further one, and
	// the wait is a random part of it. A Retry-After counts instead, in full.
	Backoff time.Duration
	// MaxBackoff is the longest that Backoff can grow; 0 means a day.
	MaxBackoff time.Duration
	// Budget is the time for everything, waits included: a wait that would exceed it is not begun.
	// 0 means no limit.
	Budget time.Duration
	// Rand returns a random number from 0 to 1; math/rand/v2 by default.
	Rand func() float64
}

// Attempt is one token request of GrantWithRetry.
type Attempt struct {
	// Grant is GrantClientCredentials, or GrantTokenExchange for the second request of an Exchange.
	Grant string
	// Number counts from 1, for each grant.
	Number int
	// Status is the HTTP status; 0 when there was no answer.
	Status int
	// Token is nil on failure.
	Token *Token
	// Err is nil on success.
	Err *Error
	// Signing is how long the signatures took, of the assertion with which the client authenticates
	// and of the DPoP proof; 0 when there is neither.
	Signing time.Duration
	// NonceDemanded says that the server answered with the nonce that it wants in the DPoP proof (RFC
	// 9449 §8). The request was repeated at once with it, under the same Number: nothing has failed.
	NonceDemanded bool
	// Clock is what the answer tells of the server's clock.
	Clock Clock

	nonce bool // the answer had a DPoP nonce
}

// IsRetry reports whether the attempt was sent because an earlier one had failed. Of two requests with
// the same Number that is the second: that it was sent twice is not for the failure.
func (a *Attempt) IsRetry() bool { return a.Number > 1 && !a.NonceDemanded }

// GrantWithRetry sends the token request until it brings a token, an error that no repetition
// mends, or r is exhausted; and then, likewise, that of an Exchange. Every attempt authenticates
// anew. observe, which may be nil, is told of each. An error is always an *Error: that of the last
// attempt.
func (c *Client) GrantWithRetry(ctx context.Context, do Doer, r Retry, observe func(Attempt)) (*Token, error) {
	begin := time.Now()
	token, err := c.repeat(ctx, do, r, observe)
	if err != nil || c.config.Exchange == nil {
		return token, err
	}
	return c.exchange(ctx, do, r, time.Since(begin), observe, token)
}

// repeat is GrantWithRetry of one of the two requests.
func (c *Client) repeat(ctx context.Context, do Doer, r Retry, observe func(Attempt)) (*Token, error) {
	begin := time.Now()
	for n := 1; ; n++ {
		a := c.attemptWithNonce(ctx, do, func(a Attempt) {
			a.Number, a.Grant = n, c.grant
			if a.Err != nil && c.config.Exchange != nil {
				a.Err.Grant = c.grant
			}
			if observe != nil {
				observe(a)
			}
		})
		err := a.Err
		if err == nil {
			return a.Token, nil
		}
		if n >= r.Attempts || !err.Retryable() || ctx.Err() != nil {
			return nil, err
		}
		wait := r.wait(n, err.RetryAfter)
		if r.Budget > 0 && time.Since(begin)+wait >= r.Budget {
			return nil, err
		}
		if !sleep(ctx, wait) {
			return nil, err
		}
	}
}

// wait is the time between attempt n and the next.
func (r Retry) wait(n int, retryAfter time.Duration) time.Duration {
	if retryAfter > 0 {
		return retryAfter
	}
	longest, limit := r.Backoff, r.MaxBackoff
	if limit <= 0 {
		limit = 24 * time.Hour
	}
	for range n - 1 {
		if longest > limit/2 {
			longest = limit
			break
		}
		longest *= 2
	}
	longest = min(longest, limit)
	random := r.Rand
	if random == nil {
		random = rand.Float64 // #nosec G404 -- spreads load, protects nothing
	}
	return time.Duration(random() * float64(longest))
}

// sleep reports whether d passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
