package authserver

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// maxRevoked bounds the tokens that are revoked and not yet expired.
const maxRevoked = 1 << 16

// serveRevocation is the revocation endpoint, RFC 7009 §2.
func (s *Server) serveRevocation(w http.ResponseWriter, r *http.Request) {
	f := newForm()
	defer f.release()
	if err := s.revoke(r, f); err != nil {
		err.write(w)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// revoke drops a token of the client that asks. A token that is unknown or no
// longer valid is a success (RFC 7009 §2.2), one of another client is refused
// (§2.1).
func (s *Server) revoke(r *http.Request, f *form) *oauthError {
	c, token, err := s.readTokenRequest(r, f)
	if err != nil {
		return err
	}
	g, ok := s.open(f, token)
	now := s.cfg.Now()
	if !ok || !now.Before(g.expires) {
		return nil
	}
	if g.client != c {
		return errForeignToken
	}
	if !s.revoked.add(g.id, g.expires, now) {
		return errRevokedFull
	}
	return nil
}

// revocations remembers revoked tokens until they expire, limit of them at
// most.
type revocations struct {
	limit int
	count atomic.Int64 // lets has, which every API request calls, do without the lock

	mu       sync.RWMutex
	expires  map[tokenID]time.Time
	earliest time.Time // when the next of them expires
}

func newRevocations(limit int) *revocations {
	return &revocations{limit: limit, expires: make(map[tokenID]time.Time)}
}

func (r *revocations) has(id tokenID) bool {
	if r.count.Load() == 0 {
		return false
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	_, revoked := r.expires[id]
	return revoked
}

// add remembers a token until it expires. It returns false when there are too
// many of them.
func (r *revocations) add(id tokenID, expires, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() { r.count.Store(int64(len(r.expires))) }()
	if len(r.expires) >= r.limit && !r.earliest.After(now) {
		r.forgetExpired(now)
	}
	if len(r.expires) >= r.limit {
		return false
	}
	if len(r.expires) == 0 || expires.Before(r.earliest) {
		r.earliest = expires
	}
	r.expires[id] = expires
	return true
}

func (r *revocations) forgetExpired(now time.Time) {
	r.earliest = time.Time{}
	for id, expires := range r.expires {
		switch {
		case !expires.After(now):
			delete(r.expires, id)
		case r.earliest.IsZero() || expires.Before(r.earliest):
			r.earliest = expires
		}
	}
}
