package exporter

import (
	"math"
	"slices"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/metrics"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tagcache"
)

// Why a sample was dropped.
const (
	droppedAtLimit = "series_limit" // its metric has maxSeries label sets
	droppedNaN     = "nan"          // it would make every later sum NaN
)

// store is the state of all time series.
type store struct {
	log        logrus.FieldLogger
	metrics    nameFilter
	maxSeries  int
	histograms histogramKind
	buckets    bucketRules
	help       Help
	now        func() time.Time
	turns      *turns // of scrapes

	mu       sync.Mutex // held for a batch of samples, and by a scrape only to copy what follows
	run      *runState
	cache    *tagcache.Cache[entry]
	byMetric map[*metrics.Metric]*family
	families []*family
	dropped  map[drop]uint64
	labels   *labeler
	names    *namer
}

// observer gets the samples of some time series.
type observer interface{ observe(s *metrics.Sample) }

// entry is the destination of a metric's samples with some tags. Without a series they are dropped, and it shows,
// unless the options leave the metric out.
type entry struct {
	series    series
	leftOut   bool
	observers []observer
}

// drop is a reason to drop samples of a metric.
type drop struct{ metric, reason string }

// family is one k6 metric.
type family struct {
	metric    *metrics.Metric
	names     []string            // in Prometheus
	headers   []*dto.MetricFamily // by name, without series
	histogram func() *histogram   // of a Trend
	byLabels  map[string]series
	series    []series
	sorted    int // how many series there were when they were last put in order
	full      bool
	leftOut   bool // by the options: it has no series
}

func newStore(o *options, help Help, run *runState, log logrus.FieldLogger) *store {
	st := &store{
		log: log, metrics: o.Metrics, maxSeries: o.MaxSeries, histograms: o.Histograms, buckets: o.Buckets, help: help,
		run:      run,
		now:      run.now,
		turns:    newTurns(),
		byMetric: make(map[*metrics.Metric]*family),
		dropped:  make(map[drop]uint64),
		labels:   newLabeler(o.Labels, log),
		names:    newNamer(log),
	}
	st.cache = tagcache.New(st.resolve)
	return st
}

// add takes a batch of samples.
func (st *store) add(containers []metrics.SampleContainer) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.run.lookForStart(containers)
	for _, container := range containers {
		samples := container.GetSamples()
		for i := range samples {
			st.addSample(&samples[i])
		}
	}
}

func (st *store) addSample(s *metrics.Sample) {
	e := st.cache.Get(s.TimeSeries)
	if !math.IsNaN(s.Value) {
		for _, o := range e.observers {
			o.observe(s)
		}
	}
	switch {
	case e.leftOut:
	case math.IsNaN(s.Value):
		st.dropped[drop{s.Metric.Name, droppedNaN}]++
	case e.series == nil:
		st.dropped[drop{s.Metric.Name, droppedAtLimit}]++
	default:
		e.series.add(s)
	}
}

// resolve finds or makes the series of ts.
func (st *store) resolve(ts metrics.TimeSeries) entry {
	f := st.byMetric[ts.Metric]
	if f == nil {
		f = st.newFamily(ts.Metric)
	}
	if f.leftOut {
		return entry{leftOut: true, observers: st.run.observersOf(ts)}
	}
	labels := st.labels.labels(ts.Tags)
	key := signature(labels)
	e := entry{series: f.byLabels[key], observers: st.run.observersOf(ts)}
	switch {
	case e.series != nil:
	case len(f.series) < st.maxSeries:
		e.series = f.newSeries(identity{labels, timestamppb.New(st.now())})
		f.byLabels[key] = e.series
		f.series = append(f.series, e.series)
	case !f.full:
		f.full = true
		st.log.Warnf("metric %q has %d label sets; samples with other labels are dropped and counted in %s. "+
			"Raise maxSeries, or leave labels out with dropLabels", ts.Metric.Name, st.maxSeries, droppedName)
	}
	return e
}

func (st *store) newFamily(m *metrics.Metric) *family {
	f := &family{metric: m, byLabels: make(map[string]series)}
	st.byMetric[m] = f
	if !st.metrics.keeps(append(servedNames(m), m.Name)...) {
		f.leftOut = true
		return f
	}
	base, help := st.names.base(m), st.help.of(m)
	for i, suffix := range suffixes(m) {
		f.names = append(f.names, base+suffix)
		f.headers = append(f.headers, &dto.MetricFamily{
			Name: proto.String(base + suffix), Help: proto.String(help[i]), Type: servedTypes(m)[i].Enum(),
		})
	}
	if m.Type == metrics.Trend {
		f.histogram = histogramOf(m, st.histograms, st.buckets)
	}
	st.families = append(st.families, f)
	return f
}

func (f *family) newSeries(id identity) series {
	switch f.metric.Type {
	case metrics.Counter:
		return &counterSeries{identity: id}
	case metrics.Rate:
		return &rateSeries{identity: id}
	case metrics.Trend:
		return &trendSeries{
			identity:  id,
			histogram: f.histogram(),
			factor:    baseUnitFactor(f.metric),
		}
	default:
		return &gaugeSeries{identity: id}
	}
}

// inOrder returns the series in the order of client_golang.
func (f *family) inOrder() []series {
	if f.sorted < len(f.series) {
		slices.SortFunc(f.series, func(a, b series) int { return compareLabels(a.pairs(), b.pairs()) })
		f.sorted = len(f.series)
	}
	return f.series
}

// Gather implements prometheus.Gatherer for what needs all metrics at once. It does not keep samples waiting.
func (st *store) Gather() ([]*dto.MetricFamily, error) {
	var all []*dto.MetricFamily
	for _, f := range st.snapshot() {
		families := make([]*dto.MetricFamily, len(f.headers))
		for i, h := range f.headers {
			families[i] = &dto.MetricFamily{
				Name: h.Name, Help: h.Help, Type: h.Type, Metric: make([]*dto.Metric, 0, len(f.series)),
			}
		}
		for _, s := range f.series {
			written := resize[dto.Metric](nil, len(families))
			s.write(written)
			for i, m := range written {
				families[i].Metric = append(families[i].Metric, m)
			}
			st.turns.take()
		}
		all = append(all, families...)
	}
	return all, nil
}

// snapshot returns copies of the families. Their series go on.
func (st *store) snapshot() []family {
	st.mu.Lock()
	defer st.mu.Unlock()
	families := make([]family, len(st.families))
	for i, f := range st.families {
		families[i] = *f
		families[i].series = slices.Clone(f.inOrder())
	}
	return families
}

// finish notes how the test ended.
func (st *store) finish(err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.run.finish(err)
	if len(st.families) == 0 && len(st.byMetric) > 0 {
		st.log.Warnf("The options metrics and dropMetrics left out all %d metrics of the test. Prometheus got only the "+
			"metrics about the run: check the names", len(st.byMetric))
	}
}

// conclude notes what the run comes to.
func (st *store) conclude(o Outcome) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.run.outcome, st.run.exitCode = &o, o.ExitCode
	if !o.End.IsZero() {
		st.run.end = o.End
	}
}
