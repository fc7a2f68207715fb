package tokencache

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// How long requests are held back after a failure. The time doubles with each further failure in a row.
const (
	// refusalHold is the first hold after a refusal. Servers lock clients out that repeat a wrong secret.
	refusalHold = time.Second
	// failureHold is the longest first hold after a failure that may pass: a server that is away for a
	// moment is missed for a moment.
	failureHold = 250 * time.Millisecond
	longestHold = 5 * time.Second
	// firstAnswer is how long requests wait for the answer to the first one. A client whose secret is wrong
	// then sends one request and not one for each virtual user. A slow server does not delay the others for longer.
	firstAnswer = time.Second
)

// Hold keeps requests back after failures: for a while after each one, and then all but one until that
// one is answered. A success ends it. The zero value is ready to use. It is safe for concurrent use.
type Hold struct {
	mu       sync.Mutex
	err      error         // the last failure; nil when nothing is held back
	failures int           // in a row
	since    time.Time     // of the first of them
	until    time.Time     // when the next request is due
	trying   bool          // that request is under way
	first    time.Time     // when the first request of all was sent
	open     bool          // the first request has been answered, and was not refused, or took too long
	state    uint64        // counts failures and successes, to tell what a request has missed
	changed  chan struct{} // closed at the next change; nil while nobody waits for it
}

// HeldError is the error of a call for which no token was requested, because requests have failed before.
type HeldError struct {
	// Err is the error of the last request, nil while the first request of all is under way.
	Err error
	// Since is when the first of the requests failed that have failed in a row.
	Since time.Time
	// Until is when the next request is due, the zero time while it is under way.
	Until time.Time
}

// Error says what has failed, and that it was not repeated.
func (e *HeldError) Error() string { return e.Err.Error() + "; " + e.Reason() }

// Reason says why no token was requested.
func (e *HeldError) Reason() string {
	next := "is under way"
	if !e.Until.IsZero() {
		next = "is due at " + e.Until.Format(time.TimeOnly)
	}
	return fmt.Sprintf("no token was requested for this call: requests have failed since %s, and the next one %s",
		e.Since.Format(time.TimeOnly), next)
}

// Unwrap returns the error of the last request.
func (e *HeldError) Unwrap() error { return e.Err }

// block describes why a request is held back.
type block struct {
	hold    *Hold
	err     HeldError
	state   uint64
	changed <-chan struct{}
}

// permit allows one request of a Hold. Its request ends it: by Lift, fail, pass, or abandon.
type permit struct {
	hold    *Hold
	state   uint64
	decides bool // the others wait for this request
	first   bool // because it is the first one
}

// admit returns a permit to send a request at now, or what keeps it back.
func (h *Hold) admit(now time.Time) (permit, *block) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err == nil {
		return permit{hold: h, state: h.state}, nil
	}
	if !h.trying && !now.Before(h.until) {
		h.trying = true
		return permit{hold: h, state: h.state, decides: true}, nil
	}
	b := h.block()
	if !h.trying {
		b.err.Until = h.until
	}
	return permit{}, b
}

// admitAfterFirst is admit, but requests also wait for the answer to the first one.
func (h *Hold) admitAfterFirst(now time.Time) (permit, *block) {
	if p, b, ok := h.admitFirst(now); ok {
		return p, b
	}
	return h.admit(now)
}

// admitFirst reports whether nothing is known yet of how requests end.
func (h *Hold) admitFirst(now time.Time) (p permit, b *block, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open || h.err != nil {
		return p, nil, false
	}
	if !h.trying {
		h.trying, h.first = true, now
		return permit{hold: h, state: h.state, decides: true, first: true}, nil, true
	}
	until := h.first.Add(firstAnswer)
	if !now.Before(until) {
		h.unblock()
		return p, nil, false
	}
	b = h.block()
	b.err.Until = until
	return p, b, true
}

// unblock has requests no longer wait for the first one.
func (h *Hold) unblock() {
	if !h.open {
		h.open, h.trying = true, false
		h.change()
	}
}

// block describes why a request is held back now.
func (h *Hold) block() *block {
	if h.changed == nil {
		h.changed = make(chan struct{})
	}
	return &block{h, HeldError{Err: h.err, Since: h.since}, h.state, h.changed}
}

// Lift ends the hold: a request has succeeded.
func (h *Hold) Lift() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil {
		h.err, h.failures, h.trying = nil, 0, false
		h.change()
	}
	h.unblock()
	h.state++
}

// Due makes the next request due at once: it is another one than those that have failed.
func (h *Hold) Due() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil && time.Now().Before(h.until) {
		h.until = time.Now()
		h.change()
	}
}

// fail ends the request of p with err, and holds others back for a time that depends on how many have
// failed in a row. Of requests that were sent together the first failure counts.
func (p permit) fail(err error, now time.Time, wait func(failures int) time.Duration) {
	h := p.hold
	h.mu.Lock()
	defer h.mu.Unlock()
	until := now.Add(retryAfter(err))
	if p.state == h.state {
		if h.err == nil {
			h.since = now
		}
		h.failures++
		h.err, h.trying, h.until = err, false, now.Add(wait(h.failures))
		h.state++
	}
	if h.err != nil && until.After(h.until) {
		h.until = until
	}
	h.change()
}

// pass ends the first request, which was not refused.
func (p permit) pass() {
	p.hold.mu.Lock()
	defer p.hold.mu.Unlock()
	p.hold.unblock()
}

// abandon ends the request of p without a result.
func (p permit) abandon() {
	h := p.hold
	h.mu.Lock()
	defer h.mu.Unlock()
	if p.decides && p.state == h.state {
		h.trying = false
		h.change()
	}
}

// change wakes up the calls that wait for a change.
func (h *Hold) change() {
	if h.changed != nil {
		close(h.changed)
		h.changed = nil
	}
}

// backoff is first, doubled for every further failure in a row.
func backoff(first time.Duration, failures int) time.Duration {
	for range failures - 1 {
		if first *= 2; first >= longestHold {
			return longestHold
		}
	}
	return first
}

// retryAfter is how long the server asked to wait; 0 when it did not.
func retryAfter(err error) time.Duration {
	if e := (*oauth.Error)(nil); errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

// result is how a request ended, as far as the next one is concerned.
type result int

const (
	granted   result = iota
	refused          // the server will refuse the next one as well, no matter which VU sends it
	failed           // the next one may succeed
	abandoned        // nobody knows
)

func resultOf(err error) result {
	e := (*oauth.Error)(nil)
	switch {
	case err == nil:
		return granted
	case errors.Is(err, context.Canceled):
		return abandoned
	case !errors.As(err, &e) || e.Retryable() || e.Status == 0:
		return failed
	}
	switch e.Code {
	case oauth.CodeInvalidResponse, oauth.CodeTokenType, oauth.CodeTokenBinding:
		return failed // the server has granted something
	case oauth.CodeCanceled:
		return abandoned
	}
	return refused
}
