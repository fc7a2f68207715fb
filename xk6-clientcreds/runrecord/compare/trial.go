package compare

import (
	"maps"
	"slices"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// Trial is a paired comparison while its run goes on: it looks at each slice of time once, and stops at the first one
// that decides. It is not safe for concurrent use.
type Trial struct {
	contests []*contest
	first    int64 // the first slice with samples of a side
	next     int64 // the first slice that was not looked at
	after    float64
	verdict  Decision
}

// Decision is the state of a trial.
type Decision int

// The decisions.
const (
	Open   Decision = iota // more slices are needed
	Passed                 // every rule holds
	Failed                 // a rule is broken
)

// NewTrial returns a trial by these rules. The probability that any of them is decided wrongly is at most Alpha.
func NewTrial(rules []Rule) *Trial {
	t := &Trial{}
	for _, rule := range rules {
		t.contests = append(t.contests, &contest{
			rule: rule, kind: known[rule.Subject.Metric], alpha: Alpha / float64(len(rules)),
			finding: Finding{Rule: rule, Outcome: Unclear, Reason: tooShort},
		})
	}
	return t
}

// tooShort is the reason of a rule for which too little was measured.
const tooShort = "too little was measured of both sides at once; load them longer"

// Look takes the series of the sides, and looks at the slices that end before a time and were not looked at before. It
// reports whether the trial is decided. Slices after the decision have no effect.
func (t *Trial) Look(series map[string]*runrecord.Series, interval, before int64) bool {
	sides := sidesOf(series)
	for _, unix := range sides.times() {
		switch {
		case t.verdict != Open || unix+interval > before:
			return t.verdict != Open
		case unix < t.next:
			continue
		case t.first == 0:
			t.first = unix
		}
		t.next = unix + interval
		t.after = float64(t.next - t.first)
		for _, c := range t.contests {
			if s, ok := sides.slice(c, unix, interval); ok {
				c.look(s, t.after)
			}
		}
		t.conclude()
	}
	return t.verdict != Open
}

func (t *Trial) conclude() {
	settled := true
	for _, c := range t.contests {
		if c.finding.Outcome == Broken {
			t.verdict = Failed
			return
		}
		settled = settled && c.settled()
	}
	if settled && len(t.contests) > 0 {
		t.verdict = Passed
	}
}

// Decision returns the state of the trial, and after how many seconds of load.
func (t *Trial) Decision() (Decision, float64) { return t.verdict, t.after }

// sideValues are the points of all series of sides: by metric, scenario, side, and time.
type sideValues map[string]map[string]map[runrecord.Side]map[int64]*runrecord.Values

func sidesOf(series map[string]*runrecord.Series) sideValues {
	all := make(sideValues)
	for name, s := range series {
		metric, scenario, side, ok := runrecord.SplitSideSeries(name)
		if !ok {
			continue
		}
		if all[metric] == nil {
			all[metric] = make(map[string]map[runrecord.Side]map[int64]*runrecord.Values)
		}
		if all[metric][scenario] == nil {
			all[metric][scenario] = make(map[runrecord.Side]map[int64]*runrecord.Values)
		}
		points := make(map[int64]*runrecord.Values, len(s.Points))
		for _, p := range s.Points {
			points[p.Unix] = p.Values
		}
		all[metric][scenario][side] = points
	}
	return all
}

// times are the slices in which anything of both sides was measured, in order.
func (v sideValues) times() []int64 {
	seen := make(map[int64]bool)
	for _, scenarios := range v {
		for _, sides := range scenarios {
			for unix := range sides[runrecord.Base] {
				if sides[runrecord.Head][unix] != nil {
					seen[unix] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// slice returns the values that a rule needs of one slice, if both sides have them.
func (v sideValues) slice(c *contest, unix, interval int64) (s slice, ok bool) {
	subject := c.rule.Subject
	base := v.at(subject, runrecord.Base, unix)
	head := v.at(subject, runrecord.Head, unix)
	for _, side := range [][]*runrecord.Values{base, head} {
		if len(side) > 0 {
			c.kind.Type = side[0].Type
		}
	}
	if c.counted() { // what there are no samples of did not happen
		s.baseSum, s.headSum = sum(base, (*runrecord.Values).Count), sum(head, (*runrecord.Values).Count)
		s.baseWhole, s.headWhole = 1, 1
		if subject.Stat == "rate" {
			s.baseWhole, s.headWhole = float64(interval), float64(interval)
		}
		return s, true
	}
	if len(base) == 0 || len(head) == 0 {
		return s, false
	}
	if _, quantile := subject.Quantile(); quantile {
		for i, side := range [][]*runrecord.Values{base, head} {
			for _, values := range side {
				[]*distribution{&s.base, &s.head}[i].add(values)
			}
		}
		return s, s.base.samples > 0 && s.head.samples > 0
	}
	part := func(v *runrecord.Values) float64 { return v.Sum } // avg
	if c.kind.Type == runrecord.Rate {
		part = func(v *runrecord.Values) float64 { return float64(v.Nonzero) }
	}
	whole := func(v *runrecord.Values) float64 { return float64(v.Samples) }
	s.baseSum, s.headSum = sum(base, part), sum(head, part)
	s.baseWhole, s.headWhole = sum(base, whole), sum(head, whole)
	return s, true
}

// at are the values of a subject: of its scenario, or of all of them.
func (v sideValues) at(subject Subject, side runrecord.Side, unix int64) []*runrecord.Values {
	var list []*runrecord.Values
	for scenario, sides := range v[subject.Metric] {
		if values := sides[side][unix]; values != nil && (subject.Tag == "" || subject.Value == scenario) {
			list = append(list, values)
		}
	}
	return list
}

// counted reports whether the rule is about a number of events, not about a share of them.
func (c *contest) counted() bool {
	return c.rule.Subject.Stat == "count" || c.kind.Type == runrecord.Counter
}

// sidesInOrder are the times of the points of a side.
func sidesInOrder(points map[int64]*runrecord.Values) []int64 {
	return slices.Sorted(maps.Keys(points))
}

func sum(values []*runrecord.Values, of func(*runrecord.Values) float64) float64 {
	total := 0.0
	for _, v := range values {
		total += of(v)
	}
	return total
}
