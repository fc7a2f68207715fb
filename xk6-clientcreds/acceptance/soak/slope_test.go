//go:build linux

package soak

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// growth is how much a level grew over a run, as a share of its median.
type growth struct {
	level            float64 // median
	low, middle, top float64 // of the share, with 95% confidence
}

// tolerated is the growth that a level may have.
const tolerated = 0.05

// leaks reports whether the level certainly grew by more than is tolerated, and by more than what is known to grow.
func (g growth) leaks(known float64) bool { return g.low > tolerated+known/g.level }

func (g growth) String() string {
	return fmt.Sprintf("%+.1f%% (%+.1f%% to %+.1f%%)", 100*g.middle, 100*g.low, 100*g.top)
}

// bins is into how many parts of the run the values are joined, so that neighbors are independent of each other.
const bins = 24

// grew estimates the growth by the median of the slopes of all pairs (Theil and Sen), of the medians of parts of the
// run. Single values change neither, whatever they are. The interval is Sen's, of Kendall's rank correlation.
func grew(values []float64) growth {
	parts := make([]float64, 0, bins)
	for i := range bins {
		part := slices.Clone(values[i*len(values)/bins : (i+1)*len(values)/bins])
		if len(part) > 0 {
			parts = append(parts, median(part))
		}
	}
	var slopes []float64
	for i := range parts {
		for j := range i {
			slopes = append(slopes, (parts[i]-parts[j])/float64(i-j))
		}
	}
	slices.Sort(slopes)
	n := float64(len(parts))
	width := 1.96 * math.Sqrt(n*(n-1)*(2*n+5)/18)
	pairs := float64(len(slopes))
	low := max(int(math.Floor((pairs-width)/2)), 0)
	top := min(int(math.Ceil((pairs+width)/2)), len(slopes)-1)
	level := median(slices.Clone(parts))
	share := func(slope float64) float64 { return slope * n / level }
	return growth{level, share(slopes[low]), share(median(slopes)), share(slopes[top])}
}

// median sorts values and returns the one in the middle.
func median(values []float64) float64 {
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

// TestGrowth: a leak is found, and noise, outliers, and a sawtooth are none.
func TestGrowth(t *testing.T) {
	t.Parallel()
	const n, level = 240, 1000.0
	assert.False(t, growth{level: level, low: 0.06}.leaks(20), "a part of the growth is known")
	assert.True(t, growth{level: level, low: 0.08}.leaks(20), "and the rest is a leak")
	for name, c := range map[string]struct {
		value func(i int, r *rand.Rand) float64
		leaks bool
	}{
		"constant": {func(int, *rand.Rand) float64 { return level }, false},
		"noise":    {func(_ int, r *rand.Rand) float64 { return level * (1 + 0.1*r.NormFloat64()) }, false},
		"outliers": {func(i int, r *rand.Rand) float64 {
			if i > n*3/4 && r.IntN(8) == 0 {
				return 5 * level
			}
			return level * (1 + 0.05*r.NormFloat64())
		}, false},
		"sawtooth": {func(i int, _ *rand.Rand) float64 { return level * (1 + 0.2*float64(i%17)/17) }, false},
		"a leak": {func(i int, r *rand.Rand) float64 {
			return level * (1 + 0.2*float64(i)/n + 0.1*r.NormFloat64())
		}, true},
		"a leak behind a sawtooth": {func(i int, _ *rand.Rand) float64 {
			return level * (1 + 0.2*float64(i%17)/17 + 0.2*float64(i)/n)
		}, true},
		"a small leak without noise": {func(i int, _ *rand.Rand) float64 { return level * (1 + 0.06*float64(i)/n) }, true},
	} {
		for seed := range uint64(50) {
			r := rand.New(rand.NewPCG(seed, 1)) // #nosec G404 -- noise
			values := make([]float64, n)
			for i := range values {
				values[i] = c.value(i, r)
			}
			assert.Equal(t, c.leaks, grew(values).leaks(0), "%s, seed %d: %s", name, seed, grew(values))
		}
	}
}
