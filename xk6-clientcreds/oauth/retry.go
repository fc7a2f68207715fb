package oauth

import (
	"context"
	"math/rand/v2"
	"time"
)

// Retry says how often, when and as whom a failed token request is sent again. The zero value sends it once.
type Retry struct {
	// Attempts is the maximum number of requests; 0 counts as 1.
	Attempts int
	// Backoff is the longest wait before the second attempt. It doubles with each further attempt, and
	// the wait is a random part of it. A Retry-After takes precedence, in full.
	Backoff time.Duration
	// MaxBackoff is the longest that Backoff can grow; 0 means a day.
	MaxBackoff time.Duration
	// Budget is the time for all attempts, waits included: a wait that would exceed it is not begun.
	// 0 means no limit.
	Budget time.Duration
	// Rand returns a random number from 0 to 1; math/rand/v2 by default.
	Rand func() float64
	// Replace is called once when the attempts have failed. It returns a client that may succeed, such as
	// one with new credentials, or nil. That client gets the same Attempts and Budget.
	Replace func(*Error) *Client
}

// Attempt is one token request of TokenWithRetry.
type Attempt struct {
	// GrantType is GrantClientCredentials, or GrantTokenExchange for the second request of an Exchange.
	GrantType string
	// Number counts from 1, for each grant type.
	Number int
	// Status is the HTTP status; 0 when there was no answer.
	Status int
	// Token is nil on failure.
	Token *Token
	// Err is nil on success.
	Err *Error
	// Trace holds the Sender's measurements; nil if nothing was sent.
	Trace Trace
	// Signing is how long the signatures took, of the assertion with which the client authenticates
	// and of the DPoP proof; 0 when there is neither.
	Signing time.Duration
	// NonceDemanded says that the server answered with the nonce that it requires in the DPoP proof (RFC
	// 9449 §8). The request was sent again at once with it, under the same Number: nothing has failed.
	NonceDemanded bool
	// Clock holds what the answer says about the server's clock.
	Clock Clock

	nonce bool // the answer had a DPoP nonce
}

// IsRetry reports whether the attempt was sent because an earlier one had failed. Of two requests with
// the same Number only the second is a retry: the first was answered with a nonce, and has not failed.
func (a *Attempt) IsRetry() bool { return a.Number > 1 && !a.NonceDemanded }

// Token sends the token request once (RFC 6749 §4.4.2), and then the request of an Exchange. An error
// is always an *Error.
func (c *Client) Token(ctx context.Context, do Doer) (*Token, error) {
	return c.TokenWithRetry(ctx, do, Retry{}, nil)
}

// TokenWithRetry sends the token request until it brings a token, fails for good, or r is exhausted;
// and then, likewise, the request of an Exchange. Each attempt authenticates again. observe, which may
// be nil, is called with each. An error is always an *Error: the last attempt's.
func (c *Client) TokenWithRetry(ctx context.Context, s Sender, r Retry, observe func(Attempt)) (*Token, error) {
	q := &tokenRequest{sender: s, retry: r, observe: observe}
	token, err := q.token(ctx, c)
	if err != nil && r.Replace != nil {
		if other := r.Replace(err); other != nil {
			token, err = q.token(ctx, other)
		}
	}
	if err != nil {
		return nil, err
	}
	return token, nil
}

// tokenRequest is one call of TokenWithRetry. All attempts are numbered and observed here.
type tokenRequest struct {
	sender  Sender
	retry   Retry
	observe func(Attempt) // nil for nobody
	sent    [2]int        // attempts of the client-credentials grant, and of the exchange
}

// token requests a token as c, and exchanges it if c is configured so.
func (q *tokenRequest) token(ctx context.Context, c *Client) (*Token, *Error) {
	begin, budget := time.Now(), q.retry.Budget
	token, err := q.repeat(ctx, c, budget)
	if err != nil || c.config.Exchange == nil {
		return token, err
	}
	if budget > 0 {
		budget = max(budget-time.Since(begin), 1) // there is time for a request, but not for a wait
	}
	exchanged, err := q.repeat(ctx, c.exchanging(token), budget)
	if err != nil {
		return nil, err
	}
	return exchanged.cappedBy(token), nil
}

// repeat makes attempts until one succeeds, fails for good, or there are enough of them.
func (q *tokenRequest) repeat(ctx context.Context, c *Client, budget time.Duration) (*Token, *Error) {
	begin := time.Now()
	for n := 1; ; n++ {
		a := q.attempt(ctx, c)
		if a.Err == nil {
			return a.Token, nil
		}
		if n >= q.retry.Attempts || !a.Err.Retryable() || ctx.Err() != nil {
			return nil, a.Err
		}
		wait := q.retry.wait(n, a.Err.RetryAfter)
		if budget > 0 && time.Since(begin)+wait >= budget || !sleep(ctx, wait) {
			return nil, a.Err
		}
	}
}

// attempt makes one attempt. If the server answers with the nonce that it requires in the DPoP proof (RFC
// 9449 §8), the request is made again once, from its beginning: an assertion is used up by then.
func (q *tokenRequest) attempt(ctx context.Context, c *Client) Attempt {
	number := &q.sent[0]
	if c.grantType == GrantTokenExchange {
		number = &q.sent[1]
	}
	*number++
	for again := false; ; again = true {
		a := c.attempt(ctx, q.sender)
		a.GrantType, a.Number = c.grantType, *number
		a.NonceDemanded = !again && a.nonce && a.Err != nil && a.Err.Code == CodeUseNonce && ctx.Err() == nil
		if a.Err != nil && c.config.Exchange != nil {
			a.Err.Grant = c.grantType
		}
		if q.observe != nil {
			q.observe(a)
		}
		if !a.NonceDemanded {
			return a
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
