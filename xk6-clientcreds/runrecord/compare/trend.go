package compare

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// VersionTag is the tag of a run that names the version under test.
const VersionTag = "version"

// Trend holds the statistics of the rules over runs of many versions, in the order of time.
type Trend struct {
	Runs  []TrendRun
	Lines []TrendLine
	// Notes say what is missing or left out.
	Notes []string
}

// TrendRun is a run of a trend.
type TrendRun struct {
	Start time.Time
	// Label names the version: the tag version, the commit, or the time if the run has neither.
	Label string
	// Version is the tag, and Commit the commit; "" without one.
	Version, Commit string
	// Excluded says why the run is left out; "" if it counts.
	Excluded string
}

// TrendLine is the statistic of a rule over the runs.
type TrendLine struct {
	Rule Rule
	Unit Unit
	// Values has a value for each run; NaN where there is none.
	Values []float64
	// Levels are the parts between change points.
	Levels []Level
	// Reason says why the rule cannot have a change point; "" if it can.
	Reason string
}

// Level is a part of a trend without a change.
type Level struct {
	// From is the index of its first run, and To the index after its last one.
	From, To int
	// Median is the median of its values.
	Median float64
	// P is how likely the change at its beginning is if nothing changed; 0 of the first level.
	P float64
	// Worse says that the change from the level before is more than the limit allows.
	Worse bool
}

// TrendOf applies the rules to runs of many versions. A run counts if it is valid, and has the script and the load of
// the latest one. The probability that any rule has a change point although nothing changed is at most Alpha.
func TrendOf(records []*runrecord.Record, rules []Rule) (*Trend, error) {
	if i := slices.IndexFunc(records, (*runrecord.Record).Paired); i >= 0 {
		return nil, fmt.Errorf("the record of %s is of a run that loads two versions at once; a trend needs runs of one "+
			"version each", records[i].Run.Start.UTC().Format(time.RFC3339))
	}
	runs, err := runrecord.Runs(records)
	if err != nil {
		return nil, err
	}
	t := &Trend{}
	if more := len(runs) - maxTrend; more > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("the first %d runs are left out: a trend has %d at most", more, maxTrend))
		runs = runs[more:]
	}
	t.addRuns(runs)
	words := vocabularyOf(runs)
	for _, rule := range rules {
		k, err := rule.check(words)
		if err != nil {
			return nil, fmt.Errorf("rule %q: %w", rule.Subject, err)
		}
		t.Lines = append(t.Lines, t.line(rule, k, runs, Alpha/float64(len(rules))))
	}
	return t, nil
}

func (t *Trend) addRuns(runs []*runrecord.Record) {
	latest := runs[len(runs)-1]
	for i := len(runs) - 1; i >= 0 && latest.Validity.Verdict == validity.Invalid; i-- {
		latest = runs[i]
	}
	nameless := 0
	for _, r := range runs {
		run := TrendRun{Start: r.Run.Start, Version: r.Run.Tags[VersionTag], Commit: r.Run.Commit}
		switch {
		case run.Version != "":
			run.Label = run.Version
		case run.Commit != "":
			run.Label = r.Run.ShortCommit()
		default:
			run.Label = run.Start.UTC().Format("2006-01-02 15:04:05")
			nameless++
		}
		run.Excluded = excluded(r, latest)
		t.Runs = append(t.Runs, run)
	}
	if nameless > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("%d of %d runs have neither a version nor a commit, and are named by their "+
			"time; record with --tag version=NAME, or with the option commit", nameless, len(runs)))
	}
}

// excluded says why a run is not part of the trend; "" if it is.
func excluded(r, latest *runrecord.Record) string {
	if r.Validity.Verdict == validity.Invalid {
		return shorten("it is "+r.Validity.String(), maxReason)
	}
	one, other := []*runrecord.Record{r}, []*runrecord.Record{latest}
	if len(mismatches(one, other, one, other)) > 0 {
		return "its script or its load is not the one of the latest run"
	}
	return ""
}

// Usable is how many runs count.
func (t *Trend) Usable() int {
	n := 0
	for _, r := range t.Runs {
		if r.Excluded == "" {
			n++
		}
	}
	return n
}

func (t *Trend) line(rule Rule, k kind, runs []*runrecord.Record, alpha float64) TrendLine {
	l := TrendLine{Rule: rule, Values: make([]float64, len(runs))}
	l.Unit, _ = rule.Subject.unit(k) // the rule has been checked
	var at []int
	var values []float64
	for i, r := range runs {
		v, err := rule.Subject.value(r, k)
		if l.Values[i] = v; err != nil || t.Runs[i].Excluded != "" {
			l.Values[i] = math.NaN()
			continue
		}
		at, values = append(at, i), append(values, v)
	}
	if len(values) == 0 {
		l.Reason = "no run that counts has measured it"
		return l
	}
	if !canChange(len(values), alpha) {
		l.Reason = fmt.Sprintf("%d runs are too few to find changes", len(values))
	}
	l.levels(at, values, changePoints(values, alpha))
	return l
}

// canChange reports whether a division of so many values can be significant: whether the rarest of them is rare enough.
func canChange(n int, alpha float64) bool {
	divisions := 1.0 // of n, the smaller half
	for i := 1; i <= n/2; i++ {
		divisions *= float64(n-n/2+i) / float64(i)
	}
	return n >= 2*minPart && 2/divisions <= alpha
}

// levels divides the runs at the change points. Those that are not larger than the accuracy of the values are not real.
func (l *TrendLine) levels(at []int, values []float64, points []changePoint) {
	part := func(from, to int) float64 { return median(sample(values[from:to])) }
	bounds := []int{0}
	ps := []float64{0}
	for i, p := range points {
		end := len(values)
		if i+1 < len(points) {
			end = points[i+1].index
		}
		before, after := part(bounds[len(bounds)-1], p.index), part(p.index, end)
		if l.Rule.Subject.estimated() && math.Abs(after-before) <= runrecord.SketchAccuracy*math.Abs(before) {
			continue
		}
		bounds, ps = append(bounds, p.index), append(ps, p.p)
	}
	for i, from := range bounds {
		to := len(values)
		level := Level{From: at[from], To: len(l.Values), P: ps[i]}
		if i == 0 {
			level.From = 0
		}
		if i+1 < len(bounds) {
			to = bounds[i+1]
			level.To = at[to]
		}
		level.Median = part(from, to)
		if i > 0 {
			level.Worse = l.Rule.Limit.exceeded(l.Levels[i-1].Median, level.Median)
		}
		l.Levels = append(l.Levels, level)
	}
}

// Shift describes the change at the beginning of a level after the first one, such as "20 ms to 23 ms is +15%; allowed
// is +10%".
func (l *TrendLine) Shift(i int) string {
	before, after := l.Levels[i-1].Median, l.Levels[i].Median
	f := Finding{Rule: l.Rule, Unit: l.Unit, Change: &Change{Base: before, Head: after}}
	text := fmt.Sprintf("%s to %s is %s", l.Unit.format(before), l.Unit.format(after), f.change())
	if l.Levels[i].Worse {
		text += "; allowed is " + f.limit()
	}
	return text
}

// Changes says in one line what changed of a rule, and where.
func (t *Trend) Changes(l *TrendLine) []string {
	var list []string
	for i := 1; i < len(l.Levels); i++ {
		run := t.Runs[l.Levels[i].From]
		list = append(list, fmt.Sprintf("at %s: %s (p=%.3f)", run.Label, l.Shift(i), l.Levels[i].P))
	}
	return list
}
