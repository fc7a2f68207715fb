package compare

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRule(t *testing.T) {
	for _, c := range []struct {
		subject, limit string
		want           Rule
		text           string
	}{
		{
			"p95 of clientcreds_request_duration", "+10%",
			Rule{Subject{Stat: "p95", Metric: "clientcreds_request_duration"}, Limit{Amount: 0.1, Relative: true}},
			"p95 of clientcreds_request_duration +10%",
		},
		{
			"p99.9 of http_req_duration{scenario:api}", "+20ms",
			Rule{
				Subject{Stat: "p99.9", Metric: "http_req_duration", Tag: "scenario", Value: "api"},
				Limit{Amount: 20, Unit: Milliseconds},
			},
			"p99.9 of http_req_duration{scenario:api} +20ms",
		},
		{
			"rate of http_reqs", "-5%",
			Rule{Subject{Stat: "rate", Metric: "http_reqs"}, Limit{Amount: -0.05, Relative: true, Down: true}},
			"rate of http_reqs -5%",
		},
		{
			"rate of http_reqs", "-100%",
			Rule{Subject{Stat: "rate", Metric: "http_reqs"}, Limit{Amount: -1, Relative: true, Down: true}},
			"rate of http_reqs -100%",
		},
		{
			"count of http_reqs", "+7%", // 0.07 * 100 is not exactly 7
			Rule{Subject{Stat: "count", Metric: "http_reqs"}, Limit{Amount: 0.07, Relative: true}},
			"count of http_reqs +7%",
		},
		{
			"error rate", "+0",
			Rule{Subject{Stat: "rate", Metric: "clientcreds_request_failed"}, Limit{}},
			"rate of clientcreds_request_failed +0",
		},
		{
			"count of dropped_iterations", "+12.5",
			Rule{Subject{Stat: "count", Metric: "dropped_iterations"}, Limit{Amount: 12.5}},
			"count of dropped_iterations +12.5",
		},
		{
			"error rate", "+0.1pp",
			Rule{Subject{Stat: "rate", Metric: "clientcreds_request_failed"}, Limit{Amount: 0.001, Unit: Share}},
			"rate of clientcreds_request_failed +0.1pp",
		},
		{
			"error rate", "+0.1%",
			Rule{Subject{Stat: "rate", Metric: "clientcreds_request_failed"}, Limit{Amount: 0.001, Relative: true}},
			"rate of clientcreds_request_failed +0.1%",
		},
		{
			"error rate", "+0.001",
			Rule{Subject{Stat: "rate", Metric: "clientcreds_request_failed"}, Limit{Amount: 0.001}},
			"rate of clientcreds_request_failed +0.001",
		},
		{
			"rate of http_reqs", "-5/s",
			Rule{Subject{Stat: "rate", Metric: "http_reqs"}, Limit{Amount: -5, Unit: PerSecond, Down: true}},
			"rate of http_reqs -5/s",
		},
		{
			"max of size", "+1000000000000B",
			Rule{Subject{Stat: "max", Metric: "size"}, Limit{Amount: 1e12, Unit: Bytes}},
			"max of size +1000000000000B",
		},
		{
			"rate of http_reqs", "-0",
			Rule{Subject{Stat: "rate", Metric: "http_reqs"}, Limit{Down: true}},
			"rate of http_reqs -0",
		},
		{
			"p95 of http_req_duration", "+1.5s",
			Rule{Subject{Stat: "p95", Metric: "http_req_duration"}, Limit{Amount: 1500, Unit: Milliseconds}},
			"p95 of http_req_duration +1500ms",
		},
	} {
		t.Run(c.subject+" "+c.limit, func(t *testing.T) {
			got, err := ParseRule(c.subject, c.limit)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.text, got.Subject.String()+" "+got.Limit.String())
		})
	}
}

