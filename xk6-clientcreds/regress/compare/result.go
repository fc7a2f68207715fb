package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/regress"
)

// Result is what a comparison found.
type Result struct {
	// Verdict is PASS when every rule holds, FAIL when one is broken, and INVALID when the runs
	// cannot be trusted or compared: then a change says nothing.
	Verdict regress.Verdict
	// Reasons say why the verdict is not PASS.
	Reasons []string
	// Differences are what the sides do not have in common and which can explain a change by itself,
	// such as another machine.
	Differences []string
	Base, Head  Side
	Findings    []Finding

	invalid []string // those of Reasons that make it INVALID
}

// Side is what there is to say of the runs of one side.
type Side struct {
	Runs int
	// Commits are the git commits of the runs.
	Commits []string

	short []string // the same, for people
}

func (s Side) String() string {
	text := fmt.Sprintf("%d runs", s.Runs)
	if s.Runs == 1 {
		text = "1 run"
	}
	if len(s.short) > 0 {
		text += " of " + strings.Join(s.short, ", ")
	}
	return text
}

// Compare applies the rules to the records of both sides, of which each must have one.
func Compare(base, head []*regress.Record, rules []Rule) *Result {
	r := &Result{Base: sideOf(base), Head: sideOf(head)}
	r.invalid = append(untrusted("base", base), untrusted("head", head)...)
	r.invalid = append(r.invalid, notTheSame(base, head)...)
	r.Differences = differences(base, head)
	for _, rule := range rules {
		r.Findings = append(r.Findings, apply(rule, base, head))
	}
	r.conclude()
	return r
}

// Measured leaves out the rules about what neither side has measured.
func Measured(rules []Rule, base, head []*regress.Record) []Rule {
	return slices.DeleteFunc(slices.Clone(rules), func(rule Rule) bool {
		return !slices.ContainsFunc(slices.Concat(base, head), func(r *regress.Record) bool {
			_, ok := rule.Subject.value(r)
			return ok
		})
	})
}

func apply(rule Rule, base, head []*regress.Record) Finding {
	b, unit, lacking := rule.values(base)
	h, _, lackingHead := rule.values(head)
	if lacking+lackingHead > 0 {
		return Finding{Rule: rule, Outcome: Unknown, Reason: fmt.Sprintf(
			"not in %d of %d base and %d of %d head records", lacking, len(base), lackingHead, len(head))}
	}
	f := judge(rule, b, h)
	f.Unit = unit
	return f
}

// values are those of the rule's subject in each record; lacking counts the records without.
func (rule Rule) values(records []*regress.Record) (values []float64, unit Unit, lacking int) {
	for _, r := range records {
		m, ok := rule.Subject.value(r)
		if !ok {
			lacking++
			continue
		}
		values, unit = append(values, m.value), m.unit
	}
	return values, unit, lacking
}

func (r *Result) conclude() {
	r.Verdict = regress.Pass
	for i := range r.Findings {
		f := &r.Findings[i]
		switch f.Outcome {
		case Broken:
			r.Verdict = regress.Fail
			r.Reasons = append(r.Reasons, f.summary())
		case Unknown:
			r.addUnknown(f)
		default:
		}
	}
	if len(r.Findings) == 0 {
		r.invalid = append(r.invalid, "no rule applies to what the runs measured")
	}
	if len(r.invalid) > 0 {
		r.Verdict = regress.Invalid
		r.Reasons = slices.Concat(r.invalid, r.Reasons)
	}
}

// addUnknown says why a rule cannot be judged; what all rules have in common is said once.
func (r *Result) addUnknown(f *Finding) {
	reason := f.Reason
	if reason != tooFewRuns {
		reason = f.Rule.Subject.String() + ": " + reason
	}
	if !slices.Contains(r.invalid, reason) {
		r.invalid = append(r.invalid, reason)
	}
}

// summary is a finding in one line.
func (f *Finding) summary() string {
	cells := f.Cells()
	if f.Change == nil {
		return f.Rule.Subject.String() + ": " + f.Reason
	}
	return fmt.Sprintf("%s: %s to %s is %s, allowed is %s (p=%s, noise %s)",
		cells[0], cells[1], cells[2], cells[3], cells[5], cells[6], cells[4])
}

func sideOf(records []*regress.Record) Side {
	s := Side{Runs: len(records)}
	for _, r := range records {
		if commit := r.Run.Commit; commit != "" && !slices.Contains(s.Commits, commit) {
			s.Commits = append(s.Commits, commit)
		}
		if commit := r.Run.ShortCommit(); commit != "" && !slices.Contains(s.short, commit) {
			s.short = append(s.short, commit)
		}
	}
	return s
}
