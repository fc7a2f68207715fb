package compare

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/nearest"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// check finds what cannot be judged in a rule, whatever the runs measured: a typing error, a statistic that the metric
// does not have, or a limit in another unit. It returns what is known of the metric.
func (rule Rule) check(v vocabulary) (kind, error) {
	s := rule.Subject
	k, ok := v.kindOf(s.Metric)
	if !ok {
		return kind{}, fmt.Errorf("no record has the metric %s, and neither k6 nor this extension has it%s; correct the "+
			"name, or delete the rule",
			s.Metric, nearest.DidYouMean(s.Metric, v.names()))
	}
	if s.Tag != "" && !v.spoken(s.Tag, s.Value) {
		return kind{}, fmt.Errorf("no record has the %s %q%s; correct the value, or delete the rule",
			s.Tag, s.Value, nearest.DidYouMean(s.Value, slices.Sorted(maps.Keys(v.tags[s.Tag]))))
	}
	unit, ok := s.unit(k)
	if !ok {
		return kind{}, fmt.Errorf("%s is a %s, which has no %s; write %s", s.Metric, k.Type, s.Stat, statsOf(k.Type))
	}
	return k, rule.Limit.check(unit)
}

// statsOf are the statistics of a type of metric, for an error.
func statsOf(t runrecord.Type) string {
	switch t {
	case runrecord.Counter, runrecord.Rate:
		return "rate or count"
	case runrecord.Gauge:
		return "value, min, max or count"
	case runrecord.Trend:
		return "a percentile such as p95, avg, min, med, max or count"
	default:
		return "count"
	}
}

// unit returns the unit of the statistic of such a metric, if the metric has the statistic.
func (s Subject) unit(k kind) (Unit, bool) {
	if s.Stat == "count" {
		return Plain, true
	}
	_, quantile := s.Quantile()
	switch k.Type {
	case runrecord.Counter:
		return PerSecond, s.Stat == "rate"
	case runrecord.Rate:
		return Share, s.Stat == "rate"
	case runrecord.Gauge:
		return k.unit(), slices.Contains([]string{"value", "min", "max"}, s.Stat)
	case runrecord.Trend:
		return k.unit(), quantile || slices.Contains([]string{"avg", "min", "max"}, s.Stat)
	}
	return Plain, false
}

func (k kind) unit() Unit {
	switch k.Contains {
	case "time":
		return Milliseconds
	case "data":
		return Bytes
	case runrecord.ContainsShare:
		return Share
	case runrecord.ContainsRate:
		return PerSecond
	default:
		return Plain
	}
}

// estimated reports whether the values of the statistic come from a sketch, which has them to runrecord.SketchAccuracy.
func (s Subject) estimated() bool {
	q, quantile := s.Quantile()
	return quantile && q > 0 && q < 1
}

// errNotMeasured is the error of a statistic that a run has no samples for.
var errNotMeasured = errors.New("not measured")

// value reads the statistic of such a metric off a run. What a run has no samples of did not happen: its count is 0,
// and so is the rate of a counter.
func (s Subject) value(r *runrecord.Record, k kind) (float64, error) {
	v, missing := s.samples(r)
	if missing || v != nil && k.Type != "" && v.Type != k.Type {
		return 0, errNotMeasured
	}
	value := math.NaN()
	switch {
	case s.Stat == "count":
		value = v.Count()
	case k.Type == runrecord.Counter:
		if seconds := r.Run.Duration().Seconds(); seconds > 0 {
			value = v.Count() / seconds
		}
	case k.Type == runrecord.Rate:
		value = v.Rate()
	case v != nil && v.Samples > 0:
		value = s.of(v)
	}
	if math.IsNaN(value) {
		return 0, errNotMeasured
	}
	return value, nil
}

// of reads the statistic off the samples of a trend or a gauge; NaN when those do not have it.
func (s Subject) of(v *runrecord.Values) float64 {
	if q, quantile := s.Quantile(); quantile {
		return v.Quantile(q)
	}
	switch s.Stat {
	case "avg":
		return v.Mean()
	case "min":
		return v.Min
	case "max":
		return v.Max
	case "value":
		return v.Last
	}
	return math.NaN()
}

// samples are those that the subject is about, nil when there are none. They are missing where they may be among those
// of other values of the tag.
func (s Subject) samples(r *runrecord.Record) (v *runrecord.Values, missing bool) {
	m := r.Metric(s.Metric)
	if s.Tag == "" {
		return m.Values(), false
	}
	if v = m.Split(s.Tag, s.Value); v == nil {
		return nil, m.Split(s.Tag, runrecord.Other) != nil
	}
	return v, false
}

// measured reports whether a run has samples that the subject is about.
func (s Subject) measured(r *runrecord.Record) bool {
	v, _ := s.samples(r)
	return v != nil && v.Samples > 0
}
