package exporter

import (
	"math"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.k6.io/k6/v2/metrics"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// series is the state of one metric with one set of labels. One goroutine adds; any may collect.
type series interface {
	add(s *metrics.Sample)
	collect(out chan<- prometheus.Metric)
	pairs() []*dto.LabelPair
}

// identity holds the parts that the metrics of a series have in common.
type identity struct {
	descs   []*prometheus.Desc // one for each suffix of the metric
	labels  []*dto.LabelPair
	created *timestamppb.Timestamp
	turns   *turns // of scrapes
}

func (i *identity) pairs() []*dto.LabelPair { return i.labels }

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

func (c *counterSeries) collect(out chan<- prometheus.Metric) {
	out <- c.counter(0, c.sum.get())
}

type gaugeSeries struct {
	identity

	last value
}

func (g *gaugeSeries) add(s *metrics.Sample) { g.last.set(s.Value) }

func (g *gaugeSeries) collect(out chan<- prometheus.Metric) { out <- g.gauge(0, g.last.get()) }

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

func (r *rateSeries) collect(out chan<- prometheus.Metric) {
	// In this order a scrape never sees more of the second than of the first.
	nonzero := float64(r.nonzero.Load())
	samples := float64(r.samples.Load())
	out <- r.gauge(0, nonzero/samples)
	out <- r.counter(1, samples)
	out <- r.counter(2, nonzero)
}

// trendSeries is a histogram. It is its own prometheus.Metric.
type trendSeries struct {
	identity

	histogram    prometheus.Histogram
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
	if s.Metadata != nil && !s.Time.Before(t.nextExemplar) {
		if id := s.Metadata[traceIDMetadata]; traceIDPattern.MatchString(id) {
			t.nextExemplar = s.Time.Add(exemplarInterval) // one costs as much as twenty observations
			observer, _ := t.histogram.(prometheus.ExemplarObserver)
			observer.ObserveWithExemplar(v, prometheus.Labels{traceIDMetadata: id})
			return
		}
	}
	t.histogram.Observe(v)
}

func (t *trendSeries) collect(out chan<- prometheus.Metric) { out <- t }

// Desc implements prometheus.Metric.
func (t *trendSeries) Desc() *prometheus.Desc { return t.descs[0] }

// Write implements prometheus.Metric.
func (t *trendSeries) Write(m *dto.Metric) error {
	err := t.histogram.Write(m)
	m.Label = t.labels
	t.turns.take()
	return err
}

// point is a prometheus.Metric that has its value.
type point struct {
	desc    *prometheus.Desc
	labels  []*dto.LabelPair
	turns   *turns
	counter *dto.Counter
	gauge   *dto.Gauge
}

func (i *identity) counter(desc int, v float64) point {
	return point{i.descs[desc], i.labels, i.turns, &dto.Counter{Value: proto.Float64(v), CreatedTimestamp: i.created}, nil}
}

func (i *identity) gauge(desc int, v float64) point {
	return point{i.descs[desc], i.labels, i.turns, nil, &dto.Gauge{Value: proto.Float64(v)}}
}

// Desc implements prometheus.Metric.
func (p point) Desc() *prometheus.Desc { return p.desc }

// Write implements prometheus.Metric.
func (p point) Write(m *dto.Metric) error {
	m.Label, m.Counter, m.Gauge = p.labels, p.counter, p.gauge
	p.turns.take()
	return nil
}
