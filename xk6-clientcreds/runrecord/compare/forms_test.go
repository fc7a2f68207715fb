package compare

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// failing is a result with something of everything.
func failing(t *testing.T) *Result {
	t.Helper()
	var base, head []*runrecord.Record
	for i := range 5 {
		base = append(base, run(20+float64(i)/10, 0))
		head = append(head, run(23+float64(i)/10, 0, func(r *runrecord.Record) { r.Run.Commit = "<img>|*\x1b[2J" }))
	}
	return compared(t, base, head, rules(t,
		"p95 of clientcreds_request_duration", "+10%", "error rate", "+0",
		"p95 of clientcreds_token_wait", "+10%", "avg of clientcreds_request_duration", "+5ms"))
}

func TestText(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, WriteText(&out, failing(t)))
	assert.Equal(t, `verdict: INVALID
Not decided: the runs do not count, or cannot be compared.
  p95 of clientcreds_token_wait: not measured in 5 of 5 runs of base and 5 of 5 of head
  p95 of clientcreds_request_duration: 20.2 ms to 23.2 ms is +14.9%, allowed is +10% (p=0.008, noise ±1.5%)

base: 5 runs of 53a36a9d0a6f
head: 5 runs of <img>|*[2J

metric                               base     head     change  noise       limit  p      outcome
p95 of clientcreds_request_duration  20.2 ms  23.2 ms  +14.9%  ±1.5%       +10%   0.008  broken
rate of clientcreds_request_failed   0%       0%       +0 pp   ±0 pp       +0     1.000  within
p95 of clientcreds_token_wait        -        -        -       -           +10%   -      unknown
avg of clientcreds_request_duration  20.2 ms  23.2 ms  +3 ms   ±0.2965 ms  +5 ms  0.008  within
`, out.String())
}

func TestMarkdown(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, WriteMarkdown(&out, failing(t)))
	assert.Equal(t, `### ⚠️ Load test: INVALID

Not decided: the runs do not count, or cannot be compared.

- p95 of clientcreds\_token\_wait: not measured in 5 of 5 runs of base and 5 of 5 of head
- p95 of clientcreds\_request\_duration: 20.2 ms to 23.2 ms is +14.9%, allowed is +10% (p=0.008, noise ±1.5%)

| metric | base | head | change | noise | limit | p | outcome |
| --- | --: | --: | --: | --: | --: | --: | --- |
| p95 of clientcreds\_request\_duration | 20.2 ms | 23.2 ms | +14.9% | ±1.5% | +10% | 0.008 | **broken** |
| p95 of clientcreds\_token\_wait | - | - | - | - | +10% | - | **unknown** |
| rate of clientcreds\_request\_failed | 0% | 0% | +0 pp | ±0 pp | +0 | 1.000 | within |
| avg of clientcreds\_request\_duration | 20.2 ms | 23.2 ms | +3 ms | ±0.2965 ms | +5 ms | 0.008 | within |

Base: 5 runs of 53a36a9d0a6f.
Head: 5 runs of &lt;img&gt;\|\*\[2J.
`, out.String())
}

// manyFindings are rules that hold, and some between them that do not.
func manyFindings(n int, broken func(i int) bool) []Finding {
	findings := make([]Finding, n)
	for i := range findings {
		name := fmt.Sprintf("orders_api_endpoint_with_a_long_name_%d_duration", i)
		change := changeOf([]float64{20, 20, 20, 20}, []float64{30, 30, 30, 30})
		findings[i] = Finding{
			Rule: Rule{Subject{Stat: "p95", Metric: name}, Limit{Amount: 0.1, Relative: true}}, Outcome: Within,
			Unit: Milliseconds, Change: &change,
		}
		if broken(i) {
			findings[i].Outcome = Broken
		}
	}
	return findings
}

