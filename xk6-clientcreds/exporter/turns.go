package exporter

import (
	"runtime"
	"sync/atomic"
	"time"
)

// turn is how long a scrape of many series works until virtual users have their turn. Left to itself, Go would let them
// wait for 10 ms, longer than most of their requests take.
const turn = 500 * time.Microsecond

// turns lets a scrape and the rest of the process take turns. Scrapes share them.
type turns struct {
	epoch time.Time
	began atomic.Int64 // this turn, in nanoseconds since epoch
}

func newTurns() *turns { return &turns{epoch: time.Now()} }

// take yields to others if the turn has been long enough. A scrape calls it after each small part of its work. What
// is always little has nil turns.
func (t *turns) take() {
	if t == nil || time.Since(t.epoch)-time.Duration(t.began.Load()) < turn {
		return
	}
	runtime.Gosched()
	t.began.Store(int64(time.Since(t.epoch)))
}
