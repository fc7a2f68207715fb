package compare

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

const longCommit = "53a36a9d0a6f4e20c16f2c5f8d3f3b8f0b1a2c3d"

// clock is when the latest run began: runs are made one after the other.
var clock = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// run is a record of ten seconds in which each token request took so long, and some failed.
func run(milliseconds float64, failed int, change ...func(*runrecord.Record)) *runrecord.Record {
	clock = clock.Add(time.Minute)
	begin := clock
	b := runrecord.NewBuilder()
	granted, refused := tags("client", "shop", "scenario", "token"), tags("client", "shop", "scenario", "token", "error",
		"http_error")
	duration := b.Cell("clientcreds_request_duration", runrecord.Trend, "time", granted)
	observe := func(n int, tag func(string) string, outcome float64) {
		if n == 0 {
			return
		}
		requests := b.Cell("clientcreds_requests", runrecord.Counter, "default", tag)
		failures := b.Cell("clientcreds_request_failed", runrecord.Rate, "default", tag)
		for range n {
			duration.Observe(milliseconds, begin)
			requests.Observe(1, begin)
			failures.Observe(outcome, begin)
		}
	}
	b.Cell("iterations", runrecord.Counter, "default", tags("scenario", "token")).Observe(100, begin)
	observe(100-failed, granted, 0)
	observe(failed, refused, 1)
	end := begin.Add(10 * time.Second)
	r := &runrecord.Record{
		Format: runrecord.Format, Version: runrecord.Version,
		Run: runrecord.Run{
			Start: begin, End: end, Script: "token-load.js", Commit: longCommit,
			Scenarios: []runrecord.Scenario{{Name: "token", Executor: "constant-vus", Config: map[string]any{"vus": 10}}},
		},
		Instances: []runrecord.Instance{{
			K6: "v2.2.0", Go: "go1.26", OS: "linux", Arch: "amd64", CPUs: 2, GOMAXPROCS: 2,
			Start: begin, End: end,
		}},
		Validity: validity.Validity{Verdict: validity.Pass},
		Inputs:   validity.Inputs{Iterations: 100},
	}
	b.Fill(r, &r.Instances[0])
	for _, f := range change {
		f(r)
	}
	return r
}

// tags are the tags of a sample, as pairs.
func tags(pairs ...string) func(string) string {
	return func(tag string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == tag {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// four are as many runs as a gate requires.
func four(milliseconds float64, failed int, change ...func(*runrecord.Record)) []*runrecord.Record {
	list := make([]*runrecord.Record, 4)
	for i := range list {
		list[i] = run(milliseconds, failed, change...)
	}
	return list
}

func compared(t *testing.T, base, head []*runrecord.Record, rules []Rule) *Result {
	t.Helper()
	r, err := Compare(base, head, rules)
	require.NoError(t, err)
	return r
}

// runs are runs of a server whose requests take so long, give or take.
func runs(r *rand.Rand, n int, milliseconds, spread float64) []*runrecord.Record {
	list := make([]*runrecord.Record, n)
	for i := range list {
		list[i] = run(milliseconds*(1+spread*r.NormFloat64()), 0)
	}
	return list
}

func rules(t *testing.T, lines ...string) []Rule {
	t.Helper()
	list := make([]Rule, 0, len(lines)/2)
	for i := 0; i < len(lines); i += 2 {
		rule, err := ParseRule(lines[i], lines[i+1])
		require.NoError(t, err)
		list = append(list, rule)
	}
	return list
}

func outcomes(r *Result) []Outcome {
	list := make([]Outcome, len(r.Findings))
	for i, f := range r.Findings {
		list[i] = f.Outcome
	}
	return list
}

func TestSlowdown(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)) // #nosec G404 -- a test that can be repeated
	p95 := rules(t, "p95 of clientcreds_request_duration", "+10%")
	for range 20 {
		base := runs(random, 5, 20, 0.01)
		slower := compared(t, base, runs(random, 5, 23, 0.01), p95)
		require.Equal(t, validity.Fail, slower.Verdict, "15%% more is beyond 10%%: %v", slower.Reasons)
		require.Equal(t, []Outcome{Broken}, outcomes(slower))
		faster := compared(t, runs(random, 5, 23, 0.01), base, p95)
		require.Equal(t, validity.Pass, faster.Verdict, "to be faster is no regression")
		alittle := compared(t, base, runs(random, 5, 21, 0.01), p95)
		require.Equal(t, validity.Pass, alittle.Verdict, "5%% more is allowed")
	}
}

// Of runs that differ from each other by more than the limit allows, some comparisons of equal sides
// exceed it. They must not fail for it.
func TestEqualSides(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4)) // #nosec G404 -- a test that can be repeated
	p95 := rules(t, "p95 of clientcreds_request_duration", "+10%")[0]
	side := func() []float64 {
		values := make([]float64, 5)
		for i := range values {
			values[i] = 20 * (1 + 0.2*random.NormFloat64())
		}
		return values
	}
	const comparisons = 2000
	failed, unclear, byChance := 0, 0, 0
	for range comparisons {
		f := judge(p95, Milliseconds, side(), side())
		switch f.Outcome {
		case Broken:
			failed++
		case Unclear:
			unclear++
		default:
		}
		if f.Change.P < Alpha && f.Change.Share() > 0.1 {
			byChance++
		}
	}
	assert.Greater(t, unclear, comparisons/10, "the runs are noisy")
	assert.Less(t, failed, int(comparisons*Alpha/2), "one direction of a test at %v", Alpha)
	assert.Less(t, failed, byChance, "the noise of the base excuses some of them")
}