// A comment of GitHub has room for so many characters. It contains the rules that decide the verdict, and the number of
// omitted rules.
func TestMarkdownFitsIntoAComment(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		findings      []Finding
		shown, hidden int
		first         string
	}{
		"all broken":  {manyFindings(2000, func(int) bool { return true }), 400, 2000, "name\\_0\\_duration"},
		"one broken":  {manyFindings(2000, func(i int) bool { return i == 1999 }), 1, 2000, "name\\_1999\\_duration"},
		"all of them": {manyFindings(30, func(int) bool { return true }), 30, 30, "name\\_0\\_duration"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &Result{Findings: c.findings}
			r.conclude()
			var out bytes.Buffer
			require.NoError(t, WriteMarkdown(&out, r))
			assert.LessOrEqual(t, out.Len(), maxMarkdown)
			_, rows, found := strings.Cut(out.String(), "| --- |")
			require.True(t, found)
			shown := strings.Count(rows, "\n| p95 of ")
			assert.GreaterOrEqual(t, strings.Count(rows, "**broken**"), c.shown)
			assert.Contains(t, strings.SplitN(rows, "\n", 3)[1], c.first, "what is broken comes first")
			if rest := c.hidden - shown; rest > 0 {
				assert.Contains(t, rows, fmt.Sprintf("\n… and %d more rules, which do not fit into a comment", rest))
				assert.Greater(t, out.Len(), maxMarkdown*9/10, "as many as fit")
			} else {
				assert.NotContains(t, rows, "…")
			}
			if broken := min(len(r.Reasons), maxListed); broken == maxListed {
				assert.Contains(t, out.String(), fmt.Sprintf("- … and %d more\n", len(r.Reasons)-maxListed))
			}
		})
	}
}

// A list and a table end where the room ends, to the item and the byte.
func TestMarkdownIsCutWhereTheRoomEnds(t *testing.T) {
	t.Parallel()
	texts := slices.Repeat([]string{"text"}, maxListed)
	assert.Equal(t, texts, listed(texts))
	assert.Equal(t, append(slices.Clone(texts), "… and 1 more"), listed(append(texts, "text")))

	findings := manyFindings(3, func(int) bool { return true })
	all := table(findings, 1000)
	assert.NotContains(t, all, "…")
	assert.Equal(t, all, table(findings, len(all)))
	assert.Contains(t, table(findings, len(all)-1), "… and 1 more rules")
}

// A result without problems has no reasons and no errors.
func TestFormsOfAPass(t *testing.T) {
	t.Parallel()
	r := compared(t, four(20, 0), four(20, 0), rules(t, "error rate", "+0"))
	var out bytes.Buffer
	require.NoError(t, WriteMarkdown(&out, r))
	assert.True(t, strings.HasPrefix(out.String(), "### ✅ Load test: PASS\n\nDecided: no rule is broken, at a "+
		"significance level of 5% for each rule, after 4 runs of base and 4 of head, 80 s of load.\n\n| metric |"), out.String())
	out.Reset()
	require.NoError(t, WriteJUnit(&out, r))
	assert.True(t, strings.HasSuffix(out.String(), "</testsuites>\n"), out.String())
	var got junitSuites
	require.NoError(t, xml.Unmarshal(out.Bytes(), &got))
	assert.Equal(t, []int{2, 0, 0}, []int{got.Suites[0].Tests, got.Suites[0].Failures, got.Suites[0].Errors})
	assert.Nil(t, got.Suites[0].Cases[0].Error)
}

// Whatever records hold, the comment has room for it.
func TestMarkdownOfLongTexts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("<ö", 5000)
	findings := manyFindings(300, func(int) bool { return true })
	for i := range findings {
		findings[i].Rule.Subject.Value, findings[i].Rule.Subject.Tag = long, "client"
	}
	r := &Result{
		Findings: findings, Base: Side{Runs: 4, short: []string{long, long}},
		invalid: slices.Repeat([]string{long}, 100),
	}
	r.Differences = slices.Repeat([]string{long}, 100)
	r.conclude()
	var out bytes.Buffer
	require.NoError(t, WriteMarkdown(&out, r))
	assert.LessOrEqual(t, out.Len(), maxMarkdown)
	assert.Contains(t, out.String(), "**broken**")
	assert.Contains(t, out.String(), "Head: ")
	assert.True(t, utf8.Valid(out.Bytes()))
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

// JSON has no infinity: the share of a base of 0 is null.
func TestJSONOfAZeroBase(t *testing.T) {
	t.Parallel()
	f := judge(rules(t, "error rate", "+10%")[0], Share, []float64{0, 0, 0, 0}, []float64{0.5, 0.5, 0.5, 0.5})
	var out bytes.Buffer
	require.NoError(t, WriteJSON(&out, &Result{Findings: []Finding{f}}))
	assert.Contains(t, out.String(), `"share": null`)
	assert.Contains(t, out.String(), `"limit": "+10%"`)
	assert.Contains(t, out.String(), `"reasons": []`)
}

