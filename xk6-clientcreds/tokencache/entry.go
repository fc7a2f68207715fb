package tokencache

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// holdOff is how long at least a failed replacement of a valid token is not tried again.
const holdOff = time.Second

// Outcome is how Get came by a lease.
type Outcome int

const (
	// Hit is a lease that was there, fresh or, while a replacement is on its way or has just
	// failed, still valid.
	Hit Outcome = iota
	// Miss is a lease, or an error, that the caller waited for.
	Miss
)

// Entry is the place of one token. It is safe for concurrent use.
type Entry struct {
	cache   *Cache
	policy  Policy
	current atomic.Pointer[Lease]

	mu        sync.Mutex
	flight    *flight
	reason    Reason    // of the next flight when there is no lease
	last      *Lease    // the last one granted, dropped or not
	notBefore time.Time // the earliest next try to replace a valid token
}

// flight is one request under way. Its fields are set before done is closed.
type flight struct {
	done  chan struct{}
	lease *Lease
	err   error
}

// Current returns the lease at hand, fresh or not, or nil. It costs one atomic load.
func (e *Entry) Current() *Lease { return e.current.Load() }

// Get returns a valid lease, from the entry or, by f, from the server. When ctx ends it returns
// ctx's cause, and the request goes on for the others.
func (e *Entry) Get(ctx context.Context, f Fetch) (*Lease, Outcome, error) {
	now := time.Now()
	if l := e.current.Load(); l != nil && now.Before(l.FreshUntil) {
		return l, Hit, nil
	}
	valid, fl, err := e.join(now, f)
	if err != nil {
		return nil, Miss, err
	}
	if valid != nil && (fl == nil || e.policy.Refresh == Background && now.Before(valid.waitFrom)) {
		return valid, Hit, nil
	}
	select {
	case <-fl.done:
	case <-ctx.Done():
		return nil, Miss, context.Cause(ctx)
	}
	if fl.err != nil && valid != nil && time.Now().Before(valid.ExpiresAt) {
		return valid, Miss, nil // asking early failed; the old one still serves
	}
	return fl.lease, Miss, fl.err
}

// join returns the lease that is still valid, or nil, and the flight for the next one: the one
// under way or a new one. The flight is nil while a failed replacement is held off.
func (e *Entry) join(now time.Time, f Fetch) (valid *Lease, fl *flight, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	reason := e.reason
	if l := e.current.Load(); l != nil {
		switch {
		case now.Before(l.FreshUntil): // replaced since the caller looked
			return l, nil, nil
		case now.Before(l.ExpiresAt):
			valid, reason = l, Early
		default:
			reason = Expired
		}
	}
	if e.flight != nil {
		return valid, e.flight, nil
	}
	if valid != nil && now.Before(e.notBefore) {
		return valid, nil, nil
	}
	fl = &flight{done: make(chan struct{})}
	if !e.cache.launch(func(ctx context.Context) { e.fly(ctx, fl, reason, f) }) {
		if valid != nil {
			return valid, nil, nil
		}
		return nil, nil, ErrClosed
	}
	e.flight = fl
	return valid, fl, nil
}

// errNoResult is the error of a Fetch that returned nothing.
var errNoResult = errors.New("requesting a token: no result")

// fly makes the request of fl and tells everybody who waits, whatever becomes of f: nobody could
// catch a panic on this goroutine, and the waiters would hang.
func (e *Entry) fly(ctx context.Context, fl *flight, reason Reason, f Fetch) {
	fl.err = errNoResult
	defer e.land(fl)
	defer func() {
		if p := recover(); p != nil {
			fl.lease, fl.err = nil, fmt.Errorf("requesting a token: %v", p)
		}
	}()
	token, err := f(ctx, reason)
	switch {
	case err != nil:
		fl.err = err
	case token != nil:
		fl.lease, fl.err = e.lease(token, time.Now())
	}
}

// land ends fl.
func (e *Entry) land(fl *flight) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if fl.err == nil {
		e.last = fl.lease
		e.current.Store(fl.lease)
		e.notBefore = time.Time{}
	} else {
		wait := holdOff
		var oauthErr *oauth.Error
		if errors.As(fl.err, &oauthErr) {
			wait = max(wait, oauthErr.RetryAfter)
		}
		e.notBefore = time.Now().Add(wait)
	}
	e.flight = nil
	close(fl.done)
}

// Drop gives up lease l, because the resource server refused it. A lease that has already been
// replaced is not touched: the news may be late.
func (e *Entry) Drop(l *Lease) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if l != nil && e.current.CompareAndSwap(l, nil) {
		e.reason = Rejected
	}
}
