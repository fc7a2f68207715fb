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
	// nativeFactor is the growth of native buckets. It is the same as in remote write, and puts a
	// percentile within 9.1% of the exact one.
	nativeFactor = 1.1
	// maxNativeBuckets bounds the native buckets of one series: beyond it they get twice as wide.
	maxNativeBuckets = 160
)

// bucketRules are the classic buckets of metrics by globs of their k6 names.
type bucketRules map[string][]float64

// defaultBuckets of Trends, in base units. Each bound is at most twice the one before, in steps of
// 1, 1.5, 2, 3, 5, 7 where latencies mostly are.
var (
	timeBuckets = []float64{
		.0005, .001, .0015, .002, .003, .005, .007, .01, .015, .02, .03, .05, .07, .1, .15, .2, .3, .5, .7,
		1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 60,
	}
	lifetimeBuckets = []float64{
		.1, .2, .5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400,
	}
	byteBuckets   = prometheus.ExponentialBuckets(64, 2, 21) // to 64 MiB
	numberBuckets = []float64{0, .01, .1, .5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 1e4, 1e5, 1e6, 1e9}
)

// lifetimes are the metrics that measure how long something is kept, not how long it takes.
var lifetimes = []string{"*_ttl", "*_remaining", "*_lifetime", "*_session_duration"}

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
	case matchesAny(lifetimes, m.Name):
		return lifetimeBuckets
	default:
		return timeBuckets
	}
}

// histogramOptions are client_golang's options for a Trend. Name and labels come from its family.
func histogramOptions(m *metrics.Metric, kind histogramKind, rules bucketRules) prometheus.HistogramOpts {
	o := prometheus.HistogramOpts{Name: "trend"}
	if kind != histogramsNative {
		o.Buckets = rules.of(m)
	}
	if kind != histogramsClassic {
		o.NativeHistogramBucketFactor = nativeFactor
		o.NativeHistogramMaxBucketNumber = maxNativeBuckets
	}
	return o
}
