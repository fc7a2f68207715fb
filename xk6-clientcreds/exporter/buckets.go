package exporter

import (
	"path"

	"github.com/prometheus/client_golang/prometheus"
	"go.k6.io/k6/v2/metrics"
)

// histogramKind says which buckets a Trend is served with.
type histogramKind string

const (
	histogramsBoth    histogramKind = "both"
	histogramsNative  histogramKind = "native"
	histogramsClassic histogramKind = "classic"
)

const (
	// maxBuckets bounds the classic buckets of one metric.
	maxBuckets = 200
	// nativeSchema has 8 native buckets for each power of two, as in remote write. That puts a percentile within 9.1% of
	// the exact one.
	nativeSchema = 3
	// maxNativeBuckets bounds the native buckets of one series: beyond it they get twice as wide.
	maxNativeBuckets = 160
)

// bucketRules are the classic buckets of metrics by globs of their k6 names.
type bucketRules map[string][]float64

// Default buckets of Trends, in base units. A bucket is a series for each label set, so there are few of them: each
// bound of how long something takes is at most twice the one before. Native buckets are more precise and no series.
var (
	timeBuckets = []float64{
		.0005, .001, .002, .004, .008, .016, .032, .0625, .125, .25, .5, 1, 2, 4, 7.5, 15, 30, 60,
	}
	phaseBuckets    = []float64{.001, .01, .1, 1, 10}
	lagBuckets      = []float64{.001, .002, .005, .01, .02, .05, .1, 1}
	skewBuckets     = []float64{1, 2, 5, 10, 60} // a Date header has whole seconds
	lifetimeBuckets = []float64{.1, 1, 5, 30, 60, 300, 900, 3600, 14400, 86400}
	byteBuckets     = prometheus.ExponentialBuckets(64, 2, 21) // to 64 MiB
	numberBuckets   = []float64{0, .01, .1, .5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 1e4, 1e5, 1e6, 1e9}
)

// timeRules are the default buckets of times that are not how long something as a whole takes.
var timeRules = []struct {
	globs  []string
	bounds []float64
}{
	// How long something is kept.
	{[]string{"*_ttl", "*_remaining", "*_lifetime", "*_session_duration"}, lifetimeBuckets},
	// The parts of a request. Their sums say what share of the request they are.
	{[]string{"*_blocked", "*_connecting", "*_tls_handshaking", "*_sending", "*_waiting", "*_receiving"}, phaseBuckets},
	{[]string{"*_lag"}, lagBuckets},
	{[]string{"*_skew"}, skewBuckets},
}

// of returns the classic buckets of a Trend: the buckets of the longest glob that matches its name, else
// the defaults for what it holds.
func (rules bucketRules) of(m *metrics.Metric) []float64 {
	longest, bounds := "", []float64(nil)
	for glob, b := range rules {
		matches, _ := path.Match(glob, m.Name) // parseBucketRules has seen to the error
		if matches && (len(glob) > len(longest) || len(glob) == len(longest) && glob > longest) {
			longest, bounds = glob, b
		}
	}
	switch {
	case bounds != nil:
		return bounds
	case m.Contains == metrics.Data:
		return byteBuckets
	case m.Contains != metrics.Time:
		return numberBuckets
	}
	for _, rule := range timeRules {
		if matchesAny(rule.globs, m.Name) {
			return rule.bounds
		}
	}
	return timeBuckets
}

// histogramOf returns a function that makes the histograms of a Trend.
func histogramOf(m *metrics.Metric, kind histogramKind, rules bucketRules) func() *histogram {
	var bounds []float64
	if kind != histogramsNative {
		bounds = rules.of(m)
	}
	return func() *histogram { return newHistogram(bounds, kind != histogramsClassic) }
}
