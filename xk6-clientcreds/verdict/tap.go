package verdict

import (
	"time"

	"go.k6.io/k6/v2/metrics"
)

// tap has k6 show the samples that matter to this run. k6 hands each sample of a metric to the sinks of its submetrics
// as well, with all tags, as soon as the summary or thresholds need metrics at all. A submetric without tags takes all
// of them; and one whose metric counts as observed already appears neither in the summary nor in thresholds nor in the
// REST API. Only -o json lists it among the metric's submetrics.
func (r *Run) tap(registry *metrics.Registry) {
	for name, f := range counts() {
		m := registry.Get(name)
		if m == nil {
			continue
		}
		m.Submetrics = append(m.Submetrics, &metrics.Submetric{
			Name: name + "{}", Tags: registry.RootTagSet(), Parent: m,
			Metric: &metrics.Metric{
				Name: name + "{}", Type: m.Type, Contains: m.Contains, Observed: true, Sink: &sink{run: r, count: f},
			},
		})
	}
}

// sink hands samples of one metric to a run.
type sink struct {
	run   *Run
	count count
}

var _ metrics.Sink = (*sink)(nil)

// Add implements metrics.Sink.
func (s *sink) Add(sample metrics.Sample) {
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	if !s.run.fed {
		s.count(&s.run.tally, sample.Tags, sample.Value)
	}
}

// Format implements metrics.Sink.
func (*sink) Format(time.Duration) map[string]float64 { return nil }

// IsEmpty implements metrics.Sink.
func (*sink) IsEmpty() bool { return true }
