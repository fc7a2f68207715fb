package compare

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// pairedRun describes a run that loads two versions at once.
type pairedRun struct {
	seconds int
	// latency of a side in a second, in milliseconds; 0 if the side does not answer.
	latency func(side runrecord.Side, second int) float64
	failed  func(side runrecord.Side, request int) bool
	skip    func(side runrecord.Side, request int) bool
	skew    map[runrecord.Side]float64
}

const pairedRate = 20

// record makes the record of the run. Its requests vary by a few percent.
func (p pairedRun) record() *runrecord.Record {
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	b := runrecord.NewBuilder()
	random := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- a simulation
	for _, side := range []runrecord.Side{runrecord.Base, runrecord.Head, runrecord.BaseAlone, runrecord.HeadAlone} {
		cell := func(metric string, t runrecord.Type, contains string) *runrecord.Cell {
			return b.Cell(metric, t, contains, func(name string) string {
				return map[string]string{"scenario": "token", runrecord.SideTag: string(side)}[name]
			})
		}
		duration := cell("clientcreds_request_duration", runrecord.Trend, "time")
		failed := cell("clientcreds_request_failed", runrecord.Rate, "default")
		requests := cell("clientcreds_requests", runrecord.Counter, "default")
		iterations := cell("iteration_duration", runrecord.Trend, "time")
		if skew := p.skew[side]; skew != 0 {
			cell("clientcreds_clock_skew", runrecord.Trend, "time").Observe(skew, begin)
		}
		for second := range p.seconds {
			if alone := side == runrecord.BaseAlone || side == runrecord.HeadAlone; alone != (second%5 == 4) {
				continue
			}
			at := begin.Add(time.Duration(second) * time.Second)
			for i := range pairedRate {
				n := second*pairedRate + i
				if p.skip != nil && p.skip(side, n) {
					continue
				}
				requests.Observe(1, at)
				latency := p.latency(side, second) * (1 + 0.05*random.NormFloat64())
				iterations.Observe(latency, at)
				if latency == 0 || p.failed != nil && p.failed(side, n) {
					failed.Observe(1, at)
					continue
				}
				failed.Observe(0, at)
				duration.Observe(latency, at)
			}
		}
	}
	end := begin.Add(time.Duration(p.seconds) * time.Second)
	r := &runrecord.Record{
		Format: runrecord.Format, Version: runrecord.Version,
		Run: runrecord.Run{
			Start: begin, End: end, Script: "regression-paired.js", Scenarios: []runrecord.Scenario{{Name: "token"}},
			Commits: map[runrecord.Side]string{runrecord.Base: "1f0c2ab", runrecord.Head: "9e4d310"},
		},
		Instances: []runrecord.Instance{{Start: begin, End: end}},
		Validity:  validity.Validity{Verdict: validity.Pass},
	}
	b.Fill(r, &r.Instances[0])
	return r
}

// constant is a latency that does not change.
func constant(base, head float64) func(runrecord.Side, int) float64 {
	return func(side runrecord.Side, _ int) float64 {
		if side == runrecord.Head || side == runrecord.HeadAlone {
			return head
		}
		return base
	}
}

func pairedRules(t *testing.T, rules ...string) []Rule {
	t.Helper()
	var list []Rule
	for i := 0; i < len(rules); i += 2 {
		rule, err := ParseRule(rules[i], rules[i+1])
		require.NoError(t, err)
		list = append(list, rule)
	}
	return list
}

const medianRule = "p50 of clientcreds_request_duration{scenario:token}"

func pairedResult(t *testing.T, p pairedRun, rules ...string) *Result {
	t.Helper()
	r, err := Paired(p.record(), pairedRules(t, rules...))
	require.NoError(t, err)
	return r
}

