package compare

import (
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// Alpha is the significance level: the share of comparisons of equal things that a test may call
// different.
const Alpha = 0.05

// Change is how a statistic differs between two sides.
type Change struct {
	// Base and Head are the sides' medians, of BaseRuns and HeadRuns values, in ascending order.
	Base, Head         float64
	BaseRuns, HeadRuns []float64
	// P is the probability that sides as different as these, or more, are runs of one thing
	// (Mann-Whitney U-test, two-sided).
	P float64
	// Noise is how far, either way, a run of the base is from their median for no reason of its own:
	// two robust standard deviations (1.4826 times the median absolute deviation, twice).
	Noise float64
	// Resolution is how exact the values are, either way. What is smaller than that cannot be seen, be it noise or a
	// change. It is 0 of values that are exact.
	Resolution float64
}

// changeOf compares two samples, neither empty.
func changeOf(base, head []float64) Change {
	b, h := sample(base), sample(head)
	return Change{
		Base:     median(b),
		Head:     median(h),
		BaseRuns: b.Values,
		HeadRuns: h.Values,
		P:        benchmath.AssumeNothing.Compare(b, h).P,
		Noise:    2 * 1.4826 * deviation(b),
	}
}

func sample(values []float64) *benchmath.Sample {
	thresholds := benchmath.DefaultThresholds
	thresholds.CompareAlpha = Alpha
	return benchmath.NewSample(slices.Clone(values), &thresholds)
}

func median(s *benchmath.Sample) float64 {
	return benchmath.AssumeNothing.Summary(s, 1-Alpha).Center
}

// deviation is the median absolute deviation.
func deviation(s *benchmath.Sample) float64 {
	center := median(s)
	distances := make([]float64, len(s.Values))
	for i, v := range s.Values {
		distances[i] = math.Abs(v - center)
	}
	return median(sample(distances))
}

// canDiffer reports whether samples of these sizes can differ significantly at all: whether the most
// extreme of their orders is rarer than Alpha.
func canDiffer(base, head int) bool {
	orders := 1.0 // base+head choose base
	for i := 1; i <= base; i++ {
		orders *= float64(head+i) / float64(i)
	}
	return 2/orders < Alpha
}

// Significant reports whether the sides differ by more than chance explains, and by more than runs
// of the base differ from each other.
func (c Change) Significant() bool {
	return c.P < Alpha && math.Abs(c.Head-c.Base) > max(c.Noise, c.Resolution)
}

// Share is the change relative to the base: 0.1 is a tenth more. It is infinite where the base is 0
// and the head is not.
func (c Change) Share() float64 {
	switch {
	case c.Head == c.Base:
		return 0
	case c.Base == 0:
		return math.Inf(int(math.Copysign(1, c.Head)))
	}
	return (c.Head - c.Base) / math.Abs(c.Base)
}
