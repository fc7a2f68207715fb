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
	assert.GreaterOrEqual(t, time.Since(turns.epoch), 19*shortestTurn, "a turn is not too short, either")
}

// A scrape that waits for long works for longer in its turn, but not for longer than Go would let it.
func TestTurnsAfterWaits(t *testing.T) {
	t.Parallel()
	for waited, want := range map[time.Duration]time.Duration{
		0:                      shortestTurn,
		2 * time.Millisecond:   shortestTurn,
		20 * time.Millisecond:  5 * time.Millisecond,
		40 * time.Millisecond:  longestTurn,
		900 * time.Millisecond: longestTurn,
	} {
		assert.Equal(t, want, nextTurn(waited), waited)
	}
}
