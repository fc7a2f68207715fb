package compare

import (
	"math"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/regress"
)

// measured is the value of a statistic in one run.
type measured struct {
	value float64
	unit  Unit
}

// value reads the statistic off a record. There is none when the run did not measure the metric, or
// the metric is of a type that has no such statistic.
func (s Subject) value(r *regress.Record) (measured, bool) {
	m := r.Metric(s.Metric)
	if m == nil || m.All == nil {
		return measured{}, false
	}
	v := m.All
	if s.Tag != "" {
		if v = m.Split(s.Tag, s.Value); v == nil {
			return measured{}, false
		}
	}
	got, ok := s.of(v, r.Run.Duration().Seconds())
	if s.Stat != "count" && m.Type == regress.Trend || m.Type == regress.Gauge {
		switch m.Contains {
		case "time":
			got.unit = Milliseconds
		case "data":
			got.unit = Bytes
		}
	}
	return got, ok && !math.IsNaN(got.value)
}

// of reads the statistic off values that were taken in so many seconds.
func (s Subject) of(v *regress.Values, seconds float64) (measured, bool) {
	if s.Stat == "count" {
		return measured{v.Count(), Plain}, true
	}
	switch v.Type {
	case regress.Counter:
		return measured{v.Count() / seconds, PerSecond}, s.Stat == "rate" && seconds > 0
	case regress.Rate:
		return measured{v.Rate(), Share}, s.Stat == "rate"
	case regress.Gauge:
		values := map[string]float64{"value": v.Last, "min": v.Min, "max": v.Max}
		got, ok := values[s.Stat]
		return measured{got, Plain}, ok
	case regress.Trend:
		return s.ofTrend(v)
	}
	return measured{}, false
}

func (s Subject) ofTrend(v *regress.Values) (measured, bool) {
	if q, ok := s.Quantile(); ok {
		return measured{v.Quantile(q), Plain}, true
	}
	switch s.Stat {
	case "avg":
		return measured{v.Mean(), Plain}, true
	case "min":
		return measured{v.Min, Plain}, true
	case "max":
		return measured{v.Max, Plain}, true
	}
	return measured{}, false
}
