package tokencache

import (
	"fmt"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// A token that is about to expire may expire on its way to the API. So callers wait for the next one
// when a tenth of the time between freshness and expiry is left, within these bounds.
const (
	leastMargin = 100 * time.Millisecond
	mostMargin  = time.Second
)

// A server that counts expires_in down in whole seconds says 0 in the last second of a token.
const (
	finalSpan = time.Second
	// recheck is how long such a token is used before the server is asked again.
	recheck = finalSpan / 2
)

// Lease is a token with its times. It does not change; what APIs make of it does.
type Lease struct {
	Token *oauth.Token
	// ReceivedAt is when the token arrived.
	ReceivedAt time.Time
	// FreshUntil is when it is time for the next one.
	FreshUntil time.Time
	// ExpiresAt is when the server stops accepting it.
	ExpiresAt time.Time

	waitFrom time.Time // when callers begin to wait for the next one, even with Background
	timed    bool      // the server has told the lifetime of this token, now or before

	acceptance acceptance
}

// lease gives token its times.
func (e *Entry) lease(token *oauth.Token, now time.Time) (*Lease, error) {
	again := e.last != nil && e.last.Token.AccessToken == token.AccessToken
	if again && e.last.timed && token.NoLifetime != "" {
		return ending(token, now), nil
	}
	ttl := e.policy.ttl(token.ExpiresIn)
	if token.NoLifetime != "" {
		e.cache.warn(e.policy, noLifetime, fmt.Sprintf("expires_in of the token response is %s, which is not a lifetime; "+
			"tokens are used for %s: set cache.defaultTtl to their lifetime", token.NoLifetime, ttl))
	}
	l := &Lease{Token: token, ReceivedAt: now, ExpiresAt: token.RequestedAt.Add(ttl), timed: token.ExpiresIn > 0 || again && e.last.timed}
	if !now.Before(l.ExpiresAt) {
		return nil, oauth.Expired(ttl, now.Sub(token.RequestedAt))
	}
	early, cut := e.policy.freshness(ttl, e.cache.options.Rand())
	if cut && !again { // what is left of a token that has been here before says nothing about the policy
		e.cache.warn(e.policy, leewayCut, fmt.Sprintf("leeway and jitter together exceed half of the token's lifetime of %s; "+
			"tokens are replaced when half of it is left", ttl))
	}
	l.FreshUntil = l.ExpiresAt.Add(-early)
	l.waitFrom = l.ExpiresAt.Add(-margin(early))
	return l, nil
}

// margin is how long before the expiry callers begin to wait, of a token that is not fresh for early.
func margin(early time.Duration) time.Duration {
	return min(max(early/10, leastMargin), mostMargin, early/2)
}

// ending is the lease of a token that the server hands out until it expires, and whose lifetime it has
// counted down to nothing. It ends within a second; nobody knows when.
func ending(token *oauth.Token, now time.Time) *Lease {
	again := now.Add(recheck)
	return &Lease{Token: token, ReceivedAt: now, FreshUntil: again, waitFrom: again, ExpiresAt: now.Add(finalSpan), timed: true}
}