func TestBadRule(t *testing.T) {
	for _, c := range []struct{ subject, limit, want string }{
		{
			"clientcreds_requests", "+1%",
			`rule "clientcreds_requests" is not understood; write "error rate", or a statistic of a metric, such as "p95 of clientcreds_request_duration" or "rate of http_reqs{scenario:api}"`,
		},
		{
			"p101 of http_reqs", "+1%",
			`rule "p101 of http_reqs": "p101" is not a statistic; write a percentile such as p95, or one of avg, min, med, max, count, rate, value`,
		},
		{
			"p(95) of http_reqs", "+1%",
			`rule "p(95) of http_reqs": "p(95)" is not a statistic; write a percentile such as p95, or one of avg, min, med, max, count, rate, value`,
		},
		{
			"rate of http_reqs{a}", "+1%",
			`rule "rate of http_reqs{a}" is not understood; write "error rate", or a statistic of a metric, such as "p95 of clientcreds_request_duration" or "rate of http_reqs{scenario:api}"`,
		},
		{
			"rate of http_reqs", "10%",
			`rule "rate of http_reqs": "10%" is not a limit; write the most that it may change, such as "+10%", "-5%", "+20ms", "+1pp" or "+0"`,
		},
		{"rate of http_reqs", "", `rule "rate of http_reqs": "" is not a limit; write the most that it may change, such as "+10%", "-5%", "+20ms", "+1pp" or "+0"`},
		{
			"rate of http_reqs", "+",
			`rule "rate of http_reqs": "+" is not a limit; write the most that it may change, such as "+10%", "-5%", "+20ms", "+1pp" or "+0"`,
		},
		{
			"rate of http_reqs", "+-5ms",
			`rule "rate of http_reqs": "+-5ms" is not a limit; write the most that it may change, such as "+10%", "-5%", "+20ms", "+1pp" or "+0"`,
		},
		{
			"rate of http_reqs", "+5 ms",
			`rule "rate of http_reqs": "+5 ms" is not a limit; write the most that it may change, such as "+10%", "-5%", "+20ms", "+1pp" or "+0"`,
		},
		{
			"rate of http_reqs{name:admin}", "+1%",
			`rule "rate of http_reqs{name:admin}": records do not split metrics by "name"; use one of scenario, client, pool, reason, status, error, error_code, check, side`,
		},
		{
			"rate of http_reqs{scenarios:api}", "+1%",
			`rule "rate of http_reqs{scenarios:api}": records do not split metrics by "scenarios" (did you mean "scenario"?); use one of scenario, client, pool, reason, status, error, error_code, check, side`,
		},
		{
			"rate of http_reqs", "-120%",
			`rule "rate of http_reqs": "-120%" is not a limit: nothing falls by more than 100%; write -100% or less`,
		},
	} {
		t.Run(c.subject+" "+c.limit, func(t *testing.T) {
			_, err := ParseRule(c.subject, c.limit)
			assert.EqualError(t, err, c.want)
		})
	}
}

func TestRulesFile(t *testing.T) {
	rules, err := ReadRules(strings.NewReader("rules:\n  p95 of clientcreds_request_duration: +10%\n  error rate: +0\n"))
	require.NoError(t, err)
	require.Len(t, rules, 2)
	assert.Equal(t, "p95 of clientcreds_request_duration", rules[0].Subject.String())
	assert.True(t, rules[1].Limit.Zero())

	for name, c := range map[string]struct{ file, want string }{
		"empty":    {"", "the file is empty; "},
		"no rules": {"rules: {}", writeRules},
		"a list":   {"rules: [error rate]", writeRules},
		"other keys": {
			"rule:\n  error rate: +0\n",
			`write an object "rules" with at least one rule, such as "p95 of clientcreds_request_duration: +10%", and nothing else`,
		},
		"no limit": {"rules:\n  error rate: {}\n", `line 2: rule "error rate" has no limit; `},
		"bad limit": {
			"rules:\n  error rate: +0\n  rate of http_reqs: 5\n",
			`line 3: rule "rate of http_reqs": "5" is not a limit; `,
		},
		"twice": {
			"rules:\n  error rate: +0\n  rate of clientcreds_request_failed: +1%\n",
			`line 3: there are two rules for "rate of clientcreds_request_failed"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadRules(strings.NewReader(c.file))
			assert.ErrorContains(t, err, c.want)
		})
	}
}

// The default rules, as a file would have them.
func TestDefaultRules(t *testing.T) {
	t.Parallel()
	texts := make([]string, 0, 8)
	for _, rule := range DefaultRules() {
		texts = append(texts, rule.Subject.String()+": "+rule.Limit.String())
	}
	assert.Equal(t, []string{
		"p50 of clientcreds_request_duration: +10%",
		"p95 of clientcreds_request_duration: +10%",
		"rate of clientcreds_requests: -10%",
		"rate of clientcreds_request_failed: +0",
		"p50 of http_req_duration: +10%",
		"p95 of http_req_duration: +10%",
		"rate of http_reqs: -10%",
		"rate of http_req_failed: +0",
	}, texts)
	for _, rule := range DefaultRules() {
		again, err := ParseRule(rule.Subject.String(), rule.Limit.String())
		require.NoError(t, err)
		assert.Equal(t, rule, again)
	}
}

func FuzzRules(f *testing.F) {
	f.Add("rules:\n  p95 of clientcreds_request_duration: +10%\n  error rate: +0\n")
	f.Add("rules:\n  p99.9 of http_req_duration{scenario:api}: +20ms\n")
	f.Fuzz(func(t *testing.T, file string) {
		rules, err := ReadRules(strings.NewReader(file))
		if err != nil {
			return
		}
		for _, r := range rules { // what is understood can be written down, and is understood again
			again, err := ParseRule(r.Subject.String(), r.Limit.String())
			require.NoError(t, err)
			require.Equal(t, r, again)
		}
	})
}