func TestPaired(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		run      pairedRun
		rules    []string
		verdict  validity.Verdict
		outcomes []Outcome
	}{
		"the same": {
			pairedRun{seconds: 40, latency: constant(20, 20)},
			[]string{
				medianRule, "+5%", "error rate", "+0", "avg of clientcreds_request_duration", "+2ms",
				"rate of clientcreds_requests", "-10%",
			},
			validity.Pass,
			[]Outcome{Within, Within, Within, Within},
		},
		"slower": {
			pairedRun{seconds: 40, latency: constant(20, 22)},
			[]string{medianRule, "+5%", "error rate", "+0"},
			validity.Fail,
			[]Outcome{Broken, Within},
		},
		"slower by an amount": {
			pairedRun{seconds: 40, latency: constant(20, 22)},
			[]string{"avg of clientcreds_request_duration", "+1ms", "p50 of clientcreds_request_duration", "+100ms"},
			validity.Fail,
			[]Outcome{Broken, Within},
		},
		"faster than the rule allows": {
			pairedRun{seconds: 40, latency: constant(20, 15)},
			[]string{medianRule, "-5%"},
			validity.Fail,
			[]Outcome{Broken},
		},
		"the whole machine is slow for a while": {
			pairedRun{seconds: 60, latency: func(_ runrecord.Side, second int) float64 { return 20 + float64(second/10%2)*20 }},
			[]string{medianRule, "+10%"},
			validity.Pass,
			[]Outcome{Within},
		},
		"slow in one second of five": {
			pairedRun{seconds: 120, latency: func(side runrecord.Side, second int) float64 {
				if side == runrecord.Head && second%5 == 0 {
					return 40
				}
				return 20
			}},
			[]string{"p95 of clientcreds_request_duration", "+20%"},
			validity.Fail,
			[]Outcome{Broken},
		},
		"failures of the head": {
			pairedRun{seconds: 60, latency: constant(20, 20), failed: func(side runrecord.Side, n int) bool {
				return side == runrecord.Head && n%10 == 0
			}},
			[]string{medianRule, "+5%", "error rate", "+0"},
			validity.Fail,
			[]Outcome{Within, Broken},
		},
		"failures of the base": {
			pairedRun{seconds: 60, latency: constant(20, 20), failed: func(side runrecord.Side, n int) bool {
				return side == runrecord.Base && n%10 == 0
			}},
			[]string{medianRule, "+5%", "error rate", "+0"},
			validity.Pass,
			[]Outcome{Within, Within},
		},
		"one failure of the head": {
			pairedRun{seconds: 40, latency: constant(20, 20), failed: func(side runrecord.Side, n int) bool {
				return side == runrecord.Head && n == 30
			}},
			[]string{"error rate", "+0"},
			Undecided,
			[]Outcome{Unclear},
		},
		"failures beyond a limit that no failures of the base would allow": {
			pairedRun{seconds: 60, latency: constant(20, 20), failed: func(side runrecord.Side, n int) bool {
				return side == runrecord.Head && n%10 == 0
			}},
			[]string{"error rate", "+10%"},
			validity.Fail,
			[]Outcome{Broken},
		},
		"too short": {
			pairedRun{seconds: 10, latency: constant(20, 40)},
			[]string{medianRule, "+5%"},
			Undecided,
			[]Outcome{Unclear},
		},
		"at the limit": {
			pairedRun{seconds: 60, latency: constant(20, 21)},
			[]string{medianRule, "+5%"},
			Undecided,
			[]Outcome{Unclear},
		},
		"a limit of 0 for a duration": {
			pairedRun{seconds: 60, latency: constant(20, 20)},
			[]string{medianRule, "+0"},
			Undecided,
			[]Outcome{Unclear},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := pairedResult(t, c.run, c.rules...)
			assert.Equal(t, c.verdict, r.Verdict, "%v", r.Reasons)
			var outcomes []Outcome
			for _, f := range r.Findings {
				outcomes = append(outcomes, f.Outcome)
			}
			assert.Equal(t, c.outcomes, outcomes)
		})
	}
}

