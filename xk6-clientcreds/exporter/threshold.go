package exporter

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/condition"
)

// threshold is one expression on a metric or submetric, evaluated on the samples themselves.
//
// k6 evaluates thresholds every two seconds, but gives outputs only their definitions. So they are
// evaluated here again, with k6's results and without keeping the samples: an expression asks on
// which side of its limit a number is, and for a percentile it is enough to know how many samples
// are below, at and above the limit, and which are next to it.
type threshold struct {
	metric, source string // as the script has them
	abortOnFail    bool
	name           string      // of the metric
	tags           [][2]string // of the submetric
	expr           condition.Condition

	served               *metrics.Metric // what it is about; nil until a metric of a script has a sample
	counter              bool            // whether the metric is a Counter: rate is per second then
	count                uint64
	sum, last, min, max  float64
	nonzero              uint64
	below, at            uint64
	nextBelow, nextAbove float64
	distribution         *ddsketch.DDSketch // of a percentile; nil for other methods
}

// newThresholds makes the thresholds of a script, in the order of their names.
func newThresholds(all map[string]metrics.Thresholds, log logrus.FieldLogger) []*threshold {
	builtin := metrics.NewRegistry()
	metrics.RegisterBuiltinMetrics(builtin)
	var list []*threshold
	for metric, thresholds := range all {
		name, tags, err := metrics.ParseMetricName(metric)
		for _, t := range thresholds.Thresholds {
			expr, exprErr := condition.Parse(t.Source)
			if err := cmp.Or(err, exprErr); err != nil {
				log.WithError(err).Warnf("threshold %q on %q is not served", t.Source, metric)
				continue
			}
			m := builtin.Get(name) // the type of others shows in their samples
			list = append(list, &threshold{
				metric: metric, source: t.Source, abortOnFail: t.AbortOnFail,
				name: name, tags: parseSubmetricTags(tags), expr: expr,
				served:       m,
				counter:      m != nil && m.Type == metrics.Counter,
				distribution: newDistribution(expr),
			})
		}
	}
	slices.SortFunc(list, func(a, b *threshold) int {
		return cmp.Or(cmp.Compare(a.metric, b.metric), cmp.Compare(a.source, b.source))
	})
	return slices.CompactFunc(list, func(a, b *threshold) bool { // one series each
		return a.metric == b.metric && a.source == b.source && a.abortOnFail == b.abortOnFail
	})
}

// parseSubmetricTags reads key:value pairs as k6 does, quoted or not.
func parseSubmetricTags(pairs []string) [][2]string {
	var tags [][2]string
	for _, pair := range pairs {
		key, value, _ := strings.Cut(pair, ":")
		unquote := func(s string) string { return strings.Trim(strings.TrimSpace(s), `"'`) }
		tags = append(tags, [2]string{unquote(key), unquote(value)})
	}
	return tags
}

// watches says whether the threshold is about a time series.
func (t *threshold) watches(ts metrics.TimeSeries) bool {
	return ts.Metric.Name == t.name && !slices.ContainsFunc(t.tags, func(tag [2]string) bool {
		value, ok := ts.Tags.Get(tag[0])
		return !ok || value != tag[1]
	})
}

// observe implements observer.
func (t *threshold) observe(s *metrics.Sample) {
	v, limit := s.Value, t.expr.Limit
	if t.count == 0 {
		t.served, t.counter = s.Metric, s.Metric.Type == metrics.Counter
		t.min, t.max = v, v
		t.nextBelow, t.nextAbove = math.Inf(-1), math.Inf(1)
	}
	t.count++
	t.sum += v
	t.last = v
	t.min, t.max = min(t.min, v), max(t.max, v)
	if v != 0 {
		t.nonzero++
	}
	if t.distribution != nil {
		_ = t.distribution.Add(v) // a value that no bin can hold is beyond every other: min and max have it
	}
	switch {
	case v < limit:
		t.below++
		t.nextBelow = max(t.nextBelow, v)
	case v == limit:
		t.at++
	default:
		t.nextAbove = min(t.nextAbove, v)
	}
}

// crossed says whether the threshold fails now, elapsed since the start of the test. Like k6 it
// leaves a threshold without samples alone until the test is over.
func (t *threshold) crossed(elapsed time.Duration, over bool) bool {
	if t.count == 0 && !over {
		return false
	}
	v, known := t.value(elapsed)
	return known && !t.expr.Holds(v)
}

// value is the left side of the expression, if it has one. For a percentile it is a number on the
// same side of the limit, which estimate brings near.
func (t *threshold) value(elapsed time.Duration) (v float64, known bool) {
	switch t.expr.Method {
	case "count":
		return t.sum, true
	case "rate":
		if t.counter {
			return t.sum / elapsed.Seconds(), elapsed > 0
		}
		return float64(t.nonzero) / float64(t.count), t.count > 0
	case "value":
		return t.last, true
	case "avg":
		return t.sum / math.Max(float64(t.count), 1), true
	case "min":
		return t.min, true
	case "max":
		return t.max, true
	default:
		return t.quantile(), true
	}
}

// quantile interpolates between two ranks, as k6 does.
func (t *threshold) quantile() float64 {
	if t.count == 0 {
		return 0
	}
	i := t.expr.Percentile * (float64(t.count) - 1)
	lower, upper := t.rank(math.Floor(i)), t.rank(math.Ceil(i))
	if lower == upper {
		return lower
	}
	return lower + (upper-lower)*(i-math.Floor(i))
}

// rank returns the sample of a rank when it is next to the limit. The others are farther away on
// the side of the one that it returns.
func (t *threshold) rank(r float64) float64 {
	switch {
	case r < float64(t.below):
		return t.nextBelow
	case r < float64(t.below+t.at):
		return t.expr.Limit
	default:
		return t.nextAbove
	}
}

// labels of the threshold's gauge.
func (t *threshold) labels() []string {
	return []string{strconv.FormatBool(t.abortOnFail), t.metric, t.source}
}
