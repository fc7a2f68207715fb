package tokencache

import (
	"fmt"
	"math"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// defaultTTL is Policy.DefaultTTL where it is 0: a token is never used for ever.
const defaultTTL = 5 * time.Minute

// Span is a part of a token's lifetime: an absolute duration, or a fraction from 0 to 1.
type Span struct {
	Absolute time.Duration
	Fraction float64 // counts when Absolute is 0
}

// Of returns the span in a lifetime of ttl.
func (s Span) Of(ttl time.Duration) time.Duration {
	if s.Absolute != 0 {
		return s.Absolute
	}
	return part(ttl, s.Fraction)
}

// part returns a fraction, from 0 to 1, of d, to the nanosecond: 0.29 × 100 ns is 29 ns, not
// 28.999…. For spans beyond a hundred days a float64 is coarser than that, hence the limit.
func part(d time.Duration, fraction float64) time.Duration {
	return min(time.Duration(math.Round(fraction*float64(d))), d)
}

// Refresh says what a caller sees of the replacement of a token that is valid but no longer
// fresh.
type Refresh int

const (
	// Blocking makes the caller wait for the new token.
	Blocking Refresh = iota
	// Background gives the caller the old token, unless it is about to expire, and asks for the new one
	// meanwhile.
	Background
)

// Policy says how long a token of an Entry is used. The zero value uses a token until it expires
// and then waits for the next.
type Policy struct {
	// Leeway is how long before its expiry a token stops being fresh.
	Leeway Span
	// Jitter is the most by which, at random, it stops earlier still. Leeway and Jitter together
	// take at most half of the lifetime.
	Jitter Span
	// Refresh applies between the end of freshness and the expiry.
	Refresh Refresh
	// MaxWait is how long a call waits at most while requests are held back after failures.
	MaxWait time.Duration
	// DefaultTTL is the lifetime of a token whose response does not say; 0 means five minutes.
	DefaultTTL time.Duration
}

// ttl returns the lifetime of a token whose response says expiresIn, 0 for nothing.
func (p Policy) ttl(expiresIn time.Duration) time.Duration {
	switch {
	case expiresIn > 0:
		return expiresIn
	case p.DefaultTTL > 0:
		return p.DefaultTTL
	}
	return defaultTTL
}

// freshness returns the span before the expiry in which a token of lifetime ttl is not fresh, for
// a random number from 0 to 1, and whether Leeway and Jitter had to be cut.
func (p Policy) freshness(ttl time.Duration, random float64) (early time.Duration, cut bool) {
	leeway, jitter := max(p.Leeway.Of(ttl), 0), max(p.Jitter.Of(ttl), 0)
	half := ttl / 2
	if leeway > half-jitter {
		cut = true
		leeway = min(leeway, half)
		jitter = half - leeway
	}
	return leeway + part(jitter, random), cut
}

// A token that is about to expire may expire on its way to the API. So callers wait for the next one
// when a tenth of the time between freshness and expiry is left, within these bounds. Where there is nothing to wait
// for, because the server does not grant a token, they get the old one until leastMargin is left.
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
	lastUse  time.Time // when callers no longer get it, even if there is no other
	timed    bool      // the server has sent the lifetime of this token, now or before

	acceptance acceptance
}

// lease gives token its times.
func (e *Entry) lease(token *oauth.Token, now time.Time) (*Lease, error) {
	again := e.last != nil && e.last.Token.AccessToken.Reveal() == token.AccessToken.Reveal()
	if again && e.last.timed && token.NoLifetime != "" {
		return ending(token, now), nil
	}
	ttl := e.policy.ttl(token.ExpiresIn)
	if token.NoLifetime != "" {
		e.cache.warn(e.policy, noLifetime, fmt.Sprintf("expires_in of the token response is %s, which is not a lifetime; "+
			"tokens are used for %s: set cache.defaultTtl to their lifetime", token.NoLifetime, ttl))
	}
	l := &Lease{Token: token, ReceivedAt: now, ExpiresAt: token.RequestedAt.Add(ttl), timed: token.ExpiresIn > 0 ||
		again && e.last.timed}
	if !now.Before(l.ExpiresAt) {
		return nil, oauth.Expired(ttl, now.Sub(token.RequestedAt))
	}
	early, cut := e.policy.freshness(ttl, e.cache.options.Rand())
	if cut && !again { // what is left of a token that has been here before says nothing about the policy
		e.cache.warn(e.policy, leewayCut,
			fmt.Sprintf("leeway and jitter together exceed half of the token's lifetime of %s; "+
				"tokens are replaced when half of it is left", ttl))
	}
	l.FreshUntil = l.ExpiresAt.Add(-early)
	l.waitFrom = l.ExpiresAt.Add(-margin(early))
	l.lastUse = l.ExpiresAt.Add(-min(leastMargin, margin(early)))
	return l, nil
}

// margin is how long before the expiry callers begin to wait, of a token that is not fresh for early.
func margin(early time.Duration) time.Duration {
	return min(max(early/10, leastMargin), mostMargin, early/2)
}

// ending is the lease of a token that the server hands out until it expires, and whose lifetime it has
// counted down to nothing. It ends within a second; nobody knows when.
func ending(token *oauth.Token, now time.Time) *Lease {
	again, end := now.Add(recheck), now.Add(finalSpan)
	return &Lease{
		Token: token, ReceivedAt: now, FreshUntil: again, waitFrom: again, lastUse: end, ExpiresAt: end, timed: true,
	}
}