// A run that does not count has no decision, and the reason names the side.
func TestPairedSideFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		run     pairedRun
		reason  string
		dropped float64
	}{
		"one side is down": {
			run:    pairedRun{seconds: 40, latency: constant(20, 0)},
			reason: "head: 640 of 640 token requests failed (100%)",
		},
		"one side dies": {
			run: pairedRun{seconds: 60, latency: func(side runrecord.Side, second int) float64 {
				if side == runrecord.Base && second > 40 {
					return 0
				}
				return 20
			}},
			reason: "base: every token request failed for 3 s or longer, from 41s on",
		},
		"one side is never loaded": {
			run: pairedRun{seconds: 40, latency: constant(20, 20), skip: func(side runrecord.Side, _ int) bool {
				return side == runrecord.Head || side == runrecord.HeadAlone
			}},
			reason: "head: there was no token request",
		},
		"one side hangs": {
			run: pairedRun{seconds: 40, latency: constant(20, 20), skip: func(side runrecord.Side, n int) bool {
				return side == runrecord.Head && n > 400
			}},
			reason: "head: it did not sustain the rate: 321 requests ended, and 640 of the other side",
		},
		"one side keeps virtual users busy": {
			run:     pairedRun{seconds: 40, latency: constant(2000, 20)},
			dropped: 100,
			reason:  "base: it did not sustain the rate: 100 iterations were dropped while most virtual users waited for it",
		},
		"both do": {
			run:     pairedRun{seconds: 40, latency: constant(2000, 2000)},
			dropped: 100,
			reason:  "base and head: they did not sustain the rate: 100 iterations were dropped; lower RATE, or raise MAX_VUS",
		},
		"a wrong clock": {
			run:    pairedRun{seconds: 40, latency: constant(20, 20), skew: map[runrecord.Side]float64{runrecord.Head: -10_000}},
			reason: "head: the clock of its server and the clock of this machine differ by 10.0 s; set them",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			record := c.run.record()
			record.Inputs.Dropped = c.dropped
			r, err := Paired(record, pairedRules(t, medianRule, "+5%"))
			require.NoError(t, err)
			assert.Equal(t, validity.Invalid, r.Verdict)
			assert.Equal(t, c.reason, r.Reasons[0])
			assert.Equal(t, "Not decided: the run does not count.", r.Conclusion())
		})
	}
}

func TestPairedOfAnInvalidRun(t *testing.T) {
	t.Parallel()
	record := pairedRun{seconds: 40, latency: constant(20, 20)}.record()
	record.Validity = validity.Validity{Verdict: validity.Invalid, Reasons: []validity.Reason{{Text: "no iteration was completed"}}}
	for range 2 {
		r, err := Paired(record, pairedRules(t, medianRule, "+5%"))
		require.NoError(t, err)
		assert.Equal(t, validity.Invalid, r.Verdict)
		assert.Contains(t, r.Reasons, "the run is INVALID: no iteration was completed")
		record.Series = nil // it came to no load
	}
	// Such a run may lack a scenario. The reason is not a mistake in the rules.
	lacking := "p50 of clientcreds_request_duration{scenario:none}"
	r, err := Paired(record, pairedRules(t, lacking, "+5%"))
	require.NoError(t, err)
	assert.Equal(t, validity.Invalid, r.Verdict)
	assert.Equal(t, "the run is INVALID: no iteration was completed", r.Reasons[0])
	record.Validity.Verdict = validity.Pass
	_, err = Paired(record, pairedRules(t, medianRule, "+5%"))
	require.ErrorIs(t, err, errNotPaired)
}

// Rules that slices cannot decide do not pass.
func TestPairedUnfitRules(t *testing.T) {
	t.Parallel()
	record := pairedRun{seconds: 40, latency: constant(20, 20)}.record()
	for rule, reason := range map[string]string{
		"p50 of clientcreds_request_duration{status:200}": "a paired run keeps both sides apart by scenario only, not by status; compare sequential runs",
		"p50 of iteration_duration":                       "a paired run does not keep this metric for both sides; compare sequential runs",
		"max of clientcreds_request_duration":             "slices of a paired run do not have a max; write a percentile such as p95, avg, rate, or count",
		"p100 of clientcreds_request_duration":            "slices of a paired run do not have a p100; write a percentile such as p95, avg, rate, or count",
		"p50 of http_req_duration":                        "not measured in base",
	} {
		r, err := Paired(record, pairedRules(t, rule, "+5%"))
		require.NoError(t, err)
		assert.Equal(t, validity.Invalid, r.Verdict, rule)
		assert.Equal(t, []string{rule + ": " + reason}, r.Reasons)
	}
	_, err := Paired(record, pairedRules(t, "p50 of clientcreds_request_duratoin", "+5%"))
	require.ErrorContains(t, err, `did you mean "clientcreds_request_duration"?`)
}

