package tokencache

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Outcome is how Get came by a lease.
type Outcome int

const (
	// Hit is a lease that was there, fresh or, while a replacement is on its way or has just
	// failed, still valid.
	Hit Outcome = iota
	// Miss is a lease, or an error, that the caller waited for.
	Miss
)

// Entry holds one token. It is safe for concurrent use.
type Entry struct {
	cache    *Cache
	policy   Policy
	refusals *Hold // shared by all entries of the same credentials
	failures Hold  // that may pass, of this entry alone
	current  atomic.Pointer[Lease]

	mu     sync.Mutex
	flight *flight
	reason Reason // of the next flight when there is no lease
	last   *Lease // the last one granted, dropped or not

	replacements replacements
}

// flight is one request under way. Its fields are set before done is closed.
type flight struct {
	done    chan struct{}
	permits permits
	lease   *Lease
	err     error
}

// permits are the permits of both holds of an entry to send a request.
type permits struct{ refusals, failures permit }

// Current returns the lease at hand, fresh or not, or nil. It costs one atomic load.
func (e *Entry) Current() *Lease { return e.current.Load() }

// Get returns a valid lease, from the entry or from src. When ctx ends it returns ctx's cause, and the
// request goes on for the others.
func (e *Entry) Get(ctx context.Context, src Source) (*Lease, Outcome, error) {
	if l := e.current.Load(); l != nil && time.Now().Before(l.FreshUntil) {
		return l, Hit, nil
	}
	var w waiter
	for {
		valid, fl, b, err := e.join(time.Now(), src)
		if b != nil {
			err = w.wait(ctx, e, src, b)
			if err == nil {
				continue
			}
		}
		if err != nil {
			return nil, Miss, err
		}
		if fl == nil {
			return valid, w.outcome(), nil
		}
		select {
		case <-fl.done:
		case <-ctx.Done():
			return nil, Miss, context.Cause(ctx)
		}
		if fl.err != nil && valid != nil && time.Now().Before(valid.lastUse) {
			return valid, Miss, nil // asking early failed; the old one still serves
		}
		return fl.lease, Miss, fl.err
	}
}

// join returns the lease that can still be used, or nil, and what to wait for, if the caller has to: a
// flight, under way or new, or the end of a hold.
func (e *Entry) join(now time.Time, src Source) (valid *Lease, fl *flight, b *block, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	reason := e.reason
	if l := e.current.Load(); l != nil {
		switch {
		case now.Before(l.FreshUntil): // replaced since the caller looked
			return l, nil, nil, nil
		case now.Before(l.lastUse):
			valid, reason = l, Early
		case now.Before(l.ExpiresAt):
			reason = Early
		default:
			reason = Expired
		}
	}
	fl, b, err = e.begin(now, reason, src)
	if valid != nil && (fl == nil || e.policy.Refresh == Background && now.Before(valid.waitFrom)) {
		return valid, nil, nil, nil
	}
	return valid, fl, b, err
}

// begin returns the flight under way or a new one, or what keeps it back.
func (e *Entry) begin(now time.Time, reason Reason, src Source) (*flight, *block, error) {
	if e.flight != nil {
		return e.flight, nil, nil
	}
	p, b := e.admit(now)
	if b != nil {
		return nil, b, nil
	}
	fl := &flight{done: make(chan struct{}), permits: p}
	if !e.cache.launch(func(ctx context.Context) { e.fly(ctx, fl, reason, src) }) {
		e.conclude(p, abandoned, ErrClosed)
		return nil, nil, ErrClosed
	}
	e.flight = fl
	return fl, nil, nil
}

// errNoResult is the error of a Source that returned nothing.
var errNoResult = errors.New("requesting a token: no result")

// fly makes the request of fl and wakes all callers that wait, whatever its outcome: nobody could
// catch a panic on this goroutine, and the callers would hang.
func (e *Entry) fly(ctx context.Context, fl *flight, reason Reason, src Source) {
	fl.err = errNoResult
	defer e.land(fl)
	defer func() {
		if p := recover(); p != nil {
			fl.lease, fl.err = nil, fmt.Errorf("requesting a token: %v", p)
		}
	}()
	fl.lease, fl.err = e.fetch(ctx, reason, src)
}

// fetch requests a token.
func (e *Entry) fetch(ctx context.Context, reason Reason, src Source) (*Lease, error) {
	token, err := src.Fetch(ctx, reason)
	switch {
	case err != nil:
		return nil, err
	case token == nil:
		return nil, errNoResult
	}
	return e.lease(token, time.Now())
}

// land ends fl.
func (e *Entry) land(fl *flight) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.conclude(fl.permits, resultOf(fl.err), fl.err)
	if fl.err == nil {
		e.last = fl.lease
		e.current.Store(fl.lease)
	}
	e.flight = nil
	close(fl.done)
}

// Once requests a lease for this caller alone. The lease is not kept; what holds other calls back does
// the same to this one.
func (e *Entry) Once(ctx context.Context, src Source) (*Lease, error) {
	var w waiter
	for {
		p, b := e.admit(time.Now())
		if b == nil {
			return e.once(ctx, src, p)
		}
		if err := w.wait(ctx, e, src, b); err != nil {
			return nil, err
		}
	}
}

func (e *Entry) once(ctx context.Context, src Source, p permits) (lease *Lease, err error) {
	err = errNoResult // if the request panics
	defer func() {
		result := resultOf(err)
		if err != nil && ctx.Err() != nil {
			result = abandoned // the end of the caller says nothing about the server
		}
		e.conclude(p, result, err)
	}()
	return e.fetch(ctx, Cold, src)
}

// admit returns the permits to send a request, or what keeps it back.
func (e *Entry) admit(now time.Time) (p permits, b *block) {
	if p.failures, b = e.failures.admit(now); b != nil {
		return p, b
	}
	if p.refusals, b = e.refusals.admitAfterFirst(now); b != nil {
		p.failures.abandon()
	}
	return p, b
}

// conclude returns the permits of a request that ended with err.
func (e *Entry) conclude(p permits, r result, err error) {
	now := time.Now()
	switch r {
	case granted:
		e.Resume()
	case abandoned:
		p.failures.abandon()
		p.refusals.abandon()
	case refused:
		e.failures.Lift() // the server is there
		p.refusals.fail(err, now, func(failures int) time.Duration { return backoff(refusalHold, failures) })
	case failed:
		p.failures.fail(err, now, func(failures int) time.Duration { return e.pause(now, failures) })
		switch {
		case p.refusals.first:
			p.refusals.pass()
		case p.refusals.decides: // the others wait for this one
			p.refusals.fail(err, now, func(failures int) time.Duration { return backoff(refusalHold, failures) })
		}
	}
}

// pause is how long an entry's requests are held back after failures that may pass. With a valid token
// there is no hurry. Without one, callers that failed together do not ask together again.
func (e *Entry) pause(now time.Time, failures int) time.Duration {
	if l := e.current.Load(); l != nil && now.Before(l.lastUse) {
		return min(refusalHold, max(l.lastUse.Sub(now), failureHold))
	}
	longest := backoff(failureHold, failures)
	return longest/2 + part(longest/2, e.cache.options.Rand())
}

// Resume ends what holds requests back: a request has succeeded.
func (e *Entry) Resume() {
	e.failures.Lift()
	e.refusals.Lift()
}

// Drop drops lease l, because the script asked for another one. A lease that has already been replaced is not touched.
func (e *Entry) Drop(l *Lease) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if l != nil && e.current.CompareAndSwap(l, nil) {
		e.reason = Rejected
	}
}
