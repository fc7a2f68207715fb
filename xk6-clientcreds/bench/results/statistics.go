package results

import (
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

const confidence = 0.95

// Measured returns the result for values, one for each round: their median.
func Measured(name, unit string, values []float64) Result {
	center, ci := median(values)
	return Result{Name: name, Unit: unit, Value: center, CI: ci}
}

// Compared returns the result for values and the values of a reference, pair by pair: the rounds
// differ more than the variants do.
func Compared(name, unit string, values []float64, reference string, references []float64) Result {
	if len(values) != len(references) {
		panic("rounds of " + name + " and " + reference + " differ in number")
	}
	ratios := make([]float64, len(values))
	for i := range values {
		ratios[i] = values[i] / references[i]
	}
	r := Measured(name, unit, values)
	ratio, ci := median(ratios)
	r.Reference, r.Ratio, r.CI = reference, &ratio, ci
	return r
}

// median returns the median and, if there are enough values for one, its confidence interval.
// Order statistics assume nothing about the distribution.
func median(values []float64) (center float64, ci *Interval) {
	sample := benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds)
	s := benchmath.AssumeNothing.Summary(sample, confidence)
	if math.IsInf(s.Lo, 0) || math.IsInf(s.Hi, 0) {
		return s.Center, nil
	}
	return s.Center, &Interval{s.Lo, s.Hi}
}
