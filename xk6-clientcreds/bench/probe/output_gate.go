package probe

import (
	"slices"
	"sync"
	"time"
)

// outputGate decides which samples an output gets: a sample taken in a block of another variant is not for the output,
// however late k6 hands it on. The gate is open until the first block.
type outputGate struct {
	mu      sync.RWMutex
	changes []gateChange
}

type gateChange struct {
	from time.Time
	open bool
}

// set opens or closes the gate for the block that begins.
func (g *outputGate) set(open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.changes = append(g.changes, gateChange{time.Now(), open})
}

// openAt reports whether the output gets what was sampled at t.
func (g *outputGate) openAt(t time.Time) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	for _, change := range slices.Backward(g.changes) {
		if !t.Before(change.from) {
			return change.open
		}
	}
	return true
}
