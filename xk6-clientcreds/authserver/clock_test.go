package authserver

import (
	"sync/atomic"
	"time"
)

// clock is one that tests move. It starts half a second into a second, where
// whole seconds and times differ.
type clock struct{ nanos atomic.Int64 }

func newClock() *clock {
	c := new(clock)
	c.nanos.Store(time.Date(2026, 1, 2, 3, 4, 5, 5e8, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time { return time.Unix(0, c.nanos.Load()) }

func (c *clock) move(d time.Duration) { c.nanos.Add(int64(d)) }