// An unclear rule does not fail, and is not a reason.
func TestUnclearPasses(t *testing.T) {
	base := []*runrecord.Record{run(10, 0), run(20, 0), run(30, 0), run(40, 0)}
	head := []*runrecord.Record{run(15, 0), run(30, 0), run(35, 0), run(45, 0)}
	r := compared(t, base, head, rules(t, "p95 of clientcreds_request_duration", "+10%"))
	assert.Equal(t, []Outcome{Unclear}, outcomes(r))
	assert.Equal(t, validity.Pass, r.Verdict)
	assert.Empty(t, r.Reasons)
}

func TestThroughput(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6)) // #nosec G404 -- a test that can be repeated
	rate := rules(t, "rate of clientcreds_requests", "-5%")
	longer := func(r *runrecord.Record) { r.Run.End = r.Run.Start.Add(12 * time.Second) }
	slow := runs(random, 4, 20, 0)
	for _, r := range slow {
		longer(r)
	}
	fast := runs(random, 4, 20, 0)
	r := compared(t, fast, slow, rate)
	assert.Equal(t, validity.Fail, r.Verdict)
	assert.Equal(t, []string{
		"rate of clientcreds_requests: 10/s to 8.333/s is -16.7%, allowed is -5% (p=0.029, noise ±0.0%)",
	}, r.Reasons)
	assert.Equal(t, validity.Pass, compared(t, slow, fast, rate).Verdict)
}

// A limit of 0 is not a matter of statistics: one run with an error is enough, where the base has none.
func TestNoErrors(t *testing.T) {
	zero := rules(t, "error rate", "+0")
	clean := []*runrecord.Record{run(20, 0), run(20, 0)}
	assert.Equal(t, validity.Pass, compared(t, clean, clean, zero).Verdict)
	r := compared(t, clean, []*runrecord.Record{run(20, 0), run(20, 1)}, zero)
	assert.Equal(t, validity.Fail, r.Verdict)
	assert.Equal(t, []string{
		"rate of clientcreds_request_failed: the worst run of head has 1% and the worst of base 0%; allowed is +0",
	}, r.Reasons)
	errors := []*runrecord.Record{run(20, 2), run(20, 0)}
	assert.Equal(t, validity.Pass, compared(t, errors, []*runrecord.Record{run(20, 2), run(20, 1)}, zero).Verdict)
}

// A limit of -0 is the other direction: a throughput that must not fall at all.
func TestNoFall(t *testing.T) {
	t.Parallel()
	zero := rules(t, "rate of http_reqs", "-0")[0]
	for _, c := range []struct {
		head []float64
		want Outcome
	}{
		{[]float64{10, 12}, Within}, {[]float64{30, 30}, Within}, {[]float64{9.9, 30}, Broken},
	} {
		assert.Equal(t, c.want, judge(zero, PerSecond, []float64{10, 11}, c.head).Outcome, c.head)
	}
	f := judge(zero, PerSecond, []float64{10, 11}, []float64{9, 12})
	assert.Equal(t, "rate of http_reqs: the worst run of head has 9/s and the worst of base 10/s; allowed is -0",
		f.summary())
}

func TestNoRuleApplies(t *testing.T) {
	r := compared(t, four(20, 0), four(20, 0), nil)
	assert.Equal(t, validity.Invalid, r.Verdict)
	assert.Equal(t, []string{"no rule applies to what the runs measured"}, r.Reasons)
}

