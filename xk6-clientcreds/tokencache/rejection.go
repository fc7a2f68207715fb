package tokencache

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// How long a token is kept although the API rejects it and another one is not known to be better: the next token is
// younger still. The time doubles while that does not help.
const (
	firstPatience = time.Second
	mostPatience  = 30 * time.Second

	// A second replacement within a second is often, too, and the third has to wait for an eighth of one.
	often       = time.Second
	oftenFactor = 4
	firstPause  = often / 8
)

// API holds what the entries of one configuration know about an API: which of their tokens it accepts. It decides
// whether a token that the API rejected is replaced. The zero value is ready to use. It is safe for concurrent use.
type API struct {
	troubled atomic.Bool // patience is not 0

	mu       sync.Mutex
	patience time.Duration // 0 before the first token was replaced in vain
	due      time.Time     // when the next one may be
	newest   time.Time     // when the youngest token was requested that the API accepted
}

// acceptance says which APIs accepted one token.
type acceptance struct {
	by       atomic.Pointer[[]*API] // the APIs that accepted it
	rejected atomic.Pointer[API]    // who rejected it before accepting it; nil for nobody
}

// Accepted notes that api accepted the token of l. It reports whether api had rejected this token before.
func (l *Lease) Accepted(api *API) (late bool) {
	known := l.AcceptedBy(api)
	if known && !api.troubled.Load() {
		return false
	}
	api.mu.Lock()
	defer api.mu.Unlock()
	if issued := l.Token.RequestedAt; issued.After(api.newest) {
		api.newest = issued
	}
	if time.Since(l.Token.RequestedAt) >= api.patience {
		api.patience = 0
		api.troubled.Store(false)
	}
	if !known {
		var by []*API
		if list := l.acceptance.by.Load(); list != nil {
			by = *list
		}
		by = append(slices.Clone(by), api)
		l.acceptance.by.Store(&by)
	}
	return l.acceptance.rejected.CompareAndSwap(api, nil)
}

// AcceptedBy reports whether api has accepted the token of l.
func (l *Lease) AcceptedBy(api *API) bool {
	list := l.acceptance.by.Load()
	return list != nil && slices.Contains(*list, api)
}

// Rejected drops lease l, because api rejected its token, where another token may be better. It reports whether
// there may be one. Nothing is better than a token that was just issued, unless the API is known to accept others.
// A lease that has already been replaced is not touched: the news may be late.
func (e *Entry) Rejected(l *Lease, api *API) bool {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.current.Load() != l {
		return true
	}
	if !e.replacements.due(now) || !api.isOver(l) && !api.mayBeOver(l, now) {
		if !l.AcceptedBy(api) {
			l.acceptance.rejected.Store(api)
		}
		return false
	}
	e.replacements.note(now)
	e.current.Store(nil)
	e.reason = Rejected
	return true
}

// replacements counts how often one entry's leases are replaced after rejections.
type replacements struct {
	last  time.Time
	pause time.Duration // before the next one
}

func (r *replacements) due(now time.Time) bool { return now.Sub(r.last) >= r.pause }

// note counts a replacement. If one soon follows the other, tokens may end each other, as they do at servers that keep
// one for each client.
func (r *replacements) note(now time.Time) {
	if now.Sub(r.last) < max(often, oftenFactor*r.pause) {
		r.pause = min(max(2*r.pause, firstPause), mostPatience)
	} else {
		r.pause = 0
	}
	r.last = now
}

// isOver reports whether a token that the API rejected was good before, or is older than one that is good.
func (a *API) isOver(l *Lease) bool {
	accepted := l.AcceptedBy(a)
	a.mu.Lock()
	defer a.mu.Unlock()
	return accepted || a.newest.After(l.Token.RequestedAt)
}

// mayBeOver reports whether it is time to find out whether the API accepts another token rather than that one.
func (a *API) mayBeOver(l *Lease, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	patience := max(a.patience, firstPatience)
	if now.Sub(l.Token.RequestedAt) < patience || now.Before(a.due) {
		return false
	}
	a.patience = min(2*patience, mostPatience)
	a.due = now.Add(a.patience)
	a.troubled.Store(true)
	return true
}
