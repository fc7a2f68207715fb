package faults

import (
	"hash/fnv"
	"math/rand/v2"
	"sync"
)

// sampler decides which requests get one fault. Each fault has its own random source, so
// that its sequence does not depend on the others.
type sampler struct {
	mu  sync.Mutex
	rng *rand.Rand
}

func newSampler(seed uint64, name string) *sampler {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))                                 // never fails
	return &sampler{rng: rand.New(rand.NewPCG(seed, h.Sum64()))} // #nosec G404 -- faults must be reproducible, not unpredictable
}

// share is a number in [0, 1).
func (d *sampler) share() float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rng.Float64()
}

// hit reports whether the next request gets the fault, as a share of rate of them does.
func (d *sampler) hit(rate float64) bool { return rate >= 1 || d.share() < rate }
