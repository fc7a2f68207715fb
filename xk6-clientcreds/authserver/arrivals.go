package authserver

import (
	"sync/atomic"
	"time"
)

// window is the length of the intervals in which arrivals are counted.
const window = 100 * time.Millisecond

// arrivals counts the requests of one endpoint, and how close together they came.
type arrivals struct {
	total    atomic.Int64
	progress atomic.Int64
	peak     atomic.Int64 // the most there was in progress
	current  atomic.Uint64
	busiest  atomic.Int64 // the most that arrived in one window
}

// current holds the number of a window and the arrivals in it.
const arrivalBits = 24

func (l *arrivals) arrive(now time.Time) {
	l.total.Add(1)
	raise(&l.peak, l.progress.Add(1))
	raise(&l.busiest, l.count(now))
}

func (l *arrivals) leave() { l.progress.Add(-1) }

// count counts an arrival at now and returns the number of arrivals in its window. A
// late arrival counts for the window that has begun in the meantime.
func (l *arrivals) count(now time.Time) int64 {
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
