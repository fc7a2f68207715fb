package clientpool

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The clients are drawn as often as the assignment says: Pearson's chi-squared test with 19 degrees of
// freedom, whose value exceeds 43.82 by chance once in a thousand times. The seed is fixed.
func TestDrawsAreDistributedAsAssigned(t *testing.T) {
	t.Parallel()
	const size, n, critical = 20, 40_000, 43.82
	zipf := func(exponent float64) []float64 {
		shares := zipfShares(size, exponent)
		for i := size - 1; i > 0; i-- {
			shares[i] -= shares[i-1]
		}
		return shares
	}
	hot := make([]float64, size)
	uniform := make([]float64, size)
	for i := range hot {
		uniform[i] = 1.0 / size
		hot[i] = 0.3 / (size - 2)
		if i < 2 {
			hot[i] = 0.7 / 2
		}
	}
	chiSquared := func(calls []int, shares []float64) float64 {
		seen := make([]float64, size)
		for _, i := range calls {
			seen[i]++
		}
		sum := 0.0
		for i, share := range shares {
			sum += (seen[i] - n*share) * (seen[i] - n*share) / (n * share)
		}
		return sum
	}
	calls := func(a Assignment) []int {
		a.Seed, a.Seeded = 1, true
		next, list := NewAssigner(a, size).Next(3), make([]int, n)
		for i := range list {
			list[i] = next()
		}
		return list
	}
	for _, c := range []struct {
		assignment Assignment
		shares     []float64
	}{
		{Assignment{Kind: Random}, uniform},
		{Assignment{Kind: Zipf, Exponent: 1}, zipf(1)},
		{Assignment{Kind: Zipf, Exponent: 0.5}, zipf(0.5)},
		{Assignment{Kind: Zipf, Exponent: 2}, zipf(2)},
		{Assignment{Kind: Hot, HotClients: 2, HotShare: 0.7}, hot},
		{Assignment{Kind: Hot, HotClients: 19, HotShare: 1}, append(slices.Repeat([]float64{1.0 / 19}, 19), 1e-9)},
		{Assignment{Kind: Hot, HotClients: 1, HotShare: 0.05}, uniform},
	} {
		assert.Less(t, chiSquared(calls(c.assignment), c.shares), critical, "%+v", c.assignment)
	}
	assert.Greater(t, chiSquared(calls(Assignment{Kind: Zipf, Exponent: 0.2}), uniform), critical,
		"the test can tell distributions apart")
}

// The shares follow Zipf's law.
func TestZipfShares(t *testing.T) {
	t.Parallel()
	assert.InDeltaSlice(t, []float64{6.0 / 11, 9.0 / 11, 1}, zipfShares(3, 1), 1e-12)
	assert.InDeltaSlice(t, []float64{36.0 / 49, 45.0 / 49, 1}, zipfShares(3, 2), 1e-12)
	assert.Equal(t, []int{0, 0, 1, 1, 2, 2}, []int{
		rank([]float64{0.5, 0.8, 1}, 0), rank([]float64{0.5, 0.8, 1}, 0.49), rank([]float64{0.5, 0.8, 1}, 0.5),
		rank([]float64{0.5, 0.8, 1}, 0.79), rank([]float64{0.5, 0.8, 1}, 0.8), rank([]float64{0.5, 0.8, 0.99}, 0.999),
	})
}

func TestVUsShareClientsOnlyWhereThereAreFewer(t *testing.T) {
	t.Parallel()
	s := NewAssigner(Assignment{Kind: ByVU}, 3)
	for vu, want := range []int{0, 0, 1, 2, 0} { // number 0 is setup() and teardown()
		next := s.Next(uint64(vu)) // #nosec G115 -- small
		assert.Equal(t, []int{want, want}, []int{next(), next()}, vu)
		assert.Equal(t, vu > 3, s.Shares(uint64(vu)), vu) // #nosec G115 -- small
	}
	assert.False(t, NewAssigner(Assignment{Kind: Random}, 2).Shares(3))
}

// The value that has to go is the one that was not used for the longest time.
func TestRecentKeepsWhatWasUsedLast(t *testing.T) {
	t.Parallel()
	r := NewRecent[string](2)
	_, full := r.Add(0, "a")
	assert.False(t, full)
	r.Add(1, "b")
	value, kept := r.Get(0)
	assert.Equal(t, "a", value)
	assert.True(t, kept)
	dropped, full := r.Add(2, "c")
	assert.True(t, full)
	assert.Equal(t, "b", dropped)
	for i, want := range []bool{true, false, true} {
		_, kept := r.Get(i)
		assert.Equal(t, want, kept, i)
	}
}
