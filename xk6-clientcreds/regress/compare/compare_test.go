package compare

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/regress"
)

const longCommit = "53a36a9d0a6f4e20c16f2c5f8d3f3b8f0b1a2c3d"

var begin = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// run is a record of ten seconds in which each token request took so long, and some failed.
func run(milliseconds float64, failed int, change ...func(*regress.Record)) *regress.Record {
	b := regress.NewBuilder()
	client := func(tag string) string {
		if tag == "client" {
			return "shop"
		}
		return ""
	}
	duration := b.Cell("clientcreds_request_duration", regress.Trend, "time", client)
	requests := b.Cell("clientcreds_requests", regress.Counter, "default", client)
	failures := b.Cell("clientcreds_request_failed", regress.Rate, "default", client)
	for i := range 100 {
		duration.Observe(milliseconds, begin)
		requests.Observe(1, begin)
		outcome := 0.0
		if i < failed {
			outcome = 1
		}
		failures.Observe(outcome, begin)
	}
	r := &regress.Record{
		Format: regress.Format, Version: regress.Version,
		Run: regress.Run{
			Start: begin, End: begin.Add(10 * time.Second), Script: "token-load.js", Commit: longCommit,
			Scenarios: []regress.Scenario{{Name: "token", Executor: "constant-vus", Config: map[string]any{"vus": 10}}},
		},
		Instances: []regress.Instance{{K6: "v2.2.0", Go: "go1.26", OS: "linux", Arch: "amd64", CPUs: 2, GOMAXPROCS: 2}},
		Validity:  regress.Validity{Verdict: regress.Pass},
	}
	b.Fill(r, &r.Instances[0])
	for _, f := range change {
		f(r)
	}
	return r
}

// runs are runs of a server whose requests take so long, give or take.
func runs(r *rand.Rand, n int, milliseconds, spread float64) []*regress.Record {
	list := make([]*regress.Record, n)
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
	for range 200 {
		base := runs(random, 5, 20, 0.01)
		slower := Compare(base, runs(random, 5, 23, 0.01), p95)
		require.Equal(t, regress.Fail, slower.Verdict, "15%% more is beyond 10%%: %v", slower.Reasons)
		require.Equal(t, []Outcome{Broken}, outcomes(slower))
		faster := Compare(runs(random, 5, 23, 0.01), base, p95)
		require.Equal(t, regress.Pass, faster.Verdict, "to be faster is no regression")
		alittle := Compare(base, runs(random, 5, 21, 0.01), p95)
		require.Equal(t, regress.Pass, alittle.Verdict, "5%% more is allowed")
	}
}

// Of runs that differ from each other by more than the limit allows, some comparisons of equal sides
// exceed it. They must not fail for it.
func TestEqualSides(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4)) // #nosec G404 -- a test that can be repeated
	p95 := rules(t, "p95 of clientcreds_request_duration", "+10%")
	const comparisons = 2000
	failed, unclear := 0, 0
	for range comparisons {
		r := Compare(runs(random, 5, 20, 0.2), runs(random, 5, 20, 0.2), p95)
		switch outcomes(r)[0] {
		case Broken:
			failed++
		case Unclear:
			unclear++
		default:
		}
	}
	assert.Greater(t, unclear, comparisons/10, "the runs are noisy")
	assert.Less(t, failed, int(comparisons*Alpha/2), "one direction of a test at %v", Alpha)
}

func TestThroughput(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6)) // #nosec G404 -- a test that can be repeated
	rate := rules(t, "rate of clientcreds_requests", "-5%")
	longer := func(r *regress.Record) { r.Run.End = r.Run.Start.Add(12 * time.Second) }
	slow := runs(random, 4, 20, 0)
	for _, r := range slow {
		longer(r)
	}
	fast := runs(random, 4, 20, 0)
	r := Compare(fast, slow, rate)
	assert.Equal(t, regress.Fail, r.Verdict)
	assert.Equal(t, []string{
		"rate of clientcreds_requests: 10/s to 8.333/s is -16.7%, allowed is -5% (p=0.029, noise ±0.0%)",
	}, r.Reasons)
	assert.Equal(t, regress.Pass, Compare(slow, fast, rate).Verdict)
}

