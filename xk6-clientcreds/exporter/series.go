package exporter

import (
	"math"
	"regexp"
	"sync/atomic"
	"time"

	dto "github.com/prometheus/client_model/go"
	"go.k6.io/k6/v2/metrics"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// series is the state of one metric with one set of labels. One goroutine adds; any may write.
type series interface {
	add(s *metrics.Sample)
	// write writes the series as it is served, once for each suffix of its metric, into memory that another series of
	// the metric may have used.
	write(to []*dto.Metric)
	pairs() []*dto.LabelPair
}

// identity holds what does not change in a series.
type identity struct {
	labels  []*dto.LabelPair
	created *timestamppb.Timestamp
}

func (i *identity) pairs() []*dto.LabelPair { return i.labels }

func (i *identity) writeCounter(to *dto.Metric, v float64) {
	if to.Counter == nil {
		to.Counter = new(dto.Counter)
	}
	to.Label = i.labels
	to.Counter.CreatedTimestamp = i.created
	set(&to.Counter.Value, v)
}

func (i *identity) writeGauge(to *dto.Metric, v float64) {
	if to.Gauge == nil {
		to.Gauge = new(dto.Gauge)
	}
	to.Label = i.labels
	set(&to.Gauge.Value, v)
}

// value is a float that one goroutine adds to while others read it.
type value struct{ bits atomic.Uint64 }

func (v *value) get() float64  { return math.Float64frombits(v.bits.Load()) }
func (v *value) set(f float64) { v.bits.Store(math.Float64bits(f)) }

// counterSeries adds up, as k6 does: what a script adds may be negative.
type counterSeries struct {
	identity

	sum value
}

func (c *counterSeries) add(s *metrics.Sample) { c.sum.set(c.sum.get() + s.Value) }

func (c *counterSeries) write(to []*dto.Metric) { c.writeCounter(to[0], c.sum.get()) }

type gaugeSeries struct {
	identity

	last value
}

func (g *gaugeSeries) add(s *metrics.Sample) { g.last.set(s.Value) }

func (g *gaugeSeries) write(to []*dto.Metric) { g.writeGauge(to[0], g.last.get()) }

// rateSeries is served as the share of samples that were not zero, as remote write does, and as two
// counters. Only these can be added up over instances or give the share of a window.
type rateSeries struct {
	identity

	samples, nonzero atomic.Uint64
}

func (r *rateSeries) add(s *metrics.Sample) {
	r.samples.Add(1)
	if s.Value != 0 {
		r.nonzero.Add(1)
	}
}

func (r *rateSeries) write(to []*dto.Metric) {
	// In this order a scrape never sees more of the second than of the first.
	nonzero := float64(r.nonzero.Load())
	samples := float64(r.samples.Load())
	r.writeGauge(to[0], nonzero/samples)
	r.writeCounter(to[1], samples)
	r.writeCounter(to[2], nonzero)
}

// trendSeries is served as a histogram.
type trendSeries struct {
	identity

	histogram    *histogram
	factor       float64 // of the base unit
	nextExemplar time.Time
}

const (
	traceIDMetadata  = "trace_id" // where instrumented requests carry the id of their trace
	exemplarInterval = time.Second
)

var traceIDPattern = regexp.MustCompile(`^[0-9a-fA-F]{16,32}$`)

func (t *trendSeries) add(s *metrics.Sample) {
	v := s.Value * t.factor
	t.histogram.observe(v)
	if s.Metadata == nil || s.Time.Before(t.nextExemplar) {
		return
	}
	if id := s.Metadata[traceIDMetadata]; traceIDPattern.MatchString(id) {
		t.nextExemplar = s.Time.Add(exemplarInterval)
		t.histogram.addExemplar(v, id, s.Time)
	}
}

func (t *trendSeries) write(to []*dto.Metric) {
	if to[0].Histogram == nil {
		to[0].Histogram = new(dto.Histogram)
	}
	to[0].Label = t.labels
	to[0].Histogram.CreatedTimestamp = t.created
	t.histogram.write(to[0].Histogram)
}
