package exporter

import (
	"runtime"
	"sync/atomic"
	"time"
)

const (
	// shortestTurn is how long a scrape of many series works until virtual users have their turn. Left to itself, Go
	// would let them wait for 10 ms, longer than most of their requests take.
	shortestTurn = 500 * time.Microsecond
	// longestTurn is the turn that Go gives everybody.
	longestTurn = 10 * time.Millisecond
	// leastShare is a scrape's share of a busy core: one in so many. With less, it would not end in time.
	leastShare = 5
)

// turns lets a scrape and the rest of the process take turns. Scrapes share them.
type turns struct {
	epoch  time.Time
	began  atomic.Int64 // this turn, in nanoseconds since epoch
	length atomic.Int64 // of this turn, in nanoseconds
}

func newTurns() *turns { return &turns{epoch: time.Now()} }

// take yields to others if the turn has been long enough. A scrape calls it after each small part of its work. What
// is always little has nil turns.
func (t *turns) take() {
	if t == nil {
		return
	}
	ended := time.Since(t.epoch)
	if worked := ended - time.Duration(t.began.Load()); worked < max(time.Duration(t.length.Load()), shortestTurn) {
		return
	}
	runtime.Gosched()
	now := time.Since(t.epoch)
	t.length.Store(int64(nextTurn(now - ended)))
	t.began.Store(int64(now))
}

// nextTurn is how long the turn is after a wait. On a core with many goroutines that are always ready, waits are long.
func nextTurn(waited time.Duration) time.Duration {
	return min(max(waited/(leastShare-1), shortestTurn), longestTurn)
}
