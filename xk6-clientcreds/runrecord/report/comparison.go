package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord/compare"
)

// comparisonSections are the page of two sides.
func comparisonSections(base, head *group, result *compare.Result) []section {
	groups := []*group{base, head}
	return filled(changes(result), overlays(groups), serversUnderTest(groups...), percentileOverlays(groups),
		sideBySide(groups), thresholdsOf(groups), runs(groups))
}

// changes is the table of what the rules say.
func changes(r *compare.Result) section {
	part := section{ID: "changes", Title: "Changes"}
	t := &table{Caption: "Rules and what came of them", Columns: r.Columns()}
	for i := range r.Findings {
		f := &r.Findings[i]
		cells := f.Cells()
		var mark string
		switch f.Outcome {
		case compare.Broken:
			mark = bad
		case compare.Unclear, compare.Unknown:
			mark = warn
		default:
			mark = good
		}
		if f.Reason != "" {
			short, _, _ := strings.Cut(f.Reason, ":")
			cells[len(cells)-1] += ": " + short
		}
		t.mark(mark, cells...)
	}
	differs := &table{
		Caption: "What differs beside the version, and can explain a change",
		Columns: []string{"difference"},
	}
	for _, d := range r.Differences {
		differs.mark(warn, d)
	}
	part.table(t, differs)
	return part
}

// overlays are both sides over the time since the start of their runs.
func overlays(groups []*group) section {
	part := section{
		ID: "overlay", Title: "Over time",
		Note: "Time is that since the start of a run. Several runs of a side are laid over each other.",
	}
	each := func(of func(g *group) []curve) []curve {
		var curves []curve
		for i, g := range groups {
			made := of(g)
			for j := range made {
				// A color for each side, a dash for each of its lines.
				made[j].Color, made[j].Dash = i, 2*j+i
			}
			curves = append(curves, made...)
		}
		return curves
	}
	for _, kind := range []struct{ id, title, duration, failed, requests string }{
		{"token", "token requests", metricname.RequestDuration, metricname.RequestFailed, metricname.Requests},
		{"api", "API requests", metricname.HTTPReqDuration, metricname.HTTPReqFailed, metricname.HTTPReqs},
	} {
		part.chart(
			overTime(kind.id+"-latency", "Latency of "+kind.title, "", []unit{milliseconds},
				each(func(g *group) []curve { return g.quantiles(kind.duration, p50, p95) })...),
			overTime(kind.id+"-rate", capital(kind.title)+" per second", "Of several runs the average.", []unit{perSecond},
				each(func(g *group) []curve {
					return []curve{g.counts(kind.requests, "all"), g.nonzeros(kind.failed, "failed")}
				})...),
		)
	}
	return part
}

func percentileOverlays(groups []*group) section {
	part := section{ID: "distribution", Title: "Distribution of latency", Note: answered}
	for _, kind := range []struct{ id, title, duration string }{
		{"token", "token requests", metricname.RequestDuration}, {"api", "API requests", metricname.HTTPReqDuration},
	} {
		var all []trend
		for _, g := range groups {
			all = append(all, trend{g.name, g.record.Metric(kind.duration).Values()})
		}
		part.chart(
			percentiles(kind.id+"-percentiles", "Latency of "+kind.title+" by percentile", all...),
			histogram(kind.id+"-histogram", capital(kind.title)+" by latency", all...),
		)
	}
	return part
}

// sideBySide are the numbers of both sides: of all metrics, and of latency by what explains it.
func sideBySide(groups []*group) section {
	part := section{
		ID: "metrics", Title: "Side by side",
		Note: "Differences without a verdict: what chance does is in them.",
	}
	base, head := groups[0], groups[1]
	for _, kind := range []struct{ title, duration string }{
		{"Token requests", metricname.RequestDuration}, {"API requests", metricname.HTTPReqDuration},
	} {
		b, h := base.record.Metric(kind.duration), head.record.Metric(kind.duration)
		for _, tag := range []string{"scenario", "client", "pool", "reason", "status"} {
			t := differenceTable(kind.title+" by "+tag, tag)
			for _, value := range either(largest(b, tag), largest(h, tag)) {
				addLatencies(t, value, b.Split(tag, value), h.Split(tag, value))
			}
			part.table(t)
		}
	}
	all := differenceTable("All metrics", "metric")
	for _, name := range either(slices.Sorted(maps.Keys(base.record.Metrics)),
		slices.Sorted(maps.Keys(head.record.Metrics))) {
		addMetric(all, name, base, head)
	}
	part.table(all)
	return part
}

func differenceTable(caption, head string) *table {
	return &table{Caption: caption, Columns: []string{head, "statistic", "base", "head", "difference"}}
}

func addLatencies(t *table, label string, base, head *runrecord.Values) {
	for _, q := range []quantile{p50, p95, p99} {
		addDifference(t, label, q.label, milliseconds, base.Quantile(q.q), head.Quantile(q.q))
	}
}

func addMetric(t *table, name string, base, head *group) {
	b, h := base.record.Metric(name), head.record.Metric(name)
	m := b
	if m == nil {
		m = h
	}
	switch m.Type {
	case runrecord.Trend:
		for _, q := range []quantile{p50, p90, p95, p99} {
			addDifference(t, name, q.label, unitOf(m), b.Quantile(q.q), h.Quantile(q.q))
		}
	case runrecord.Rate:
		addDifference(t, name, "share", percent, b.Rate()*100, h.Rate()*100)
	case runrecord.Counter:
		addDifference(t, name, "per run", unitOf(m), base.perRun(b.Count()), head.perRun(h.Count()))
	case runrecord.Gauge:
		most := func(m *runrecord.Metric) float64 {
			if v := m.Values(); v != nil {
				return v.Max
			}
			return math.NaN()
		}
		addDifference(t, name, "max", unitOf(m), most(b), most(h))
	}
}

func addDifference(t *table, label, statistic string, u unit, base, head float64) {
	difference := none
	switch {
	case base == head:
		difference = "0%"
	case base != 0 && !math.IsNaN(base) && !math.IsNaN(head):
		difference = fmt.Sprintf("%+.1f%%", (head-base)/math.Abs(base)*100)
	}
	t.add(label, statistic, u.format(base), u.format(head), difference)
}

// either returns the texts of a, and the texts of b that are not in it.
func either(a, b []string) []string {
	all := slices.Clone(a)
	for _, text := range b {
		if !slices.Contains(a, text) {
			all = append(all, text)
		}
	}
	return all
}

func thresholdsOf(groups []*group) section {
	part := section{ID: "thresholds", Title: "Thresholds"}
	for _, g := range groups {
		for _, t := range thresholds(g).Tables {
			t.Caption += " in " + g.name
			part.table(t)
		}
	}
	return part
}

func capital(text string) string {
	if text[0] >= 'a' && text[0] <= 'z' {
		return string(text[0]-'a'+'A') + text[1:]
	}
	return text
}
