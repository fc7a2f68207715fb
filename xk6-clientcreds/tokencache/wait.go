package tokencache

import (
	"context"
	"time"
)

const (
	// renewalPoll is how often a call that is held back by refusals asks whether the credentials have
	// been replaced.
	renewalPoll = 500 * time.Millisecond
	// pauseInVain is how long a call is held back that cannot wait for the next request. Without this
	// pause a script that goes on after the error would spin.
	pauseInVain = time.Second
)

// waiter is a call that is held back.
type waiter struct {
	deadline time.Time
	last     *block // nil for a call that was not held back
	told     bool   // src knows that requests have failed
}

// outcome is Hit for a lease that the call got at once, and Miss if the call was held back.
func (w *waiter) outcome() Outcome {
	if w.last == nil {
		return Hit
	}
	return Miss
}

// wait waits until it is worth another try. The caller gets its error instead of a token.
func (w *waiter) wait(ctx context.Context, e *Entry, src Source, b *block) error {
	now := time.Now()
	failedAgain := w.last != nil && w.last.hold == b.hold && w.last.state != b.state
	if w.last == nil {
		w.deadline = now.Add(e.policy.MaxWait)
	}
	w.held(src, b)
	if failedAgain {
		return b.err.Err // the request that was waited for has failed as well
	}
	w.last = b
	next, end := w.span(b, now)
	for {
		changed, err := pause(ctx, e, b, min(renewalPoll, end.Sub(now), next.Sub(now)))
		if changed || err != nil {
			return err
		}
		switch now = time.Now(); {
		case !b.err.Until.IsZero() && !now.Before(next):
			return nil
		case !now.Before(end):
			return &b.err
		case b.hold == e.refusals && b.err.Err != nil && src.Reloaded():
			b.hold.Due()
		}
	}
}

// span returns when the next request of b is due, and when the call stops waiting for it.
func (w *waiter) span(b *block, now time.Time) (next, end time.Time) {
	soon := now.Add(pauseInVain)
	switch next, end = b.err.Until, w.deadline; {
	case b.err.Err == nil: // until the first request has been answered
		return next, next
	case next.IsZero(): // until the request under way has ended
		return end, end
	case next.After(end) && soon.Before(end):
		return next, soon
	}
	return next, end
}

// held reports once to src that requests have failed.
func (w *waiter) held(src Source, b *block) {
	if !w.told && b.err.Err != nil {
		w.told = true
		src.Held(b.err.Err)
	}
}

// pause waits for d, unless b changes or the call ends earlier.
func pause(ctx context.Context, e *Entry, b *block, d time.Duration) (changed bool, err error) {
	select {
	case <-b.changed:
		return true, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	case <-e.cache.closing:
		return false, ErrClosed
	case <-time.After(d):
		return false, nil
	}
}
