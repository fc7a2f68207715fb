package recorder

import (
	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/regress"
)

const (
	// maxCached bounds the time series that are found without looking at their tags. Tags that make
	// no difference, such as unique URLs, would make it grow for ever.
	maxCached = 100_000
	// maxSeen bounds the values of a tag that is only listed.
	maxSeen = 16
)

// samples is what has been measured so far.
type samples struct {
	builder *regress.Builder

	cache    map[*metrics.TagSet][]entry
	cached   int
	lastTags *metrics.TagSet
	last     []entry // those of lastTags: the samples of one request have the same tags

	tls, protocols map[string]bool
}

// entry is where the samples of a metric with some tags go.
type entry struct {
	metric *metrics.Metric
	cell   *regress.Cell
}

func newSamples() *samples {
	return &samples{
		builder:   regress.NewBuilder(),
		cache:     make(map[*metrics.TagSet][]entry),
		tls:       make(map[string]bool),
		protocols: make(map[string]bool),
	}
}

// add takes a batch of samples.
func (s *samples) add(containers []metrics.SampleContainer) {
	for _, container := range containers {
		list := container.GetSamples()
		for i := range list {
			sample := &list[i]
			s.cell(sample.TimeSeries).Observe(sample.Value, sample.Time)
		}
	}
}

// cell finds where the samples of ts go.
func (s *samples) cell(ts metrics.TimeSeries) *regress.Cell {
	if ts.Tags != s.lastTags || s.last == nil {
		s.lastTags, s.last = ts.Tags, s.cache[ts.Tags]
	}
	for i := range s.last {
		if s.last[i].metric == ts.Metric {
			return s.last[i].cell
		}
	}
	if s.cached >= maxCached {
		clear(s.cache)
		s.cached, s.last = 0, nil
	}
	cell := s.resolve(ts)
	s.last = append(s.last, entry{ts.Metric, cell})
	s.cache[ts.Tags] = s.last
	s.cached++
	return cell
}

func (s *samples) resolve(ts metrics.TimeSeries) *regress.Cell {
	tag := func(name string) string {
		value, _ := ts.Tags.Get(name)
		return value
	}
	see(s.tls, tag(metrics.TagTLSVersion.String()))
	see(s.protocols, tag(metrics.TagProto.String()))
	return s.builder.Cell(ts.Metric.Name, regress.Type(ts.Metric.Type.String()), ts.Metric.Contains.String(), tag)
}

func see(values map[string]bool, value string) {
	if value != "" && len(values) < maxSeen {
		values[value] = true
	}
}

// fill puts what was measured into a record and its instance.
func (s *samples) fill(record *regress.Record, instance *regress.Instance) {
	s.builder.Fill(record, instance)
	instance.Connection.TLS, instance.Connection.Protocols = sortedCopy(s.tls), sortedCopy(s.protocols)
}
