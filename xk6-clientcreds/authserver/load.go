package authserver

import (
	"sync/atomic"
	"time"
)

// window is the length of the intervals in which arrivals are counted.
const window = 100 * time.Millisecond

// load counts the requests of one endpoint, and how close together they came.
type load struct {
	total    atomic.Int64
	progress atomic.Int64
	peak     atomic.Int64 // the most there was in progress
	current  atomic.Uint64
	busiest  atomic.Int64 // the most that arrived in one window
}

// current holds the number of a window and the arrivals in it.
const arrivalBits = 24

func (l *load) arrive(now time.Time) {
	l.total.Add(1)
	raise(&l.peak, l.progress.Add(1))
	raise(&l.busiest, l.arrivals(now))
}

func (l *load) leave() { l.progress.Add(-1) }

// arrivals counts an arrival at now and returns how many its window has. One
// that is late counts for the window that has begun meanwhile.
func (l *load) arrivals(now time.Time) int64 {
	const arrivalMask = 1<<arrivalBits - 1
	number := uint64(now.UnixNano()/int64(window)) << arrivalBits // #nosec G115 -- times are after 1970
	for {
		old := l.current.Load()
		next := number | 1
		if old&^arrivalMask >= number && old != 0 {
			next = old + 1
		}
		if l.current.CompareAndSwap(old, next) {
			return int64(next & arrivalMask) // #nosec G115 -- has arrivalBits
		}
	}
}

// raise sets peak to n where n is more.
func raise(peak *atomic.Int64, n int64) {
	for old := peak.Load(); n > old; old = peak.Load() {
		if peak.CompareAndSwap(old, n) {
			return
		}
	}
}
