package exporter

import (
	"math"
	"slices"
	"time"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// maxNativeExemplars is how many exemplars are kept for the native buckets of a series.
const maxNativeExemplars = 10

// exemplars are the latest exemplar of each classic bucket and, for the native buckets, the latest of all.
type exemplars struct {
	classic []*dto.Exemplar // the last one is of the values above all bounds
	native  []*dto.Exemplar // the first one is the oldest
}

// addExemplar keeps the trace of a value. The goroutine that observes calls it.
func (h *histogram) addExemplar(v float64, traceID string, at time.Time) {
	added := &dto.Exemplar{
		Label:     []*dto.LabelPair{{Name: proto.String(traceIDMetadata), Value: proto.String(traceID)}},
		Value:     proto.Float64(v),
		Timestamp: timestamppb.New(at),
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.exemplars == nil {
		h.exemplars = &exemplars{classic: make([]*dto.Exemplar, len(h.bounds)+1)}
	}
	e := h.exemplars
	e.classic[h.bucketOf(v)] = added
	if h.native == nil {
		return
	}
	if len(e.native) == maxNativeExemplars {
		e.native = slices.Delete(e.native, 0, 1)
	}
	e.native = append(e.native, added)
}

// infinity is the upper bound of the bucket that is served only for its exemplar.
var infinity = math.Inf(1)

// write adds the exemplars to the buckets of a histogram. There may be none.
func (e *exemplars) write(to *dto.Histogram) {
	to.Exemplars = to.Exemplars[:0]
	if e == nil {
		return
	}
	to.Exemplars = append(to.Exemplars, e.native...)
	for i, exemplar := range e.classic {
		if i == len(to.Bucket) && exemplar != nil {
			to.Bucket = resize(to.Bucket, i+1)
			set(&to.Bucket[i].CumulativeCount, to.GetSampleCount())
			to.Bucket[i].UpperBound = &infinity
		}
		if exemplar != nil {
			to.Bucket[i].Exemplar = exemplar
		}
	}
}
