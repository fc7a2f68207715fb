package exporter

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// On one core, others have many turns while a scrape works. Without its turns they would have one every 10 ms.
func TestTurns(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var others atomic.Int64
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				others.Add(1)
				runtime.Gosched()
			}
		}
	}()
	began := time.Now()
	turns, count := newTurns(), 0
	for last := others.Load(); count < 20; {
		turns.take()
		if now := others.Load(); now != last {
			last = now
			count++
		}
	}
	close(stop)
	<-done
	assert.GreaterOrEqual(t, time.Since(began), 19*shortestTurn, "a turn is not too short, either")
}

// clockedTurns are turns whose clock runs while the scrape works, and while it waits after it has yielded.
type clockedTurns struct {
	*turns

	time, wait time.Duration
	yields     int
}

func newClockedTurns(wait time.Duration) *clockedTurns {
	c := &clockedTurns{turns: newTurns(), wait: wait}
	c.now = func() time.Duration { return c.time }
	c.yield = func() { c.time += c.wait; c.yields++ }
	return c
}

// work does small parts of the work for so long, and returns how often it yielded.
func (c *clockedTurns) work(long time.Duration) int {
	before := c.yields
	for range long / (100 * time.Microsecond) {
		c.time += 100 * time.Microsecond
		c.take()
	}
	return c.yields - before
}

// A scrape that waits for long works for longer in its turn.
func TestTurnsAfterWaits(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]int{
		0:                      200,
		2 * time.Millisecond:   200,
		20 * time.Millisecond:  20,
		200 * time.Millisecond: 2,
	} {
		assert.InDelta(t, want, newClockedTurns(wait).work(100*time.Millisecond), 1, wait)
	}
}

// On a core that is always busy, Go itself lets others work. A scrape does not yield to them again.
func TestTurnsThatGoGives(t *testing.T) {
	t.Parallel()
	turns := newClockedTurns(time.Second)
	assert.Equal(t, 1, turns.work(10*time.Millisecond))
	for range 20 {
		turns.time += time.Second
		assert.Zero(t, turns.work(10*time.Millisecond))
	}
}