// A limit of 0 is no matter of statistics: one run with an error is enough, where the base has none.
func TestNoErrors(t *testing.T) {
	zero := rules(t, "error rate", "+0")
	clean := []*regress.Record{run(20, 0), run(20, 0)}
	assert.Equal(t, regress.Pass, Compare(clean, clean, zero).Verdict)
	r := Compare(clean, []*regress.Record{run(20, 0), run(20, 1)}, zero)
	assert.Equal(t, regress.Fail, r.Verdict)
	errors := []*regress.Record{run(20, 2), run(20, 0)}
	assert.Equal(t, regress.Pass, Compare(errors, []*regress.Record{run(20, 2), run(20, 1)}, zero).Verdict)
}

func TestUntrustedRuns(t *testing.T) {
	p95 := rules(t, "p95 of clientcreds_request_duration", "+10%")
	good := func() []*regress.Record {
		return []*regress.Record{run(20, 0), run(20, 0), run(20, 0), run(20, 0)}
	}
	other := func(change func(*regress.Record)) []*regress.Record {
		list := good()
		list[1] = run(20, 0, change)
		return list
	}
	for name, c := range map[string]struct {
		head []*regress.Record
		want string
	}{
		"too few": {
			good()[:2],
			"too few runs: even the largest difference would not be significant; 4 on each side are enough",
		},
		"another script": {
			other(func(r *regress.Record) { r.Run.Script = "api-load.js" }),
			"the runs are not of one script: api-load.js and token-load.js",
		},
		"another load": {
			other(func(r *regress.Record) { r.Run.Scenarios[0].Config["vus"] = 20 }),
			`the runs are not of one load: [{"name":"token","executor":"constant-vus","exec":"","config":{"vus":10}}] and ` +
				`[{"name":"token","executor":"constant-vus","exec":"","config":{"vus":20}}]`,
		},
		"not measured": {
			other(func(r *regress.Record) { delete(r.Metrics, "clientcreds_request_duration") }),
			"p95 of clientcreds_request_duration: not in 0 of 4 base and 1 of 4 head records",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := Compare(good(), c.head, p95)
			assert.Equal(t, regress.Invalid, r.Verdict)
			assert.Equal(t, []string{c.want}, r.Reasons)
		})
	}
	assert.Equal(t, regress.Pass, Compare(good(), good(), p95).Verdict)

	both := rules(t, "p95 of clientcreds_request_duration", "+10%", "p50 of clientcreds_request_duration", "+10%")
	assert.Equal(t, []string{tooFewRuns}, Compare(good(), good()[:2], both).Reasons, "said once")
}

func TestDifferences(t *testing.T) {
	newer := run(20, 0, func(r *regress.Record) { r.Instances[0].Go = "go1.27" })
	r := Compare([]*regress.Record{run(20, 0)}, []*regress.Record{newer}, rules(t, "error rate", "+0"))
	assert.Equal(t, []string{"Go: go1.26 in base, go1.27 in head"}, r.Differences)
	assert.Equal(t, regress.Pass, r.Verdict, "it is for a reader to judge")
}

func TestStatistics(t *testing.T) {
	r := run(20, 25)
	for subject, want := range map[string]string{
		"p95 of clientcreds_request_duration":              "20 ms",
		"avg of clientcreds_request_duration":              "20 ms",
		"max of clientcreds_request_duration{client:shop}": "20 ms",
		"count of clientcreds_request_duration":            "100",
		"count of clientcreds_requests":                    "100",
		"rate of clientcreds_requests":                     "10/s",
		"error rate":                                       "25%",
	} {
		rule := rules(t, subject, "+0")[0]
		got, ok := rule.Subject.value(r)
		require.True(t, ok, subject)
		assert.Equal(t, want, got.unit.format(got.value), subject)
	}
	for _, subject := range []string{
		"rate of clientcreds_request_duration", "p95 of clientcreds_requests", "value of clientcreds_request_failed",
		"p95 of clientcreds_request_duration{client:other}", "p95 of nothing",
	} {
		_, ok := rules(t, subject, "+0")[0].Subject.value(r)
		assert.False(t, ok, subject)
	}
}

func TestMeasured(t *testing.T) {
	records := []*regress.Record{run(20, 0)}
	names := make([]string, 0, 4)
	for _, rule := range Measured(DefaultRules(), records, records) {
		names = append(names, rule.Subject.String())
	}
	assert.Equal(t, []string{
		"p50 of clientcreds_request_duration", "p95 of clientcreds_request_duration",
		"rate of clientcreds_requests", "rate of clientcreds_request_failed",
	}, names)
}

