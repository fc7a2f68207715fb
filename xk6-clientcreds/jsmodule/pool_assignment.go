package jsmodule

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"

	"go.k6.io/k6/v2/lib"
)

// The values of the option assignment.
const (
	assignVU         = "vu"
	assignRoundRobin = "round-robin"
	assignRandom     = "random"
	assignZipf       = "zipf"
	assignHot        = "hot"
)

// assigner returns the number of the client for the next call, from 0.
type assigner func() int

// assigner returns the assignment for this VU, which state knows.
func (p *pool) assigner(state *lib.State) assigner {
	size := p.list.size()
	switch p.opts.Assignment {
	case assignRoundRobin:
		return func() int { return int((p.shared.turn.Add(1) - 1) % uint64(size)) } // #nosec G115 -- below size
	case assignRandom:
		r := p.opts.random(state)
		return func() int { return r.IntN(size) }
	case assignZipf:
		r, shares := p.opts.random(state), p.shared.zipf
		return func() int { return rank(shares, r.Float64()) }
	case assignHot:
		r, hot, share := p.opts.random(state), p.opts.HotClients, p.opts.HotShare
		return func() int {
			if r.Float64() < share {
				return r.IntN(hot)
			}
			return hot + r.IntN(size-hot)
		}
	}
	return p.assignByVU(state)
}

// assignByVU gives every VU of the test its own client: k6 numbers VUs from 1, over all instances and
// their execution segments. setup() and teardown() are number 0 and get the first client, as VU 1 does.
func (p *pool) assignByVU(state *lib.State) assigner {
	size := p.list.size()
	number := max(state.VUIDGlobal, 1) - 1
	if number >= uint64(size) { // #nosec G115 -- a size is not negative
		p.m.process.warnOnce(warning{"more VUs than clients", p.shared}, fmt.Sprintf(
			"Pool %q has %d clients, and there is a virtual user %d: some virtual users have the same client", p.opts.Name, size, state.VUIDGlobal))
	}
	mine := int(number % uint64(size)) // #nosec G115 -- below size
	return func() int { return mine }
}

// random returns the random numbers of one VU: with a seed the same ones in every run.
func (o *poolOptions) random(state *lib.State) *rand.Rand {
	if !o.seeded {
		return rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) // #nosec G404 -- spreads load, protects nothing
	}
	return rand.New(rand.NewPCG(uint64(o.Seed), state.VUIDGlobal)) // #nosec G115 G404 -- as above; a seed is not negative
}

// zipfShares returns, for each of size clients, the share of calls that go to it and to those before
// it, where the share of client i, from 1, is in proportion to 1/i^exponent (Zipf's law).
func zipfShares(size int, exponent float64) []float64 {
	shares := make([]float64, size)
	sum := 0.0
	for i := range shares {
		sum += math.Pow(float64(i+1), -exponent)
		shares[i] = sum
	}
	for i := range shares {
		shares[i] /= sum
	}
	return shares
}

// rank returns the client whose share x, from 0 to below 1, falls into.
func rank(shares []float64, x float64) int {
	i := sort.Search(len(shares), func(i int) bool { return x < shares[i] })
	return min(i, len(shares)-1)
}
