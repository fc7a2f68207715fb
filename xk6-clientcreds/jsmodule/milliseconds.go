package jsmodule

import (
	"fmt"
	"slices"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// compareUnits warns once of options whose number was probably meant in seconds. A script that says
// leeway: 60 has tokens replaced 60 ms before they expire.
func (s *sender) compareUnits(a *oauth.Attempt) {
	o := s.opts
	if len(o.numbers) == 0 || o.Cache.Scope == scopeNone && a.Token != nil {
		return
	}
	switch {
	case a.Err != nil && a.Err.Code == oauth.CodeTimeout && a.Status == 0:
		s.warnOfUnit("timeout", o.Timeout, "the server did not answer within that time")
	case a.Token != nil:
		ttl := a.Token.ExpiresIn
		if ttl == 0 {
			ttl = o.Cache.DefaultTTL
			s.warnOfUnit("cache.defaultTtl", ttl, "the server does not say how long its tokens live")
		}
		for name, given := range map[string]time.Duration{
			"cache.leeway": o.Cache.Leeway.Absolute,
			"cache.jitter": o.Cache.Jitter.Absolute,
		} {
			if inSeconds(given) <= ttl/2 {
				s.warnOfUnit(name, given, "tokens live for "+ttl.String())
			}
		}
	}
}

// inSeconds returns the duration that the number behind d would be in seconds.
func inSeconds(d time.Duration) time.Duration { return 1000 * d }

// warnOfUnit warns of an option that is given as a number, and below a second.
func (s *sender) warnOfUnit(name string, given time.Duration, but string) {
	if given < time.Millisecond || given >= time.Second || !slices.Contains(s.opts.numbers, name) {
		return
	}
	number := float64(given) / float64(time.Millisecond)
	s.process.warnOnce(warning{"unit of " + name, s.opts.subject()}, fmt.Sprintf(
		"Client %q: option %q is %g, a number of milliseconds, but %s; if it is meant in seconds, write '%gs'",
		s.opts.ClientID, name, number, but, number))
}
