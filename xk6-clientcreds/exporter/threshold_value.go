package exporter

import (
	"math"
	"time"

	"github.com/DataDog/sketches-go/ddsketch"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/condition"
)

const (
	// percentileAccuracy is the relative error of a percentile that is not next to its limit.
	percentileAccuracy = 0.01
	// maxPercentileBins bounds the memory of one distribution: a millionth to a million fits in.
	maxPercentileBins = 2048
)

// newDistribution makes the distribution that a percentile is read from, or nil for another method.
func newDistribution(expr condition.Condition) *ddsketch.DDSketch {
	if expr.Method != "p" {
		return nil
	}
	d, err := ddsketch.LogCollapsingLowestDenseDDSketch(percentileAccuracy, maxPercentileBins)
	if err != nil {
		panic(err) // of constants
	}
	return d
}

// servedLimit is the limit in the unit in which the metric is served. The unit of a Trend of a script is unknown until
// it has a sample.
func (t *threshold) servedLimit() (limit float64, known bool) {
	switch t.expr.Method {
	case "count", "rate", "value":
		return t.expr.Limit, true
	}
	if t.served == nil {
		return 0, false
	}
	return t.expr.Limit * baseUnitFactor(t.served), true
}

// servedValue is the value that is compared with the limit, in the unit of servedLimit.
func (t *threshold) servedValue(elapsed time.Duration) (v float64, known bool) {
	switch t.expr.Method {
	case "count", "rate":
		return t.value(elapsed)
	}
	if t.count == 0 {
		return 0, false
	}
	if t.expr.Method == "value" {
		return t.last, true
	}
	v, known = t.value(elapsed)
	if t.expr.Method == "p" {
		v = t.estimate()
	}
	return v * baseUnitFactor(t.served), known
}

// estimate is the percentile, interpolated between two ranks as k6 does: exact next to the limit, else within
// percentileAccuracy. It is always on the side of the limit on which the percentile is.
func (t *threshold) estimate() float64 {
	i := t.expr.Percentile * (float64(t.count) - 1)
	if t.rank(math.Floor(i)) != t.rank(math.Ceil(i)) {
		return t.quantile() // both ranks are next to the limit
	}
	lower, upper := t.estimateRank(math.Floor(i)), t.estimateRank(math.Ceil(i))
	return lower + (upper-lower)*(i-math.Floor(i))
}

// estimateRank is the sample of a rank.
func (t *threshold) estimateRank(r float64) float64 {
	// Between two ranks, lest rounding finds the one below.
	estimated, err := t.distribution.GetValueAtQuantile(min(1, (r+0.25)/max(1, float64(t.count)-1)))
	switch nearest := t.rank(r); {
	case err != nil:
		return nearest
	case nearest < t.expr.Limit:
		return max(t.min, min(estimated, nearest))
	case nearest > t.expr.Limit:
		return min(t.max, max(estimated, nearest))
	default:
		return nearest
	}
}