// failing is a result with something of everything.
func failing(t *testing.T) *Result {
	t.Helper()
	var base, head []*regress.Record
	for i := range 5 {
		base = append(base, run(20+float64(i)/10, 0))
		head = append(head, run(23+float64(i)/10, 0, func(r *regress.Record) { r.Run.Commit = "<img>|*\x1b[2J" }))
	}
	return Compare(base, head, rules(t,
		"p95 of clientcreds_request_duration", "+10%", "error rate", "+0",
		"p95 of clientcreds_token_wait", "+10%", "avg of clientcreds_request_duration", "+5ms"))
}

func TestText(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, WriteText(&out, failing(t)))
	assert.Equal(t, `verdict: INVALID
  p95 of clientcreds_token_wait: not in 5 of 5 base and 5 of 5 head records
  p95 of clientcreds_request_duration: 20.2 ms to 23.2 ms is +14.9%, allowed is +10% (p=0.008, noise ±1.5%)

base: 5 runs of 53a36a9d0a6f
head: 5 runs of <img>|*[2J

metric                               base     head     change  noise       limit  p      outcome
p95 of clientcreds_request_duration  20.2 ms  23.2 ms  +14.9%  ±1.5%       +10%   0.008  broken
rate of clientcreds_request_failed   0%       0%       +0%     ±0%         +0     1.000  within
p95 of clientcreds_token_wait        -        -        -       -           +10%   -      unknown
avg of clientcreds_request_duration  20.2 ms  23.2 ms  +3 ms   ±0.2965 ms  +5 ms  0.008  within
`, out.String())
}

func TestMarkdown(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, WriteMarkdown(&out, failing(t)))
	assert.Contains(t, out.String(), "### ⚠️ Load test: INVALID\n")
	assert.Contains(t, out.String(), "| **broken** |\n")
	assert.NotContains(t, out.String(), "<img")
	assert.Contains(t, out.String(), `&lt;img&gt;\|\*`)
}

func TestJSON(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, WriteJSON(&out, failing(t)))
	var got struct {
		Verdict  string
		Base     struct{ Commits []string }
		Findings []struct {
			Rule, Outcome, Unit string
			Change              *struct {
				Base, Head, Share, P float64
				BaseRuns             []float64
			}
		}
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &got))
	assert.Equal(t, "INVALID", got.Verdict)
	assert.Equal(t, []string{longCommit}, got.Base.Commits, "a program wants all of it")
	require.Len(t, got.Findings, 4)
	assert.Equal(t, "broken", got.Findings[0].Outcome)
	assert.Equal(t, "ms", got.Findings[0].Unit)
	assert.InDelta(t, 0.15, got.Findings[0].Change.Share, 0.02)
	assert.Len(t, got.Findings[0].Change.BaseRuns, 5)
	assert.Nil(t, got.Findings[2].Change)
}

func TestJUnit(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, WriteJUnit(&out, failing(t)))
	var got junitSuites
	require.NoError(t, xml.Unmarshal(out.Bytes(), &got))
	require.Len(t, got.Suites, 1)
	suite := got.Suites[0]
	assert.Equal(t, []int{5, 1, 2}, []int{suite.Tests, suite.Failures, suite.Errors})
	assert.Equal(t, "p95 of clientcreds_request_duration: +10%", suite.Cases[1].Name)
	require.NotNil(t, suite.Cases[1].Failure)
	assert.Contains(t, suite.Cases[1].Failure.Message, "+14.9%")
	require.NotNil(t, suite.Cases[3].Error)
}

// Base 0 has no share: the change is shown as an amount.
func TestFromZero(t *testing.T) {
	f := judge(rules(t, "error rate", "+10%")[0], []float64{0, 0, 0, 0}, []float64{0.5, 0.5, 0.5, 0.5})
	f.Unit = Share
	assert.Equal(t, Broken, f.Outcome)
	assert.Equal(t, "+50%", f.change())
	assert.Equal(t, "±0%", f.Cells()[4])
}

func TestCanDiffer(t *testing.T) {
	assert.False(t, canDiffer(3, 3))
	assert.True(t, canDiffer(4, 4))
	assert.True(t, canDiffer(3, 5))
	assert.False(t, canDiffer(1, 30))
	assert.True(t, canDiffer(1, 40))
}
