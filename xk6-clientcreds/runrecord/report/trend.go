package report

import (
	"fmt"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord/compare"
)

// trends show the statistics of the rules over several runs, and where they changed.
func trends(records []*runrecord.Record, rules []compare.Rule) (section, error) {
	part := section{ID: "trend", Title: "Trend"}
	t, err := compare.TrendOf(records, rules)
	if err != nil {
		return part, err
	}
	changes := &table{Caption: "Change points", Columns: []string{"metric", "run", "change", "p", "allowed"}}
	for i := range t.Lines {
		l := &t.Lines[i]
		for n := 1; n < len(l.Levels); n++ {
			mark, allowed := good, "yes"
			if l.Levels[n].Worse {
				mark, allowed = bad, "no"
			}
			changes.mark(mark, l.Rule.Subject.String(), t.Runs[l.Levels[n].From].Label, l.Shift(n),
				fmt.Sprintf("%.3f", l.Levels[n].P), allowed)
		}
		part.chart(trendOf(fmt.Sprintf("trend-%d", i), t, l))
	}
	left := &table{Caption: "Runs that are left out, and other notes", Columns: []string{"run", "reason"}}
	for _, r := range t.Runs {
		if r.Excluded != "" {
			left.mark(warn, r.Label, r.Excluded)
		}
	}
	part.Note = "Each point is a run. A vertical line marks the first run after a change."
	if undecided := undecidedIn(t); undecided != "" {
		part.Note = "Each point is a run. " + undecided
	} else if len(changes.Rows) == 0 && len(t.Lines) > 0 {
		part.Nothing = "No rule has a change point."
	}
	for i := range t.Lines {
		if reason := t.Lines[i].Reason; reason != "" {
			left.mark(warn, t.Lines[i].Rule.Subject.String(), reason)
		}
	}
	for _, note := range t.Notes {
		left.mark(warn, none, note)
	}
	part.First = changes.some()
	part.table(left)
	return part, nil
}

// undecidedIn says how many rules cannot have a change point, and why; "" if all can. A level through all runs would
// look as if nothing changed.
func undecidedIn(t *compare.Trend) string {
	undecided, why := 0, ""
	for i := range t.Lines {
		if reason := t.Lines[i].Reason; reason != "" {
			undecided, why = undecided+1, reason
		}
	}
	if undecided == 0 {
		return ""
	}
	return fmt.Sprintf("Changes are not known for %d of %d rules: %s.", undecided, len(t.Lines), why)
}

// trendOf draws one statistic; nil without values.
func trendOf(id string, t *compare.Trend, l *compare.TrendLine) *chart {
	if len(l.Levels) == 0 {
		return nil
	}
	in, times := unitOfChange(l.Unit, false)
	c := &chart{
		ID: id, Title: capital(l.Rule.Subject.String()), X: axisRuns, Units: []unit{in},
		Lines: []line{{Label: "run", Kind: points}, {Label: "level", Kind: levels, Color: 1}},
	}
	c.Table = &table{Caption: c.Title, Columns: []string{"run", "value", "level", "change"}}
	level := 0
	for i, v := range l.Values {
		change := ""
		if level+1 < len(l.Levels) && i == l.Levels[level+1].From {
			level++
			c.Marks, change = append(c.Marks, i), l.Shift(level)
		}
		c.At, c.Labels = append(c.At, number(i)), append(c.Labels, t.Runs[i].Label)
		c.Lines[0].Values = append(c.Lines[0].Values, number(v*times))
		c.Lines[1].Values = append(c.Lines[1].Values, number(l.Levels[level].Median*times))
		c.Table.add(t.Runs[i].Label, in.format(v*times), in.format(l.Levels[level].Median*times), change)
	}
	if l.Reason != "" {
		c.Lines, c.Note = c.Lines[:1], capital(l.Reason)+"."
	}
	return c
}
