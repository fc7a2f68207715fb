package runrecord

import "github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"

// Metric is one metric of the run.
type Metric struct {
	Type Type `json:"type"`
	// Contains is the kind of the values: time (milliseconds), data (bytes) or default.
	Contains string `json:"contains"`
	// All are the samples of the whole run.
	All *Values `json:"all"`
	// By are the samples by the values of a tag: scenario, client, reason, status, error and others
	// of SplitTags. Samples without the tag are in none of them.
	By map[string]map[string]*Values `json:"by,omitempty"`
}

// SplitTags are the tags by whose values metrics are split: those that explain a number and have few
// values. URLs and names of requests are not among them, since they may hold what must not be kept.
func SplitTags() []string {
	return []string{"scenario", "client", "pool", "reason", "status", "error", "error_code", "check", SideTag}
}

const (
	// maxSplit bounds the values of one tag of one metric.
	maxSplit = 100
	// Other is the value that stands for all others when a tag has more than that.
	Other = runinfo.Other
)

// Split returns the samples with that value of a tag, nil when there are none.
func (m *Metric) Split(tag, value string) *Values {
	if m == nil {
		return nil
	}
	return m.By[tag][value]
}

// Values are the samples of the whole run, nil when there are none.
func (m *Metric) Values() *Values { return m.all() }

// Samples is the number of samples.
func (m *Metric) Samples() int64 { return m.all().count() }

// Count is the sum of a counter, and the number of samples of any other metric.
func (m *Metric) Count() float64 { return m.all().Count() }

// Rate is the share of samples of a rate that were not zero, NaN without samples.
func (m *Metric) Rate() float64 { return m.all().Rate() }

// Mean is the average of a trend, NaN without samples.
func (m *Metric) Mean() float64 { return m.all().Mean() }

// Quantile is the value of a trend that the share q of its samples does not exceed, within
// SketchAccuracy; NaN without samples.
func (m *Metric) Quantile(q float64) float64 { return m.all().Quantile(q) }

func (m *Metric) all() *Values {
	if m == nil {
		return nil
	}
	return m.All
}
