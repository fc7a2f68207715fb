package faults

import (
	"hash/fnv"
	"math/rand/v2"
	"sync"
)

// dice are the random source of one fault. Each fault has its own, so that the
// sequence of one does not depend on the others.
type dice struct {
	mu  sync.Mutex
	rng *rand.Rand
}

func newDice(seed uint64, name string) *dice {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))                              // never fails
	return &dice{rng: rand.New(rand.NewPCG(seed, h.Sum64()))} // #nosec G404 -- faults must be reproducible, not unpredictable
}

// share is a number in [0, 1).
func (d *dice) share() float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rng.Float64()
}

// hit reports whether the next request is one of the share of them that rate is.
func (d *dice) hit(rate float64) bool { return rate >= 1 || d.share() < rate }
