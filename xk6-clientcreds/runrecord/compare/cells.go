package compare

import (
	"fmt"
	"math"
	"strconv"
)

// Columns are the heads of the cells of a finding.
func (r *Result) Columns() []string {
	if r.Paired != nil {
		return []string{"metric", "base", "head", "change", "interval", "limit", "decided", "outcome"}
	}
	return []string{"metric", "base", "head", "change", "noise", "limit", "p", "outcome"}
}

// Cells are a finding as a row of a table.
func (f *Finding) Cells() []string {
	row := []string{f.Rule.Subject.String(), "-", "-", "-", "-", f.limit(), "-", string(f.Outcome)}
	if f.Interval != nil {
		row[3], row[4] = f.Interval.change(f.Unit), f.Interval.bounds(f.Unit)
		if f.After > 0 {
			row[6] = fmt.Sprintf("after %.0f s", f.After)
		}
	}
	if c := f.Change; c != nil && f.paired() {
		row[1], row[2] = f.Unit.format(c.Base), f.Unit.format(c.Head)
	} else if c != nil {
		row[1], row[2] = f.Unit.format(c.Base), f.Unit.format(c.Head)
		row[3] = f.change()
		row[4] = f.noise()
		row[6] = strconv.FormatFloat(c.P, 'f', 3, 64)
	}
	return row
}

// limit is the limit with the unit of the statistic.
func (f *Finding) limit() string {
	l := f.Rule.Limit
	if l.Relative || l.Zero() {
		return l.String()
	}
	return l.sign() + f.Unit.formatChange(math.Abs(l.Amount))
}

// paired reports whether the finding is of a paired comparison.
func (f *Finding) paired() bool { return f.Change == nil || f.Change.BaseRuns == nil }

func (i Interval) change(unit Unit) string { return i.signed(i.Change, unit) }

// bounds are the bounds of the interval.
func (i Interval) bounds(unit Unit) string {
	if math.IsInf(i.High, 1) {
		return i.signed(i.Low, unit) + " or more"
	}
	return i.signed(i.Low, unit) + " to " + i.signed(i.High, unit)
}

func (i Interval) signed(v float64, unit Unit) string {
	if i.Relative {
		return fmt.Sprintf("%+.1f%%", v*100)
	}
	sign := "+"
	if v < 0 {
		sign = "-"
	}
	return sign + unit.formatChange(math.Abs(v))
}

// change is the change as its limit speaks of it: a share of the base, or an amount.
func (f *Finding) change() string {
	c := f.Change
	if share := c.Share(); f.Rule.Limit.Relative && !math.IsInf(share, 0) {
		return fmt.Sprintf("%+.1f%%", share*100)
	}
	sign := "+"
	if c.Head < c.Base {
		sign = "-"
	}
	return sign + f.Unit.formatChange(math.Abs(c.Head-c.Base))
}

// noise is the noise as the limit speaks of it. Noise below the resolution is not known to be quiet.
func (f *Finding) noise() string {
	c := f.Change
	if len(c.BaseRuns) == 1 {
		return "unknown" // one run does not differ from itself
	}
	show := f.Unit.formatChange
	if f.Rule.Limit.Relative && c.Base != 0 {
		show = func(amount float64) string { return fmt.Sprintf("%.1f%%", amount/math.Abs(c.Base)*100) }
	}
	if c.Noise < c.Resolution {
		return "below " + show(c.Resolution)
	}
	return "±" + show(c.Noise)
}

// summary is a finding in one line.
func (f *Finding) summary() string {
	c := f.Change
	if c == nil || f.Outcome == Unknown {
		return f.Rule.Subject.String() + ": " + f.Reason
	}
	if f.paired() {
		return f.pairedSummary()
	}
	if f.Rule.Limit.Zero() {
		return f.exactSummary()
	}
	statistics := fmt.Sprintf("(p=%s, noise %s)", strconv.FormatFloat(c.P, 'f', 3, 64), f.noise())
	text := fmt.Sprintf("%s: %s to %s", f.Rule.Subject, f.Unit.format(c.Base), f.Unit.format(c.Head))
	switch {
	case f.Rule.Limit.Relative && math.IsInf(c.Share(), 0):
		// Nothing can be a share of nothing.
		text += fmt.Sprintf(" is %s, but the base is 0, and %s of 0 is 0; write an absolute limit, such as %s",
			f.change(), f.limit(), f.Rule.Limit.sign()+f.Unit.example())
	case f.Rule.Limit.Relative && f.Unit == Share:
		text += fmt.Sprintf(" is %s of the base, allowed is %s", f.change(), f.limit())
	default:
		text += fmt.Sprintf(" is %s, allowed is %s", f.change(), f.limit())
	}
	return text + " " + statistics
}

// exactSummary is about the runs by which a limit of 0 is judged.
func (f *Finding) exactSummary() string {
	base, head := f.Change.worst(f.Rule.Limit.Down)
	return fmt.Sprintf("%s: the worst run of head has %s and the worst of base %s; allowed is %s", f.Rule.Subject,
		f.Unit.format(head), f.Unit.format(base), f.limit())
}

// pairedSummary is about the interval by which a limit is judged.
func (f *Finding) pairedSummary() string {
	c := f.Change
	text := fmt.Sprintf("%s: %s to %s", f.Rule.Subject, f.Unit.format(c.Base), f.Unit.format(c.Head))
	if f.Interval == nil {
		return text + "; too few requests were measured to compare them"
	}
	return fmt.Sprintf("%s is %s (%s); allowed is %s", text, f.Interval.change(f.Unit), f.Interval.bounds(f.Unit),
		f.limit())
}