// The run looks at itself every second, and decides as the comparison of its record does later.
func TestTrialDecidesAsTheRunGoesOn(t *testing.T) {
	t.Parallel()
	record := pairedRun{seconds: 60, latency: constant(20, 22)}.record()
	rules := pairedRules(t, medianRule, "+5%")
	trial := NewTrial(rules)
	begin := record.Run.Start.Unix()
	decided := int64(0)
	for second := begin; decided == 0 && second < record.Run.End.Unix(); second++ {
		if trial.Look(record.Series, record.Interval, second) {
			decided = second
		}
	}
	decision, after := trial.Decision()
	assert.Equal(t, Failed, decision)
	assert.Equal(t, decided-begin, int64(after))
	assert.Greater(t, decided-begin, int64(minSlices), "a fifth of the seconds is of one side alone")
	r, err := Paired(record, rules)
	require.NoError(t, err)
	assert.Equal(t, after, r.Paired.After)
	assert.Equal(t, after, r.Findings[0].After)
}

func TestPairedForms(t *testing.T) {
	t.Parallel()
	slower := pairedResult(t, pairedRun{seconds: 60, latency: constant(20, 22)}, medianRule, "+5%", "error rate", "+0")
	var text, markdown, junit, object bytes.Buffer
	require.NoError(t, WriteText(&text, slower))
	require.NoError(t, WriteMarkdown(&markdown, slower))
	require.NoError(t, WriteJUnit(&junit, slower))
	require.NoError(t, WriteJSON(&object, slower))
	const conclusion = "Decided: 1 of 2 rules broken, with 95% confidence, after 18 s of load on both versions at once."
	for _, form := range []string{text.String(), markdown.String()} {
		assert.Contains(t, form, conclusion)
		assert.Contains(t, form, "1 run of 1f0c2ab")
		assert.Contains(t, form, "nterference: p50 of clientcreds")
	}
	assert.Regexp(t, `p50 of \S+ +20\.\d+ ms +2[12]\.\d+ ms +\+\d+\.\d% +\+[5-9]\.\d% to \+1\d\.\d% +\+5% +after 18 s +broken`, text.String())
	assert.Contains(t, junit.String(), `failures="1" errors="0"`)
	assert.Contains(t, object.String(), `"high": 0.1`)
	assert.Contains(t, object.String(), `"after": 18`)

	short := pairedResult(t, pairedRun{seconds: 10, latency: constant(20, 22)}, medianRule, "+5%")
	junit.Reset()
	require.NoError(t, WriteJUnit(&junit, short))
	assert.Contains(t, junit.String(), `failures="0" errors="1"`)
	assert.Equal(t, "Not decided: 1 of 1 rules unclear after 9 s of load on both versions at once. Load longer or with more requests "+
		"per second, or raise the limit.", short.Conclusion())
	assert.Equal(t, 91, ExitCode(short.Verdict))
	assert.Equal(t, 99, ExitCode(validity.Fail))
}

// The interval of the interference contains how much the other side slows a side down, and is narrower with more
// requests.
func TestInterference(t *testing.T) {
	t.Parallel()
	latency := func(side runrecord.Side, _ int) float64 {
		return map[runrecord.Side]float64{
			runrecord.Base: 22, runrecord.BaseAlone: 20, runrecord.Head: 20, runrecord.HeadAlone: 20,
		}[side]
	}
	width := math.Inf(1)
	for _, seconds := range []int{40, 400} {
		r := pairedResult(t, pairedRun{seconds: seconds, latency: latency}, medianRule, "+5%")
		require.Len(t, r.Paired.Interferences, 1)
		i := r.Paired.Interferences[0]
		assert.InDelta(t, 0.1, i.Base.Share, 0.02)
		assert.InDelta(t, 0, i.Head.Share, 0.02)
		for _, c := range []struct {
			s    Slowdown
			true float64
		}{{i.Base, 0.1}, {i.Head, 0}} {
			assert.Less(t, c.s.Low, c.true)
			assert.Greater(t, c.s.High, c.true)
		}
		assert.Positive(t, i.Base.Low, "it is more than chance")
		assert.Less(t, i.Base.High-i.Base.Low, width)
		width = i.Base.High - i.Base.Low
		assert.Regexp(t, `base \+\d+\.\d% \(\+\d+\.\d% to \+\d+\.\d%\), head `, i.String())
	}
}
