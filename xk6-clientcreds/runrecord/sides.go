package runrecord

import (
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
)

// SideTag is the tag of samples of a run that loads two versions at once, the sides of a comparison.
const SideTag = "side"

// Side is a value of SideTag.
type Side string

// The sides. Samples have the other two from the seconds in which only one side is loaded.
const (
	Base      Side = "base"
	Head      Side = "head"
	BaseAlone Side = "base_alone"
	HeadAlone Side = "head_alone"
)

// SideAccuracy is the accuracy of the quantiles of one point of the series of a side: ratios of the sides depend on it.
const SideAccuracy = 0.0025

// maxSides bounds the series of sides: scenarios are few, but come from the script.
const maxSides = 128

// sideMetrics are the metrics that are kept over time for each side and scenario.
var sideMetrics = []string{
	metricname.Checks, metricname.RequestDuration, metricname.RequestFailed, metricname.Requests, metricname.Retries,
	metricname.HTTPReqDuration, metricname.HTTPReqFailed, metricname.HTTPReqs,
}

// OfSides reports whether a metric is kept over time for each side.
func OfSides(metric string) bool { return slices.Contains(sideMetrics, metric) }

// SideSeries is the name of the series of a metric for a scenario and a side.
func SideSeries(metric, scenario string, side Side) string {
	return metric + "{scenario:" + scenario + ",side:" + string(side) + "}"
}

// SplitSideSeries returns what SideSeries made a name of.
func SplitSideSeries(name string) (metric, scenario string, side Side, ok bool) {
	metric, rest, found := strings.Cut(name, "{scenario:")
	i := strings.LastIndex(rest, ",side:")
	if !found || i < 0 || !strings.HasSuffix(rest, "}") {
		return "", "", "", false
	}
	return metric, rest[:i], Side(strings.TrimSuffix(rest[i+len(",side:"):], "}")), true
}

// Paired reports whether the run loaded two versions at once.
func (r *Record) Paired() bool {
	for name := range r.Series {
		if _, _, _, ok := SplitSideSeries(name); ok {
			return true
		}
	}
	return false
}

// Sides returns the series of the sides so far. The builder's own points are in them.
func (b *Builder) Sides() map[string]*Series { return seriesOf(b.sides) }

// Interval is the time between two points of all series, in seconds.
func (b *Builder) Interval() int64 { return b.interval }

// sideLine returns the series of the side to which a cell's samples go.
func (b *Builder) sideLine(name string, m *metricBuilder, key cellKey) []*timeline {
	tags := SplitTags()
	side := Side(key[slices.Index(tags, SideTag)])
	if !slices.Contains([]Side{Base, Head, BaseAlone, HeadAlone}, side) || !slices.Contains(sideMetrics, name) {
		return nil
	}
	name = SideSeries(name, key[slices.Index(tags, "scenario")], side)
	if b.sides[name] == nil {
		if len(b.sides) >= maxSides {
			return nil
		}
		b.sides[name] = newTimeline(m.kind, m.contains, SideAccuracy)
		b.sides[name].compact = true
	}
	return []*timeline{b.sides[name]}
}
