package report

import (
	"math"
	"slices"

	"github.com/aclements/go-moremath/stats"
)

const confidence = 0.95

// Measured returns the result for values, one for each round: their median.
func Measured(name, unit string, values []float64) Result {
	center, ci := median(values)
	return Result{Name: name, Unit: unit, Value: center, CI: ci}
}

// Compared returns the result for values beside those of a reference, pair by pair: the rounds
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

// median returns the median and, when there are values enough for one, its confidence interval.
// Order statistics assume nothing about the distribution.
func median(values []float64) (center float64, ci *Interval) {
	sample := stats.Sample{Xs: slices.Sorted(slices.Values(values)), Sorted: true}
	center, lo, hi := stats.QuantileCI(len(values), 0.5, confidence).SampleCI(sample)
	if math.IsInf(lo, 0) || math.IsInf(hi, 0) {
		return center, nil
	}
	return center, &Interval{lo, hi}
}
