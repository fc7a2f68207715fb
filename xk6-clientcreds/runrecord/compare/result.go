package compare

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// Result holds the findings of a comparison.
type Result struct {
	// Verdict is PASS when every rule holds, FAIL when one is broken, and INVALID when the runs
	// cannot be trusted or compared: then a change says nothing. Of a paired run it is Undecided when
	// no rule is broken, and not every rule is decided.
	Verdict validity.Verdict
	// Reasons say why the verdict is not PASS.
	Reasons []string
	// Differences are differences of the sides which alone can explain a change,
	// such as another machine.
	Differences []string
	Base, Head  Side
	Findings    []Finding
	// Paired describes the run if it loaded both sides at once, and is nil if there are runs of each side.
	Paired *Pairing

	invalid []string // the part of Reasons that makes it INVALID
}

// Side describes the runs of one side.
type Side struct {
	// Runs is how often the test was run, in Processes of k6.
	Runs, Processes int
	// Load is how long all runs took together.
	Load time.Duration
	// Commits are the git commits of the runs.
	Commits []string

	short []string // the same, for people
}

// maxCommits bounds the commits that a line names.
const maxCommits = 5

func (s Side) String() string {
	text := fmt.Sprintf("%d runs", s.Runs)
	if s.Runs == 1 {
		text = "1 run"
	}
	if s.Processes > s.Runs {
		text += fmt.Sprintf(" in %d processes", s.Processes)
	}
	if len(s.short) > 0 {
		text += " of " + strings.Join(s.short[:min(len(s.short), maxCommits)], ", ")
	}
	if more := len(s.short) - maxCommits; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// Compare applies the rules to the records of both sides, of which each must have one. It is an error if records of one
// run do not add up, or if a rule is about something that no run could have measured.
func Compare(base, head []*runrecord.Record, rules []Rule) (*Result, error) {
	baseRuns, err := runrecord.Runs(base)
	if err != nil {
		return nil, fmt.Errorf("base: %w", err)
	}
	headRuns, err := runrecord.Runs(head)
	if err != nil {
		return nil, fmt.Errorf("head: %w", err)
	}
	r := &Result{Base: sideOf(baseRuns), Head: sideOf(headRuns)}
	r.invalid = append(invalidRuns("base", baseRuns), invalidRuns("head", headRuns)...)
	r.invalid = append(r.invalid, mismatches(base, head, baseRuns, headRuns)...)
	r.Differences = differences(baseRuns, headRuns)
	words := vocabularyOf(slices.Concat(baseRuns, headRuns))
	for _, rule := range rules {
		k, err := rule.check(words)
		if err == nil {
			r.Findings = append(r.Findings, apply(rule, k, baseRuns, headRuns))
			continue
		}
		f, err := r.unchecked(rule, err)
		if err != nil {
			return nil, err
		}
		r.Findings = append(r.Findings, f)
	}
	r.conclude()
	return r, nil
}

// unchecked returns the finding of a rule that cannot be judged. It is an error unless the runs do not count: such runs
// may lack what the rule is about, and why they do not count is the first thing to know.
func (r *Result) unchecked(rule Rule, reason error) (Finding, error) {
	if len(r.invalid) == 0 {
		return Finding{}, fmt.Errorf("rule %q: %w", rule.Subject, reason)
	}
	return Finding{Rule: rule, Outcome: Unknown, Reason: reason.Error()}, nil
}

// Measured leaves out the rules about what neither side has measured.
func Measured(rules []Rule, base, head []*runrecord.Record) []Rule {
	return slices.DeleteFunc(slices.Clone(rules), func(rule Rule) bool {
		return !slices.ContainsFunc(slices.Concat(base, head), rule.Subject.measured)
	})
}

func apply(rule Rule, k kind, base, head []*runrecord.Record) Finding {
	b, lacking := rule.values(base, k)
	h, lackingHead := rule.values(head, k)
	if lacking+lackingHead > 0 {
		return Finding{Rule: rule, Outcome: Unknown, Reason: fmt.Sprintf(
			"not measured in %d of %d runs of base and %d of %d of head", lacking, len(base), lackingHead, len(head))}
	}
	unit, _ := rule.Subject.unit(k) // the rule has been checked
	return judge(rule, unit, b, h)
}

// values are the values of the rule's subject in each run; lacking counts the runs without.
func (rule Rule) values(runs []*runrecord.Record, k kind) (values []float64, lacking int) {
	for _, r := range runs {
		value, err := rule.Subject.value(r, k)
		if err != nil {
			lacking++
			continue
		}
		values = append(values, value)
	}
	return values, lacking
}

func (r *Result) conclude() {
	r.Verdict = validity.Pass
	var unclear []string
	for i := range r.Findings {
		f := &r.Findings[i]
		switch f.Outcome {
		case Broken:
			r.Verdict = validity.Fail
			r.Reasons = append(r.Reasons, f.summary())
		case Unclear:
			if r.Paired != nil {
				unclear = append(unclear, f.summary())
			}
		case Unknown:
			r.addUnknown(f)
		default:
		}
	}
	if len(r.Findings) == 0 {
		r.invalid = append(r.invalid, "no rule applies to what the runs measured")
	}
	switch {
	case len(r.invalid) > 0:
		r.Verdict = validity.Invalid
		r.Reasons = slices.Concat(r.invalid, r.Reasons)
	case len(unclear) > 0 && r.Verdict == validity.Pass:
		r.Verdict, r.Reasons = Undecided, unclear
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

func sideOf(records []*runrecord.Record) Side {
	s := Side{Runs: len(records)}
	for _, r := range records {
		s.Processes += len(r.Instances)
		s.Load += r.Run.Duration()
		if commit := r.Run.Commit; commit != "" && !slices.Contains(s.Commits, commit) {
			s.Commits = append(s.Commits, commit)
		}
		if commit := r.Run.ShortCommit(); commit != "" && !slices.Contains(s.short, commit) {
			s.short = append(s.short, commit)
		}
	}
	return s
}

// sequentialConclusion is the conclusion of runs of each side.
func (r *Result) sequentialConclusion(broken string, unclear int) string {
	after := fmt.Sprintf("after %d runs of base and %d of head, %.0f s of load", r.Base.Runs, r.Head.Runs,
		(r.Base.Load + r.Head.Load).Seconds())
	switch r.Verdict {
	case validity.Pass:
		text := "Decided: no rule is broken, at a significance level of 5% for each rule, " + after + "."
		if unclear > 0 {
			text += fmt.Sprintf(" %d of %d rules are unclear.", unclear, len(r.Findings))
		}
		return text
	case validity.Fail:
		return "Decided: " + broken + " broken, at a significance level of 5% for each rule, " + after + "."
	default:
		return "Not decided: the runs do not count, or cannot be compared."
	}
}