func TestJUnit(t *testing.T) {
	var out bytes.Buffer
	r := failing(t)
	r.invalid = append(r.invalid, "run 1 of head is INVALID: <&>")
	require.NoError(t, WriteJUnit(&out, r))
	var got junitSuites
	require.NoError(t, xml.Unmarshal(out.Bytes(), &got))
	require.Len(t, got.Suites, 1)
	suite := got.Suites[0]
	assert.Equal(t, []int{5, 1, 2}, []int{suite.Tests, suite.Failures, suite.Errors})
	assert.Equal(t, "p95 of clientcreds_request_duration: +10%", suite.Cases[1].Name)
	require.NotNil(t, suite.Cases[1].Failure)
	assert.Equal(t, "p95 of clientcreds_request_duration: 20.2 ms to 23.2 ms is +14.9%, allowed is +10% (p=0.008, noise "+
		"±1.5%)", suite.Cases[1].Failure.Message)
	require.NotNil(t, suite.Cases[0].Error)
	require.NotNil(t, suite.Cases[3].Error)
	assert.Equal(t, "not measured in 5 of 5 runs of base and 5 of 5 of head", suite.Cases[3].Error.Message)
	for _, c := range suite.Cases {
		for _, p := range []*junitProblem{c.Failure, c.Error} {
			if p != nil { // GitLab shows the text, others the attribute
				assert.Equal(t, p.Message, p.Text, c.Name)
			}
		}
	}
}

// A share of nothing is nothing. The text says so, and what to write instead.
func TestFromZero(t *testing.T) {
	t.Parallel()
	some := []float64{0.5, 0.5, 0.5, 0.5}
	f := judge(rules(t, "error rate", "+10%")[0], Share, []float64{0, 0, 0, 0}, some)
	assert.Equal(t, Broken, f.Outcome)
	assert.Equal(t, "rate of clientcreds_request_failed: 0% to 50% is +50 pp, but the base is 0, and +10% of 0 is 0; "+
		"write an absolute limit, such as +1pp (p=0.029, noise ±0 pp)", f.summary())
	assert.Equal(t, []string{
		"rate of clientcreds_request_failed", "0%", "50%", "+50 pp", "±0 pp", "+10%", "0.029",
		"broken",
	}, f.Cells())
	f = judge(rules(t, "p95 of http_req_duration", "-10%")[0], Milliseconds, []float64{0, 0, 0, 0},
		[]float64{-3, -3, -3, -3})
	assert.Equal(t, "p95 of http_req_duration: 0 ms to -3 ms is -3 ms, but the base is 0, and -10% of 0 is 0; "+
		"write an absolute limit, such as -5ms (p=0.029, noise ±0 ms)", f.summary())
}

// Percentage points and shares of the base do not look alike.
func TestPointsAndPercent(t *testing.T) {
	t.Parallel()
	base, head := []float64{0.2, 0.2, 0.2, 0.2}, []float64{0.25, 0.25, 0.25, 0.25}
	for limit, want := range map[string]struct {
		cells   []string
		summary string
	}{
		"+0.001": {
			[]string{"20%", "25%", "+5 pp", "±0 pp", "+0.1 pp"},
			"20% to 25% is +5 pp, allowed is +0.1 pp (p=0.029, noise ±0 pp)",
		},
		"+0.1pp": {
			[]string{"20%", "25%", "+5 pp", "±0 pp", "+0.1 pp"},
			"20% to 25% is +5 pp, allowed is +0.1 pp (p=0.029, noise ±0 pp)",
		},
		"+0.1%": {
			[]string{"20%", "25%", "+25.0%", "±0.0%", "+0.1%"},
			"20% to 25% is +25.0% of the base, allowed is +0.1% (p=0.029, noise ±0.0%)",
		},
	} {
		f := judge(rules(t, "error rate", limit)[0], Share, base, head)
		assert.Equal(t, want.cells, f.Cells()[1:6], limit)
		assert.Equal(t, "rate of clientcreds_request_failed: "+want.summary, f.summary(), limit)
	}
}

func TestManyCommits(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]Side{
		"1 run":                   {Runs: 1, Processes: 1},
		"1 run in 2 processes":    {Runs: 1, Processes: 2},
		"5 runs of a, b, c, d, e": {Runs: 5, Processes: 5, short: []string{"a", "b", "c", "d", "e"}},
	} {
		assert.Equal(t, want, s.String())
	}
	s := Side{Runs: 7, Processes: 7, short: []string{"a", "b", "c", "d", "e", "f", "g"}}
	assert.Equal(t, "7 runs of a, b, c, d, e and 2 more", s.String())
}
