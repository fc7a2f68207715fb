package compare

import (
	"math"
	"slices"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// Outcome is the result of a comparison for one rule.
type Outcome string

// The outcomes.
const (
	// Within is a change that the limit allows.
	Within Outcome = "within"
	// Unclear is a change beyond the limit that chance, or the noise of the base, explains as well.
	Unclear Outcome = "unclear"
	// Broken is a change beyond the limit that nothing but a difference of the sides explains.
	Broken Outcome = "broken"
	// Unknown is a rule that cannot be judged: the statistic is not in the records, or there are too
	// few of them.
	Unknown Outcome = "unknown"
)

// Finding is a rule and what came of it.
type Finding struct {
	Rule    Rule
	Outcome Outcome
	// Unit is the unit of the values of Change.
	Unit Unit
	// Change is not set when the statistic is not in every record.
	Change *Change
	// Reason says why the outcome is Unknown.
	Reason string

	// The following fields are of paired comparisons.

	// Interval holds the bounds of the change; nil while too little was measured.
	Interval *Interval
	// After is how long the load had run when the outcome was decided, in seconds; 0 where it was not.
	After float64
	// Course are the looks so far, of which the last one is Interval.
	Course []Look
}

// Look holds the interval that a paired comparison had at one time.
type Look struct {
	After float64 // in seconds
	Interval
}

// tooFewRuns is the reason for which a rule that needs statistics has none.
const tooFewRuns = "too few runs: even the largest difference would not be significant; make at least 4 on each side"

// judge applies a rule to the values of both sides.
func judge(rule Rule, unit Unit, base, head []float64) Finding {
	change := changeOf(base, head)
	if rule.Subject.estimated() {
		change.Resolution = runrecord.SketchAccuracy * math.Abs(change.Base)
	}
	f := Finding{Rule: rule, Unit: unit, Change: &change}
	switch {
	case rule.Limit.Zero():
		f.Outcome = judgeZero(rule.Limit, change)
	case !canDiffer(len(base), len(head)):
		f.Outcome = Unknown
		f.Reason = tooFewRuns
	case !rule.Limit.exceeded(change.Base, change.Head):
		f.Outcome = Within
	case change.Significant():
		f.Outcome = Broken
	default:
		f.Outcome = Unclear
	}
	return f
}

// judgeZero is exact: what must not get worse at all is not a matter of statistics. No run of the head
// may be worse than the worst of the base.
func judgeZero(l Limit, c Change) Outcome {
	base, head := c.worst(l.Down)
	if l.exceeded(base, head) {
		return Broken
	}
	return Within
}

// worst are the values of the worst run of each side.
func (c Change) worst(down bool) (base, head float64) {
	if down {
		return slices.Min(c.BaseRuns), slices.Min(c.HeadRuns)
	}
	return slices.Max(c.BaseRuns), slices.Max(c.HeadRuns)
}
