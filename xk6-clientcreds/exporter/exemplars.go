package exporter

import (
	"math"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// exemplars keeps the latest exemplar of each classic bucket of a histogram, and some for its native buckets, as
// client_golang chooses them. Its own histogram counts nothing but values with an exemplar.
type exemplars struct{ histogram prometheus.Histogram }

func newExemplars(of *histogram) *exemplars {
	o := prometheus.HistogramOpts{Name: "exemplars", Help: "Not served.", Buckets: of.bounds}
	if of.native != nil {
		o.NativeHistogramBucketFactor = 2 // the buckets are not served
	}
	return &exemplars{prometheus.NewHistogram(o)}
}

func (e *exemplars) add(v float64, traceID string) {
	observer, _ := e.histogram.(prometheus.ExemplarObserver)
	observer.ObserveWithExemplar(v, prometheus.Labels{traceIDMetadata: traceID})
}

// infinity is the upper bound of the bucket that is served only for its exemplar.
var infinity = math.Inf(1)

// write adds the exemplars to the buckets of a histogram. There may be none.
func (e *exemplars) write(to *dto.Histogram) {
	to.Exemplars = nil
	if e == nil {
		return
	}
	var kept dto.Metric
	if err := e.histogram.Write(&kept); err != nil {
		return // client_golang's histograms have no errors
	}
	to.Exemplars = kept.Histogram.Exemplars
	for i, bucket := range kept.Histogram.Bucket {
		if i == len(to.Bucket) && bucket.Exemplar != nil {
			to.Bucket = resize(to.Bucket, i+1)
			set(&to.Bucket[i].CumulativeCount, to.GetSampleCount())
			to.Bucket[i].UpperBound = &infinity
		}
		if bucket.Exemplar != nil {
			to.Bucket[i].Exemplar = bucket.Exemplar
		}
	}
}
