package jsmodule

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
)

// endsNeeded is how often a new token must have ended the one before until that is taken for the server's habit.
const endsNeeded = 2

// succession holds what is known about the tokens of one client id at one server, over all of its configurations:
// whether they are valid beside each other, or a new token ends the one before. It is safe for concurrent use.
type succession struct {
	requested atomic.Pointer[time.Time] // when the newest granted token was requested; nil before the first
	coexist   atomic.Bool               // a token was accepted although there was a newer one

	mu       sync.Mutex
	underWay int // token requests
	begun    int
	newest   *oauth.Token // the last one granted; nil when it is not known which one that is at the server
	ends     int          // how often a token was rejected that had been good before there was a newer one
	unsaid   func()       // a warning that is right only if tokens are good beside each other
}

// successions has the succession of every client of a process.
type successions struct {
	mu    sync.Mutex
	known map[[2]string]*succession // by server and client id
}

// of returns the one succession of a client id.
func (s *successions) of(o *options) *succession {
	key := [2]string{o.where(), o.ClientID}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = make(map[[2]string]*succession)
	}
	if s.known[key] == nil {
		s.known[key] = new(succession)
	}
	return s.known[key]
}

// end gives the warnings that were kept.
func (s *successions) end() {
	s.mu.Lock()
	known := slices.Collect(maps.Values(s.known))
	s.mu.Unlock()
	for _, one := range known {
		one.end()
	}
}

// flight is a token request that is under way.
type flight struct {
	of    *succession
	begun int
	alone bool // no other one was under way when it began
}

// begin notes that a token is being requested. The caller must end the flight.
func (s *succession) begin() flight {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun++
	s.underWay++
	return flight{s, s.begun, s.underWay == 1}
}

// end notes the end of the request; granted is nil if it has failed.
func (f flight) end(granted *oauth.Token) {
	s := f.of
	s.mu.Lock()
	defer s.mu.Unlock()
	s.underWay--
	if granted == nil {
		return
	}
	s.newest = nil
	if f.alone && s.begun == f.begun {
		s.newest = granted
	}
	if last := s.requested.Load(); last == nil || last.Before(granted.RequestedAt) {
		s.requested.Store(&granted.RequestedAt)
	}
}

// outlived reports whether there is a newer token than l's. Of tokens that were requested at the same time, the
// server alone knows which is the newer.
func (s *succession) outlived(l *tokencache.Lease) bool {
	last := s.requested.Load()
	return last != nil && last.After(l.ReceivedAt)
}

// accepted notes that an API accepted a token that was outlived when the request was sent.
func (s *succession) accepted() {
	if !s.coexist.Load() {
		s.coexist.Store(true)
	}
}

// ended notes that an API rejected the token of l, which it had accepted before. It reports whether newer tokens seem
// to end older ones.
func (s *succession) ended(l *tokencache.Lease) bool {
	if s.coexist.Load() || !s.outlived(l) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ends++
	if s.ends < endsNeeded {
		return false
	}
	s.unsaid = nil
	return true
}

// rejected calls warn if a rejection of t cannot be due to a newer one. Otherwise it keeps the warning for
// the end of the test.
func (s *succession) rejected(t *oauth.Token, warn func()) {
	s.mu.Lock()
	certain := s.coexist.Load() || s.newest == t
	if !certain && s.ends < endsNeeded {
		s.unsaid = warn
	}
	s.mu.Unlock()
	if certain {
		warn()
	}
}

// end gives the warning that was kept.
func (s *succession) end() {
	s.mu.Lock()
	warn := s.unsaid
	s.unsaid = nil
	s.mu.Unlock()
	if warn != nil {
		warn()
	}
}
