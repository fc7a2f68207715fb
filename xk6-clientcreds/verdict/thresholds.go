package verdict

import (
	"maps"
	"slices"
	"strings"

	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/condition"
)

// warnOfEmptyThresholds warns of thresholds whose metric has no sample. k6 takes them for kept, so a misspelled tag
// switches a threshold off.
func (r *Run) warnOfEmptyThresholds() {
	if r.noThresholds || r.registry == nil || r.tally.Iterations == 0 {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(r.thresholds)) {
		if sink := r.sink(name); sink == nil || !sink.IsEmpty() {
			continue
		}
		for _, t := range r.thresholds[name].Thresholds {
			c, err := condition.Parse(t.Source)
			if err != nil || c.Void() || (c.Method == "count" || c.Method == "rate") && c.Holds(0) {
				continue // nothing happened, and nothing should have
			}
			r.log.Warnf("The threshold %q of %s decided nothing, because there was no sample: check the name and the tags",
				t.Source, name)
		}
	}
}

// sink returns what collects the samples of a metric or submetric, nil if there is none.
func (r *Run) sink(name string) metrics.Sink {
	parent, _, isSubmetric := strings.Cut(name, "{")
	m := r.registry.Get(parent)
	switch {
	case m == nil:
		return nil
	case !isSubmetric:
		return m.Sink
	}
	for _, sub := range m.Submetrics {
		if sub.Name == name && sub.Metric != nil {
			return sub.Metric.Sink
		}
	}
	return nil
}
