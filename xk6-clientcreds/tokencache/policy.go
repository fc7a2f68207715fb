package tokencache

import (
	"math"
	"time"
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