// A rule that is broken is a reason even if the runs cannot be trusted, but INVALID takes precedence.
func TestInvalidTakesPrecedence(t *testing.T) {
	base := four(20, 0)
	base[2].Validity = validity.Validity{
		Verdict: validity.Invalid,
		Reasons: []validity.Reason{{Rule: "rejections", Text: "3 answers were 401"}},
	}
	r := compared(t, base, four(30, 0), rules(t, "p95 of clientcreds_request_duration", "+10%"))
	assert.Equal(t, validity.Invalid, r.Verdict)
	require.Len(t, r.Reasons, 2)
	assert.Equal(t, "run 3 of base is INVALID: 3 answers were 401", r.Reasons[0])
	assert.Contains(t, r.Reasons[1], "p95 of clientcreds_request_duration: ")
}

// Runs that did not come to a load may lack a scenario. The reason is not a mistake in the rules.
func TestInvalidRunsMayLackAScenario(t *testing.T) {
	base := four(20, 0)
	rule := rules(t, "p95 of clientcreds_request_duration{scenario:none}", "+10%")
	_, err := Compare(base, four(20, 0), rule)
	require.ErrorContains(t, err, `no record has the scenario "none"`)
	base[2].Validity = validity.Validity{
		Verdict: validity.Invalid, Reasons: []validity.Reason{{Text: "no iteration was completed"}},
	}
	r := compared(t, base, four(20, 0), rule)
	assert.Equal(t, validity.Invalid, r.Verdict)
	require.Len(t, r.Reasons, 2)
	assert.Equal(t, "run 3 of base is INVALID: no iteration was completed", r.Reasons[0])
	assert.Contains(t, r.Reasons[1], `no record has the scenario "none"`)
}

func TestTooFewRuns(t *testing.T) {
	both := rules(t, "p95 of clientcreds_request_duration", "+10%", "p50 of clientcreds_request_duration", "+10%")
	r := compared(t, four(20, 0), four(20, 0)[:2], both)
	assert.Equal(t, validity.Invalid, r.Verdict)
	assert.Equal(t, []string{tooFewRuns}, r.Reasons, "said once")
	assert.Equal(t, validity.Pass, compared(t, four(20, 0), four(20, 0), both).Verdict)
}

// The records of the processes of one run overlap in time. They are one observation, however many there are.
func TestProcessesOfOneRun(t *testing.T) {
	segmented := func(milliseconds float64) []*runrecord.Record {
		list := four(milliseconds, 0)
		for i, r := range list {
			r.Instances[0].Segment = []string{"0:1/4", "1/4:1/2", "1/2:3/4", "3/4:1"}[i]
			r.Run.Start = clock.Add(time.Duration(i) * 100 * time.Millisecond)
			r.Run.End = clock.Add(10 * time.Second)
		}
		return list
	}
	both := rules(t, "p50 of clientcreds_request_duration", "+10%", "rate of clientcreds_requests", "-10%")
	r := compared(t, segmented(10), segmented(14), both)
	assert.Equal(t, validity.Invalid, r.Verdict)
	assert.Equal(t, []string{tooFewRuns}, r.Reasons)
	assert.Equal(t, "1 run in 4 processes of 53a36a9d0a6f", r.Base.String())
	assert.Equal(t, 40.0, r.Findings[1].Change.Base, "rates add up")

	var base, head []*runrecord.Record
	for range 4 {
		base, head = append(base, segmented(10)...), append(head, segmented(14)...)
	}
	r = compared(t, base, head, both)
	assert.Equal(t, validity.Fail, r.Verdict, r.Reasons)
	assert.Equal(t, "4 runs in 16 processes of 53a36a9d0a6f", r.Head.String())
	assert.Equal(t, []Outcome{Broken, Within}, outcomes(r))

	r = compared(t, base, four(14, 0), both)
	assert.Equal(t, validity.Invalid, compared(t, base, head[:15], both).Verdict, "a part of a run is another load")
	assert.Equal(t, []string{"processes of a run: 4 in base, 1 in head"}, r.Differences)
	assert.Equal(t, validity.Fail, r.Verdict, "all segments are the whole test: %s", r.Reasons)
}

func TestRecordsThatDoNotAddUp(t *testing.T) {
	odd := four(20, 0)
	odd[1].Run.Start = odd[0].Run.Start
	odd[1].Metrics["clientcreds_requests"] = &runrecord.Metric{
		Type: runrecord.Rate,
		All:  &runrecord.Values{Type: runrecord.Rate},
	}
	for side, records := range map[string][2][]*runrecord.Record{"base": {odd, four(20, 0)}, "head": {four(20, 0), odd}} {
		_, err := Compare(records[0], records[1], nil)
		require.ErrorContains(t, err, side+": the records that overlap at ")
		require.ErrorContains(t, err,
			`are not of one run: record 2: metric "clientcreds_requests": a counter and a rate do not add up`)
	}
}
