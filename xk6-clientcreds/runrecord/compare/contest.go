package compare

import (
	"math"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// contest is one rule in a paired comparison, slice by slice.
type contest struct {
	rule  Rule
	unit  Unit
	kind  kind
	alpha float64 // how often the rule may be decided wrongly

	slices     []slice
	base, head distribution // of all slices, for a quantile
	finding    Finding
	final      bool // a look has decided, which later looks do not change
}

// slice holds what both sides measured in one interval of time.
type slice struct {
	base, head distribution // for a quantile
	// For all other statistics, which are a sum divided by another, such as failed requests by requests.
	baseSum, headSum     float64
	baseWhole, headWhole float64
}

// Interval is an estimate of a change, and between which bounds the change is.
type Interval struct {
	Change, Low, High float64
	// Relative says that they are shares of the base, rather than amounts.
	Relative bool
}

// look adds a slice, and judges the rule by all slices so far.
func (c *contest) look(s slice, after float64) {
	if c.final {
		return
	}
	c.slices = append(c.slices, s)
	c.base.merge(s.base.bins)
	c.head.merge(s.head.bins)
	if len(c.slices) < minSlices {
		return
	}
	f := &c.finding
	change, interval, ok := c.estimate()
	f.Change, f.Reason = &change, ""
	if !ok {
		return
	}
	f.Interval = &interval
	f.Course = append(f.Course, Look{After: after, Interval: interval})
	f.Outcome, c.final = c.decide(change, interval)
	if c.final {
		f.After = after
	}
}

// decide returns the outcome of an interval, and whether it is final.
func (c *contest) decide(change Change, i Interval) (outcome Outcome, final bool) {
	limit := c.rule.Limit
	low, high, worse := i.Low, i.High, change.Head-change.Base
	bound := limit.Amount
	if limit.Relative && !i.Relative {
		bound = 0 // any share of nothing
	}
	if limit.Down {
		low, high, bound, worse = -i.High, -i.Low, -bound, -worse
	}
	switch {
	case low > bound:
		return Broken, true
	case limit.Zero() && c.counts() && worse <= 0, c.counts() && change.Base == 0 && change.Head == 0:
		return Within, false // the next failure may change it
	case high < bound:
		return Within, true
	default:
		return Unclear, false
	}
}

// settled reports whether the rule does not keep the comparison going.
func (c *contest) settled() bool { return c.final || c.finding.Outcome == Within }

// counts reports whether the rule is about how often something happened.
func (c *contest) counts() bool {
	return c.kind.Type == runrecord.Rate || c.kind.Type == runrecord.Counter || c.rule.Subject.Stat == "count"
}

// estimate returns the values of both sides, and the interval of their change. There is no interval while there are too
// few samples in a tail, or if a limit is a share of nothing.
func (c *contest) estimate() (Change, Interval, bool) {
	if q, ok := c.rule.Subject.Quantile(); ok {
		return c.estimateQuantile(q)
	}
	return c.estimateRatio()
}

// minTail is how many samples have to be beyond a quantile.
const minTail = 10

// estimateQuantile compares how many samples of a slice are above the quantile of their side. Where the whole machine
// is slow for a while, more are on both sides, and their difference stays the same.
func (c *contest) estimateQuantile(q float64) (Change, Interval, bool) {
	change := Change{Base: c.base.quantile(q), Head: c.head.quantile(q)}
	n := float64(len(c.slices))
	baseMean, headMean := c.base.samples/n, c.head.samples/n
	if min(c.base.samples, c.head.samples)*min(q, 1-q) < minTail || c.rule.Limit.Relative && change.Base <= 0 {
		return change, Interval{}, false
	}
	differences := make([]float64, len(c.slices))
	for i := range c.slices {
		s := &c.slices[i]
		differences[i] = (s.head.above(change.Head)-(1-q)*s.head.samples)/headMean -
			(s.base.above(change.Base)-(1-q)*s.base.samples)/baseMean
	}
	// The variation of one side alone is the least, however alike a few slices are.
	deviation := max(longRunDeviation(differences), math.Sqrt(q*(1-q)/min(baseMean, headMean)))
	m := margin(len(c.slices), deviation, c.alpha)
	low, high := 0.0, math.Inf(1)
	if q > m {
		low = c.head.quantile(q-m) * (1 - runrecord.SideAccuracy)
	}
	if q+m < 1 {
		high = c.head.quantile(q+m) * (1 + runrecord.SideAccuracy)
	}
	if c.rule.Limit.Relative {
		b := change.Base
		return change, Interval{(change.Head - b) / b, (low - b) / b, (high - b) / b, true}, true
	}
	return change, Interval{change.Head - change.Base, low - change.Base, high - change.Base, false}, true
}

// estimateRatio compares sums that are divided by other sums.
func (c *contest) estimateRatio() (Change, Interval, bool) {
	var base, head, baseWhole, headWhole float64
	for _, s := range c.slices {
		base, head = base+s.baseSum, head+s.headSum
		baseWhole, headWhole = baseWhole+s.baseWhole, headWhole+s.headWhole
	}
	n := float64(len(c.slices))
	change := Change{Base: base / baseWhole, Head: head / headWhole}
	relative := c.rule.Limit.Relative && change.Base != 0
	ratio := 1.0
	if relative {
		ratio = change.Head / change.Base
	}
	differences := make([]float64, len(c.slices))
	for i, s := range c.slices {
		differences[i] = (s.headSum-change.Head*s.headWhole)/(headWhole/n) -
			ratio*(s.baseSum-change.Base*s.baseWhole)/(baseWhole/n)
	}
	deviation := longRunDeviation(differences)
	if c.kind.Type == runrecord.Rate && c.rule.Subject.Stat == "rate" {
		// Rare events: no failure in a few slices does not mean that none can occur.
		p := (base + head + 1) / (baseWhole + headWhole + 2)
		deviation = max(deviation, math.Sqrt(p*(1-p)*n*(1/baseWhole+1/headWhole)))
	}
	m := margin(len(c.slices), deviation, c.alpha)
	estimate := change.Head - change.Base
	if c.rule.Subject.Stat == "count" { // of the whole run, not of a slice
		change.Base, change.Head = base, head
		if !relative {
			estimate, m = head-base, m*n
		}
	}
	if !relative {
		return change, Interval{estimate, estimate - m, estimate + m, false}, true
	}
	estimate, m = ratio-1, m/(base/baseWhole)
	return change, Interval{estimate, estimate - m, estimate + m, true}, true
}
