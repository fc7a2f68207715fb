package compare

import (
	"errors"
	"fmt"
	"math"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

const (
	// Undecided is the verdict on a run that loaded both sides and ended before every rule was decided.
	Undecided validity.Verdict = "UNCLEAR"
	// ExitUndecided is the exit code for it.
	ExitUndecided = 91
)

// ExitCode returns the exit code of the process for the verdict on a comparison.
func ExitCode(v validity.Verdict) int {
	if v == Undecided {
		return ExitUndecided
	}
	return v.ExitCode()
}

// Pairing describes the run of a paired comparison.
type Pairing struct {
	// After is how long both sides had been loaded when the comparison was decided, or when the run ended, in seconds.
	After float64
	// Interferences say how much the sides slow each other down.
	Interferences []Interference
}

// errNotPaired is the error for a record of another run.
var errNotPaired = errors.New(`it is not the record of a run that loads two versions at once: no sample has the tag "side"; ` +
	`give BASE and HEAD, or record the scenario regression-paired`)

// Paired applies the rules to the record of a run that loaded both sides at once.
func Paired(record *runrecord.Record, rules []Rule) (*Result, error) {
	if !record.Paired() && record.Validity.Verdict != validity.Invalid {
		return nil, errNotPaired
	}
	records := []*runrecord.Record{record}
	words := vocabularyOf(records)
	t := NewTrial(rules)
	r := &Result{Base: pairedSide(record, runrecord.Base), Head: pairedSide(record, runrecord.Head)}
	r.invalid = sideFaults(record)
	if record.Validity.Verdict == validity.Invalid {
		r.invalid = append(r.invalid, shorten("the run is "+record.Validity.String(), maxReason))
	}
	unchecked := make(map[*contest]Finding)
	for i, rule := range rules {
		c := t.contests[i]
		k, err := rule.check(words)
		if err != nil {
			if unchecked[c], err = r.unchecked(rule, err); err != nil {
				return nil, err
			}
			continue
		}
		c.kind = k
		c.unit, _ = rule.Subject.unit(k)
	}
	t.Look(record.Series, record.Interval, record.Run.End.Unix())
	r.Paired = &Pairing{After: t.after}
	sides := sidesOf(record.Series)
	for _, c := range t.contests {
		if f, ok := unchecked[c]; ok {
			r.Findings = append(r.Findings, f)
			continue
		}
		f := c.finding
		f.Unit = c.unit
		if reason := c.unfit(sides); reason != "" {
			f = Finding{Rule: c.rule, Unit: c.unit, Outcome: Unknown, Reason: reason}
		}
		r.Findings = append(r.Findings, f)
		if i, ok := sides.interference(c); ok {
			r.Paired.Interferences = append(r.Paired.Interferences, i)
		}
	}
	r.conclude()
	return r, nil
}

// unfit says why a rule cannot be judged by slices; "" if it can.
func (c *contest) unfit(sides sideValues) string {
	s := c.rule.Subject
	_, quantile := s.Quantile()
	switch {
	case s.Tag != "" && s.Tag != "scenario":
		return fmt.Sprintf("a paired run keeps both sides apart by scenario only, not by %s; compare sequential runs", s.Tag)
	case !runrecord.OfSides(s.Metric):
		return "a paired run does not keep this metric for both sides; compare sequential runs"
	case !quantile && !c.counts() && s.Stat != "avg", quantile && !s.estimated():
		return "slices of a paired run do not have a " + s.Stat + "; write a percentile such as p95, avg, rate, or count"
	case c.counted():
		return ""
	}
	for _, side := range []runrecord.Side{runrecord.Base, runrecord.Head} {
		if !sides.measured(s, side) {
			return "not measured in " + string(side)
		}
	}
	return ""
}

// measured reports whether a side has samples that the subject is about.
func (v sideValues) measured(s Subject, side runrecord.Side) bool {
	for scenario, sides := range v[s.Metric] {
		if len(sides[side]) > 0 && (s.Tag == "" || s.Value == scenario) {
			return true
		}
	}
	return false
}

// pairedSide describes one side of the run.
func pairedSide(record *runrecord.Record, side runrecord.Side) Side {
	s := Side{Runs: 1, Processes: len(record.Instances)}
	if commit := record.Run.Commits[side]; commit != "" {
		s.Commits, s.short = []string{commit}, []string{commit[:min(len(commit), 12)]}
	}
	return s
}

// Interference says how much longer requests of a side take while the other side is loaded too, as a share.
type Interference struct {
	Subject    Subject
	Base, Head Slowdown
	// Requests counts the requests of a side alone, of the side that has fewer.
	Requests int64
}

// Slowdown is an estimate of a share, and between which bounds it is with 95% confidence.
type Slowdown struct{ Share, Low, High float64 }

func (s Slowdown) String() string {
	return fmt.Sprintf("%+.1f%% (%+.1f%% to %+.1f%%)", s.Share*100, s.Low*100, s.High*100)
}

// minAlone is how many requests a side must have had alone.
const minAlone = 50

// interference compares the median of the seconds in which both sides were loaded with the median of the others.
func (v sideValues) interference(c *contest) (Interference, bool) {
	s := c.rule.Subject
	if q, ok := s.Quantile(); !ok || q != 0.5 {
		return Interference{}, false
	}
	i := Interference{Subject: s, Requests: math.MaxInt64}
	for _, side := range []struct {
		both, alone runrecord.Side
		slowdown    *Slowdown
	}{{runrecord.Base, runrecord.BaseAlone, &i.Base}, {runrecord.Head, runrecord.HeadAlone, &i.Head}} {
		both, alone := v.whole(s, side.both), v.whole(s, side.alone)
		i.Requests = min(i.Requests, int64(alone.samples))
		if alone.quantile(0.5) > 0 {
			*side.slowdown = slowdownOf(&both, &alone)
		}
	}
	return i, i.Requests >= minAlone
}

// slowdownOf compares two medians. The bounds of each median are order statistics, which assumes no distribution, but
// that requests are independent. Each is wrong in 2.5% of all cases, so both hold in 95%.
func slowdownOf(both, alone *distribution) Slowdown {
	const z = 2.2414 // of 2.5%, two-sided
	bounds := func(d *distribution) (low, high float64) {
		m := z / 2 / math.Sqrt(d.samples)
		return d.quantile(max(0, 0.5-m)), d.quantile(min(1, 0.5+m))
	}
	bothLow, bothHigh := bounds(both)
	aloneLow, aloneHigh := bounds(alone)
	return Slowdown{both.quantile(0.5)/alone.quantile(0.5) - 1, bothLow/aloneHigh - 1, bothHigh/aloneLow - 1}
}

// whole is the distribution of all points of a side.
func (v sideValues) whole(s Subject, side runrecord.Side) (d distribution) {
	for scenario, sides := range v[s.Metric] {
		if s.Tag != "" && s.Value != scenario {
			continue
		}
		for _, values := range sides[side] {
			d.add(values)
		}
	}
	return d
}

func (i Interference) String() string {
	return fmt.Sprintf("%s: base %s, head %s while the other side is loaded too, compared with %d requests of each alone",
		i.Subject, i.Base, i.Head, i.Requests)
}

// Conclusion says in one line what the comparison decided, with what confidence, and after how long.
func (r *Result) Conclusion() string {
	broken, unclear := 0, 0
	for i := range r.Findings {
		switch r.Findings[i].Outcome {
		case Broken:
			broken++
		case Unclear:
			unclear++
		default:
		}
	}
	rules := fmt.Sprintf("%d of %d rules", broken, len(r.Findings))
	if r.Paired == nil {
		return r.sequentialConclusion(rules, unclear)
	}
	confidence := fmt.Sprintf("with %.0f%% confidence, after %.0f s of load on both versions at once", (1-Alpha)*100,
		r.Paired.After)
	switch r.Verdict {
	case validity.Pass:
		return "Decided: every rule holds, " + confidence + "."
	case validity.Fail:
		return "Decided: " + rules + " broken, " + confidence + "."
	case Undecided:
		return fmt.Sprintf("Not decided: %d of %d rules unclear after %.0f s of load on both versions at once. Load longer "+
			"or with more requests per second, or raise the limit.", unclear, len(r.Findings), r.Paired.After)
	default:
		return "Not decided: the run does not count."
	}
}
