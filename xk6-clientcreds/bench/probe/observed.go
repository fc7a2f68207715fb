package probe

import (
	"slices"
	"sync"
	"time"
)

// observed says when an output takes part: what was sampled in a block of another variant is not
// for it, however late k6 hands it on. Before the first block it takes part.
type observed struct {
	mu    sync.RWMutex
	turns []turn
}

type turn struct {
	from time.Time
	on   bool
}

// turn begins a block, in which the output takes part or not.
func (o *observed) turn(on bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.turns = append(o.turns, turn{time.Now(), on})
}

// at reports whether the output takes part in what was sampled at t.
func (o *observed) at(t time.Time) bool {
	o.mu.RLock()
	defer o.mu.RUnlock()
	for _, turn := range slices.Backward(o.turns) {
		if !t.Before(turn.from) {
			return turn.on
		}
	}
	return true
}
