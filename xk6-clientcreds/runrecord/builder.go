package runrecord

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// maxCells bounds the combinations of the values of split tags of one metric. The samples of more of
// them count under Other.
const maxCells = 2000

// Builder makes a record of samples. It is not safe for concurrent use.
type Builder struct {
	metrics  map[string]*metricBuilder
	series   map[string]*timeline
	gauges   map[string]*timeline
	sides    map[string]*timeline // of a run that loads two versions at once
	span     span
	interval int64
	lost     map[string]int64
}

// NewBuilder returns one without samples.
func NewBuilder() *Builder {
	return &Builder{
		metrics:  make(map[string]*metricBuilder),
		series:   make(map[string]*timeline),
		gauges:   make(map[string]*timeline),
		sides:    make(map[string]*timeline),
		interval: 1,
		lost:     make(map[string]int64),
	}
}

type metricBuilder struct {
	kind     Type
	contains string
	cells    map[cellKey]*Values
}

// cellKey are the values of SplitTags, in their order.
type cellKey [9]string

// Cell is where the samples of a metric with some tags go.
type Cell struct {
	builder *Builder
	values  *Values
	lines   []*timeline
}

// Lost are the reasons for which samples are not in the record as they should be.
const (
	// LostNotANumber: the value was not a number, or beyond what a record holds.
	LostNotANumber = "not_a_number"
)

// Cell returns where the samples of a metric with these tags go. Of the tags only SplitTags
// count; tag returns the value of one, "" when there is none.
func (b *Builder) Cell(name string, t Type, contains string, tag func(name string) string) *Cell {
	m := b.metrics[name]
	if m == nil {
		m = &metricBuilder{kind: t, contains: contains, cells: make(map[cellKey]*Values)}
		b.metrics[name] = m
	}
	var key cellKey
	for i, split := range SplitTags() {
		key[i] = tag(split)
	}
	if m.cells[key] == nil && len(m.cells) >= maxCells {
		for i := range key {
			if key[i] != "" {
				key[i] = Other
			}
		}
	}
	if m.cells[key] == nil {
		m.cells[key] = newValues(m.kind, SketchAccuracy)
	}
	return &Cell{b, m.cells[key], b.lines(name, m, key)}
}

// Observe adds a sample.
func (c *Cell) Observe(value float64, at time.Time) {
	if !trackable(value) {
		c.builder.lost[LostNotANumber]++
		return
	}
	c.values.observe(value, at)
	if len(c.lines) == 0 {
		return
	}
	c.builder.cover(at.Unix())
	for _, line := range c.lines {
		line.observe(value, at, c.builder.interval)
	}
}

// cover makes the interval longer when there would be too many points with that time.
func (b *Builder) cover(unix int64) {
	b.span.include(unix)
	interval := b.span.interval(b.interval)
	if interval == b.interval {
		return
	}
	b.interval = interval
	for _, lines := range []map[string]*timeline{b.series, b.gauges, b.sides} {
		for _, line := range lines {
			if err := line.coarsen(interval); err != nil {
				panic(err) // all points of a line are of one type
			}
		}
	}
}

// Fill puts what was observed into a record and its only instance.
func (b *Builder) Fill(r *Record, i *Instance) {
	r.Metrics = make(map[string]*Metric, len(b.metrics))
	for name, m := range b.metrics {
		r.Metrics[name] = m.metric()
	}
	r.Interval = b.interval
	r.Series, i.Series = make(map[string]*Series), make(map[string]*Series)
	for name, line := range b.series {
		r.Series[name] = line.series()
	}
	maps.Copy(r.Series, b.Sides())
	for name, line := range b.gauges {
		i.Series[name] = line.series()
	}
	if len(b.lost) > 0 {
		i.Lost = maps.Clone(b.lost)
	}
}

// metric adds the cells up: as a whole, and by each tag.
func (m *metricBuilder) metric() *Metric {
	all := &Metric{Type: m.kind, Contains: m.contains, All: newValues(m.kind, SketchAccuracy)}
	for _, key := range slices.SortedFunc(maps.Keys(m.cells), compareKeys) {
		values := m.cells[key]
		mustMerge(all.All, values)
		for i, split := range SplitTags() {
			if key[i] == "" {
				continue
			}
			if all.By == nil {
				all.By = make(map[string]map[string]*Values)
			}
			if all.By[split] == nil {
				all.By[split] = make(map[string]*Values)
			}
			addTo(all.By[split], key[i], values)
		}
	}
	for _, values := range all.By {
		bound(values)
	}
	return all
}

func compareKeys(a, b cellKey) int { return slices.Compare(a[:], b[:]) }

// addTo merges values into the values of a name.
func addTo(all map[string]*Values, name string, values *Values) {
	if all[name] == nil {
		all[name] = newValues(values.Type, SketchAccuracy)
	}
	mustMerge(all[name], values)
}

// bound leaves the values with the most samples, and adds up all others.
func bound(all map[string]*Values) {
	if len(all) <= maxSplit {
		return
	}
	names := slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		return cmp.Or(cmp.Compare(all[b].Samples, all[a].Samples), strings.Compare(a, b))
	})
	for _, name := range names[maxSplit-1:] {
		if name == Other {
			continue
		}
		values := all[name]
		delete(all, name)
		addTo(all, Other, values)
	}
}

func mustMerge(into, from *Values) {
	if err := into.merge(from); err != nil {
		panic(err) // both are of one metric of one builder
	}
}
