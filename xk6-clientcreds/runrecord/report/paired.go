package report

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord/compare"
)

// WritePaired writes the page of a run that loaded two versions at once, and what the rules say of them. Its verdict is
// the verdict of the comparison: a run can count whatever it says about the versions.
func WritePaired(w io.Writer, record *runrecord.Record, rules []compare.Rule) error {
	g, err := newGroup("", []*runrecord.Record{record})
	if err != nil {
		return err
	}
	result, err := compare.Paired(record, rules)
	if err != nil {
		return err
	}
	p := page{
		Title: "Comparison: " + record.Run.Script, Verdict: string(result.Verdict), Mark: markOf(result.Verdict),
		Reasons: reasonsOf(result), Loaded: loadedBy(g), Tiles: tiles(g),
		Facts: append([]fact{
			{"Comparison", result.Conclusion()}, {"Base", result.Base.String()}, {"Head", result.Head.String()},
		}, facts(g)...),
		Sections: slices.Concat(filled(changes(result), intervals(result), bothSides(g)), runSections(g),
			filled(environment([]*group{g}))),
	}
	return p.write(w)
}

// intervals show how the rules were decided: each look at the run narrows the interval of a change.
func intervals(r *compare.Result) section {
	part := section{
		ID: "intervals", Title: "Decisions over time",
		Note: "The interval contains the true change. A rule is decided when its whole interval is on one side of the limit.",
	}
	for i := range r.Findings {
		part.chart(intervalOf(fmt.Sprintf("interval-%d", i), &r.Findings[i]))
	}
	return part
}

// intervalOf shows the looks of one rule; nil where there was one at most.
func intervalOf(id string, f *compare.Finding) *chart {
	if len(f.Course) < 2 {
		return nil
	}
	in, times := unitOfChange(f.Unit, f.Course[0].Relative)
	limit := f.Rule.Limit.Amount
	if f.Rule.Limit.Down {
		limit = -limit
	}
	if f.Rule.Limit.Relative && !f.Course[0].Relative {
		limit = math.NaN() // a share of nothing
	}
	c := &chart{
		ID: id, Title: "Change of " + f.Rule.Subject.String(), X: axisTime, Step: 1, Units: []unit{in},
		Lines: []line{{Label: "change"}, {Label: "at least"}, {Label: "at most"}, {Label: "limit"}},
	}
	for _, look := range f.Course {
		c.At = append(c.At, number(look.After))
		for j, v := range []float64{look.Change, look.Low, look.High, limit} {
			c.Lines[j].Values = append(c.Lines[j].Values, number(v*times))
		}
	}
	for j := range c.Lines {
		c.Lines[j].Kind, c.Lines[j].Color, c.Lines[j].Dash = lines, j, j
	}
	c.Table = tabulate(c, func(n number) string { return clock(int64(n)) }, "after", 1+len(c.At)/chartRows)
	return c
}

// unitOfChange returns the unit of a change, and by what to multiply it.
func unitOfChange(u compare.Unit, relative bool) (unit, float64) {
	switch {
	case relative, u == compare.Share:
		return percent, 100
	case u == compare.Milliseconds:
		return milliseconds, 1
	case u == compare.Bytes:
		return bytesOf, 1
	case u == compare.PerSecond:
		return perSecond, 1
	default:
		return plain, 1
	}
}

// bothSides show the latency of base and head over time, for each scenario.
func bothSides(g *group) section {
	part := section{
		ID: "sides", Title: "Both sides over time",
		Note: "Gaps are the seconds in which only one side was loaded.",
	}
	for _, kind := range []struct{ id, title, duration string }{
		{"token", "token requests", metricname.RequestDuration}, {"api", "API requests", metricname.HTTPReqDuration},
	} {
		for i, scenario := range scenariosOf(g.record, kind.duration) {
			var curves []curve
			for color, side := range []runrecord.Side{runrecord.Base, runrecord.Head} {
				made := g.quantiles(runrecord.SideSeries(kind.duration, scenario, side), p50, p95)
				for j := range made {
					made[j].Label = string(side) + " " + made[j].Label
					made[j].Color, made[j].Dash = color, 2*j+color
				}
				curves = append(curves, made...)
			}
			part.chart(overTime(fmt.Sprintf("sides-%s-%d", kind.id, i), "Latency of "+kind.title+", scenario "+scenario, "",
				[]unit{milliseconds}, curves...))
		}
	}
	return part
}

// scenariosOf returns the scenarios in which a metric was measured for a side.
func scenariosOf(r *runrecord.Record, metric string) []string {
	found := make(map[string]bool)
	for name := range r.Series {
		if of, scenario, _, ok := runrecord.SplitSideSeries(name); ok && of == metric {
			found[scenario] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}
