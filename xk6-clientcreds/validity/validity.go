package validity

import "strings"

// Verdict is the result of a run.
type Verdict string

const (
	// Pass says that the numbers count, and every threshold held.
	Pass Verdict = "PASS"
	// Fail says that the numbers count, and a threshold was crossed.
	Fail Verdict = "FAIL"
	// Invalid says that the numbers do not mean what they seem to. It takes precedence over Fail: if the numbers cannot
	// be trusted, neither thresholds that hold nor thresholds that were crossed mean anything.
	Invalid Verdict = "INVALID"
)

const (
	// ExitFail is k6's exit code when a threshold was crossed.
	ExitFail = 99
	// ExitInvalid is the exit code of a run that is not valid. k6's own begin at 97.
	ExitInvalid = 90
)

// ExitCode returns the exit code of the process for the verdict.
func (v Verdict) ExitCode() int {
	switch v {
	case Pass:
		return 0
	case Fail:
		return ExitFail
	default:
		return ExitInvalid
	}
}

// Validity is the verdict on a run, and why.
type Validity struct {
	Verdict Verdict `json:"verdict"`
	// Reasons has the reasons of INVALID first, then the thresholds that were crossed. PASS has none.
	Reasons []Reason `json:"reasons"`
	// Tolerances are the limits that the run raised, because it breaks these rules on purpose.
	Tolerances Tolerances `json:"allowed,omitempty"`
}

// Reason describes one reason of a verdict.
type Reason struct {
	// Rule is the name of the rule that was broken; see Rules.
	Rule string `json:"rule"`
	// Text says it in words.
	Text string `json:"text"`
	// Value was measured, and must not exceed Limit.
	Value float64 `json:"value"`
	Limit float64 `json:"limit"`
}

// The rules of FAIL.
const (
	// RuleThresholds is the rule that every threshold holds.
	RuleThresholds = "thresholds"
	// RuleFailed is the rule that the script does not mark the test as failed, as exec.test.fail() does, and that
	// teardown() ends well.
	RuleFailed = "test_failed"
)

// Judge returns the verdict on a run.
func Judge(f Inputs, tolerances Tolerances) Validity {
	v := Validity{Verdict: Pass, Reasons: []Reason{}, Tolerances: tolerances}
	for _, r := range rules() {
		limit := r.limit
		if raised, ok := tolerances[r.name]; ok {
			limit = max(limit, raised)
		}
		if value := r.value(&f); value > limit {
			v.Verdict = Invalid
			v.Reasons = append(v.Reasons, Reason{r.name, r.text(&f), value, limit})
		}
	}
	if v.Verdict == Pass && (len(f.Crossed) > 0 || f.Failed != "") {
		v.Verdict = Fail
	}
	if f.Failed != "" {
		v.Reasons = append(v.Reasons, Reason{RuleFailed, f.Failed, 1, 0})
	}
	for _, t := range f.Crossed {
		text := t.Metric + ": " + t.Source + " does not hold"
		v.Reasons = append(v.Reasons, Reason{RuleThresholds, text, 1, 0})
	}
	return v
}

// String returns the verdict and its reasons in one line.
func (v Validity) String() string {
	var texts []string
	crossed := 0
	for _, r := range v.Reasons {
		switch {
		case r.Rule != RuleThresholds:
			texts = append(texts, r.Text)
		case v.Verdict == Fail:
			crossed++
		}
	}
	if crossed > 0 {
		texts = append(texts, plural(float64(crossed), "threshold was crossed", "thresholds were crossed"))
	}
	if len(texts) == 0 {
		return string(v.Verdict)
	}
	return string(v.Verdict) + ": " + strings.Join(texts, "; ")
}
