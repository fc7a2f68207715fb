package exporter

import (
	"net/http"
	"runtime"
	"sync/atomic"
	"time"
)

const (
	// shortestTurn is how long a scrape of many series works until virtual users have their turn. Left to itself, Go
	// would let them wait for goTurn, longer than most of their requests take.
	shortestTurn = 500 * time.Microsecond
	// goTurn is the turn that Go gives everybody on a busy core.
	goTurn = 10 * time.Millisecond
	// leastShare is a scrape's share of a busy core: one in so many. With less, it would not end in time.
	leastShare = 5
)

// turns lets a scrape and the rest of the process take turns. Scrapes share them.
type turns struct {
	now   func() time.Duration
	yield func()

	began  atomic.Int64 // this turn, by now
	length atomic.Int64 // of this turn
	last   atomic.Int64 // when a scrape last had a part of its work done, by now
}

func newTurns() *turns {
	epoch := time.Now()
	return &turns{now: func() time.Duration { return time.Since(epoch) }, yield: runtime.Gosched}
}

// take yields to others if the turn has been long enough. A scrape calls it after each small part of its work.
func (t *turns) take() {
	ended := t.now()
	last := time.Duration(t.last.Swap(int64(ended)))
	if ended-last >= goTurn { // Go has let others work. To yield again would double the wait.
		t.began.Store(int64(ended))
		return
	}
	if ended-time.Duration(t.began.Load()) < max(time.Duration(t.length.Load()), shortestTurn) {
		return
	}
	t.yield()
	now := t.now()
	t.length.Store(int64(now-ended) / (leastShare - 1))
	t.began.Store(int64(now))
	t.last.Store(int64(now))
}

// serve gives the answers of h in turns.
func (t *turns) serve(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(turnWriter{w, t}, r)
	})
}

// turnWriter takes a turn after each part of an answer.
type turnWriter struct {
	http.ResponseWriter

	turns *turns
}

func (w turnWriter) Write(p []byte) (int, error) {
	defer w.turns.take()
	return w.ResponseWriter.Write(p)
}
