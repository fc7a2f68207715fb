package clientpool

import (
	"math"
	"math/rand/v2"
	"sort"
	"sync/atomic"
)

// The kinds of assignment.
const (
	ByVU       = "vu"
	RoundRobin = "round-robin"
	Random     = "random"
	Zipf       = "zipf"
	Hot        = "hot"
)

// Assignment says which client of a list a call gets.
type Assignment struct {
	Kind       string
	Exponent   float64 // of Zipf
	HotClients int     // of Hot: how many
	HotShare   float64 // of Hot: of the calls
	Seed       int
	Seeded     bool // whether there is a seed
}

// Assigner assigns the clients of one list. All VUs share it.
type Assigner struct {
	Assignment

	size int
	turn atomic.Uint64 // of RoundRobin
	zipf []float64     // of Zipf
}

// NewAssigner returns the assigner of a list of that size.
func NewAssigner(a Assignment, size int) *Assigner {
	s := &Assigner{Assignment: a, size: size}
	if a.Kind == Zipf {
		s.zipf = zipfShares(size, a.Exponent)
	}
	return s
}

// Next returns what gives each call of a VU the number of its client, from 0. vu is the VU's number in the test.
func (s *Assigner) Next(vu uint64) func() int {
	size := s.size
	switch s.Kind {
	case RoundRobin:
		return func() int { return int((s.turn.Add(1) - 1) % uint64(size)) } // #nosec G115 -- below size
	case Random:
		r := s.random(vu)
		return func() int { return r.IntN(size) }
	case Zipf:
		r := s.random(vu)
		return func() int { return rank(s.zipf, r.Float64()) }
	case Hot:
		r, hot, share := s.random(vu), s.HotClients, s.HotShare
		return func() int {
			if r.Float64() < share {
				return r.IntN(hot)
			}
			return hot + r.IntN(size-hot)
		}
	}
	// k6 numbers VUs from 1, over all instances and their execution segments. setup() and teardown() are number 0 and get
	// the first client, as VU 1 does.
	mine := int((max(vu, 1) - 1) % uint64(size)) // #nosec G115 -- below size
	return func() int { return mine }
}

// Shares reports whether the VU of that number has the same client as another VU, because there are fewer clients.
func (s *Assigner) Shares(vu uint64) bool {
	return s.Kind == ByVU && vu > uint64(s.size) // #nosec G115 -- a size is not negative
}

// random returns the random numbers of one VU: with a seed the same ones in every run.
func (s *Assigner) random(vu uint64) *rand.Rand {
	if !s.Seeded {
		return rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())) // #nosec G404 -- spreads load, protects nothing
	}
	return rand.New(rand.NewPCG(uint64(s.Seed), vu)) // #nosec G115 G404 -- as above; a seed is not negative
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
