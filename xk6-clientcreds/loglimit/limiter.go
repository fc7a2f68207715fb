// Package loglimit keeps a failure that repeats from flooding a log. Of each kind of entry, the first few of a second
// are logged, and then the number of the others.
package loglimit

import (
	"fmt"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
)

const (
	window = time.Second
	// most is how many entries of a kind are logged in a window.
	most = 3
	// mostKinds bounds the kinds that are told apart. The rest are one.
	mostKinds = 1000
	otherKind = "other failures"
)

// Limiter drops repeated entries of a logger. It is safe for concurrent use.
type Limiter struct {
	kindOf func(*logrus.Entry) string
	log    func(logrus.Level, string)

	mu    sync.Mutex
	kinds map[string]*count
	ended bool
}

// count is about the entries of one kind.
type count struct {
	begin   time.Time // of the window
	logged  int       // in the window
	dropped int       // and not yet reported
	level   logrus.Level
	timer   *time.Timer // nil when nothing is to be reported
}

// New returns a Limiter that distinguishes entries by kindOf. An entry whose kind is "" is never dropped.
func New(kindOf func(*logrus.Entry) string) *Limiter {
	return &Limiter{kindOf: kindOf, kinds: make(map[string]*count)}
}

// admits reports whether an entry is logged.
func (l *Limiter) admits(e *logrus.Entry) bool {
	kind := l.kindOf(e)
	if kind == "" {
		return true
	}
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return true
	}
	if l.kinds[kind] == nil && len(l.kinds) >= mostKinds {
		kind = otherKind
	}
	c := l.kinds[kind]
	if c == nil {
		c = new(count)
		l.kinds[kind] = c
	}
	if now.Sub(c.begin) >= window {
		c.begin, c.logged = now, 0
	}
	if c.logged < most {
		c.logged++
		return true
	}
	c.dropped++
	c.level = e.Level
	if c.timer == nil {
		c.timer = time.AfterFunc(c.begin.Add(window).Sub(now), func() { l.report(kind, c) })
	}
	return false
}

// report logs how many entries were dropped.
func (l *Limiter) report(kind string, c *count) {
	l.mu.Lock()
	dropped, level := c.dropped, c.level
	c.dropped, c.timer = 0, nil
	l.mu.Unlock()
	if dropped > 0 {
		l.log(level, fmt.Sprintf("… and %d more: %s", dropped, kind))
	}
}

// End reports what has not been reported. From now on, nothing is dropped.
func (l *Limiter) End() {
	l.mu.Lock()
	l.ended = true
	open := make(map[string]*count)
	for kind, c := range l.kinds {
		if c.timer != nil {
			c.timer.Stop()
			open[kind] = c
		}
	}
	l.mu.Unlock()
	for kind, c := range open {
		l.report(kind, c)
	}
}
