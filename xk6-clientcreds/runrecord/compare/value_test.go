package compare

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// valueOf is a statistic of a run, as it is shown.
func valueOf(t *testing.T, subject string, r *runrecord.Record) string {
	t.Helper()
	s := rules(t, subject, "+0")[0].Subject
	k := vocabularyOf([]*runrecord.Record{r}).metrics[s.Metric]
	value, err := s.value(r, k)
	if err != nil {
		return err.Error()
	}
	unit, ok := s.unit(k)
	require.True(t, ok, subject)
	return unit.format(value)
}

// withEverything is a run that has metrics of every type and unit.
func withEverything() *runrecord.Record {
	r := run(20, 25)
	b := runrecord.NewBuilder()
	none := tags()
	for i := range 10 {
		at := clock
		b.Cell("size", runrecord.Trend, "data", none).Observe(1000, at)
		b.Cell("queue", runrecord.Gauge, "default", none).Observe(float64(i), at)
		b.Cell("age", runrecord.Gauge, "time", none).Observe(float64(i), at)
		b.Cell("score", runrecord.Trend, "default", none).Observe(float64(i), at)
	}
	var more runrecord.Record
	b.Fill(&more, &runrecord.Instance{})
	for name, m := range more.Metrics {
		r.Metrics[name] = m
	}
	return r
}

func TestStatistics(t *testing.T) {
	r := withEverything()
	for subject, want := range map[string]string{
		"p95 of clientcreds_request_duration":                   "20 ms",
		"med of clientcreds_request_duration":                   "20 ms",
		"avg of clientcreds_request_duration":                   "20 ms",
		"max of clientcreds_request_duration{client:shop}":      "20 ms",
		"count of clientcreds_request_duration":                 "100",
		"count of clientcreds_requests":                         "100",
		"count of clientcreds_requests{error:http_error}":       "25",
		"rate of clientcreds_requests":                          "10/s",
		"error rate":                                            "25%",
		"rate of clientcreds_request_failed{error: http_error}": "100%",
		"min of size":              "1000 B",
		"count of size":            "10",
		"value of queue":           "9",
		"min of queue":             "0",
		"max of age":               "9 ms",
		"count of age":             "10",
		"avg of score":             "4.5",
		"min of score":             "0",
		"max of score":             "9",
		"p99 of http_req_duration": "not measured",
		"p95 of clientcreds_request_duration{scenario:api}": "not measured",
		"rate of clientcreds_request_failed{error:timeout}": "not measured",
		"value of vus":                                             "not measured",
		"rate of checks":                                           "not measured",
		"count of clientcreds_retries":                             "0",
		"rate of clientcreds_retries":                              "0/s",
		"rate of clientcreds_requests{error:timeout}":              "0/s",
		"count of clientcreds_request_failed{error:timeout}":       "0",
		"count of http_req_duration":                               "0",
		"count of clientcreds_requests{reason:rejected}":           "0",
		"rate of data_sent":                                        "0/s",
		"count of clientcreds_generator_saturated{scenario:token}": "0",
		"count of clientcreds_request_duration{client:shop}":       "100",
		"count of clientcreds_request_duration{status:500}":        "0",
		"p50 of clientcreds_request_duration{scenario:token}":      "20 ms",
		"p100 of clientcreds_request_duration{scenario:token}":     "20 ms",
		"p0 of clientcreds_request_duration{scenario:token}":       "20 ms",
		"p99.9 of clientcreds_request_duration{client:shop}":       "20 ms",
		"count of clientcreds_request_failed":                      "100",
		"count of clientcreds_request_failed{client:shop}":         "100",
		"count of clientcreds_requests{client:other}":              "0",
	} {
		assert.Equal(t, want, valueOf(t, subject, r), subject)
	}
	r.Run.End = r.Run.Start
	assert.Equal(t, "not measured", valueOf(t, "rate of clientcreds_requests", r), "a rate of no time")
}

// The part of a tag's samples that is not kept apart may hold samples of any value: a missing value is not known to be
// 0.
func TestValuesBeyondTheBound(t *testing.T) {
	r := run(20, 0)
	r.Metrics["clientcreds_requests"].By["client"][runrecord.Other] = r.Metrics["clientcreds_requests"].All
	assert.Equal(t, "not measured", valueOf(t, "count of clientcreds_requests{client:small}", r))
	assert.Equal(t, "100", valueOf(t, "count of clientcreds_requests{client:shop}", r))
}

// A good run has no retries and no timeouts. That is 0, and not a run that was not measured.
func TestNothingHappened(t *testing.T) {
	none := rules(t, "count of clientcreds_retries", "+0", "count of clientcreds_requests{error:http_error}", "+0",
		"count of clientcreds_request_failed{error:timeout}", "+0", "rate of clientcreds_rejections", "+0")
	r := compared(t, four(20, 0), four(20, 0), none)
	assert.Equal(t, validity.Pass, r.Verdict, r.Reasons)
	assert.Equal(t, []Outcome{Within, Within, Within, Within}, outcomes(r))

	head := four(20, 0)
	head[2] = run(20, 3)
	r = compared(t, four(20, 0), head, none)
	assert.Equal(t, validity.Fail, r.Verdict)
	assert.Equal(t, []string{
		"count of clientcreds_requests{error:http_error}: the worst run of head has 3 and the worst of base 0; allowed is +0",
	}, r.Reasons)
}

// A counter of the script that no run incremented is known by its threshold.
func TestCounterOfTheScript(t *testing.T) {
	noted := func(r *runrecord.Record) {
		r.Thresholds = []validity.Threshold{{Metric: "lost_orders{scenario:token}", Source: "count<1"}}
	}
	rule := rules(t, "count of lost_orders", "+0")
	r := compared(t, four(20, 0, noted), four(20, 0, noted), rule)
	assert.Equal(t, validity.Pass, r.Verdict, r.Reasons)
	_, err := Compare(four(20, 0), four(20, 0), rule)
	require.ErrorContains(t, err, "no record has the metric lost_orders")
	_, err = Compare(four(20, 0, noted), four(20, 0, noted), rules(t, "rate of lost_orders", "+0"))
	require.ErrorContains(t, err, "which has no rate")
}

// A metric of the records keeps its type, whatever a threshold makes known of its name.
func TestThresholdOnAMeasuredMetric(t *testing.T) {
	noted := func(r *runrecord.Record) {
		r.Thresholds = []validity.Threshold{
			{Metric: "clientcreds_request_duration", Source: "p(95)<50"},
			{Metric: "http_reqs{scenario:api}", Source: "count>1"},
		}
	}
	r := compared(t, four(20, 0, noted), four(20, 0, noted),
		rules(t, "p95 of clientcreds_request_duration", "+10%", "rate of http_reqs", "+0"))
	assert.Equal(t, validity.Pass, r.Verdict, r.Reasons)
}

func TestNotMeasured(t *testing.T) {
	p95 := rules(t, "p95 of clientcreds_request_duration", "+10%")
	unmeasured := func(r *runrecord.Record) { delete(r.Metrics, "clientcreds_request_duration") }
	r := compared(t, four(20, 0), changed(unmeasured), p95)
	assert.Equal(t, validity.Invalid, r.Verdict)
	assert.Equal(t, []string{"p95 of clientcreds_request_duration: not measured in 0 of 4 runs of base and 1 of 4 of " +
		"head"}, r.Reasons)
	r = compared(t, changed(unmeasured), four(20, 0), p95)
	assert.Equal(t, []string{"p95 of clientcreds_request_duration: not measured in 1 of 4 runs of base and 0 of 4 of " +
		"head"}, r.Reasons)
	otherType := changed(func(r *runrecord.Record) {
		r.Metrics["clientcreds_requests"] = r.Metrics["clientcreds_request_failed"]
	})
	r = compared(t, otherType, four(20, 0), rules(t, "rate of clientcreds_requests", "-10%"))
	assert.Equal(t, []string{"rate of clientcreds_requests: not measured in 1 of 4 runs of base and 0 of 4 of head"},
		r.Reasons)
}

// A rule that can never be evaluated is an error.
func TestRulesAboutNothing(t *testing.T) {
	everything := func() []*runrecord.Record {
		return []*runrecord.Record{withEverything(), withEverything(), withEverything(), withEverything()}
	}
	base, head := everything(), everything()
	for _, c := range []struct{ subject, limit, want string }{
		{
			"count of clientcreds_retriess", "+0", `no record has the metric clientcreds_retriess, and neither k6 nor this extension has it ` +
				`(did you mean "clientcreds_retries"?); correct the name, or delete the rule`,
		},
		{
			"p95 of sizes", "+1%", `no record has the metric sizes, and neither k6 nor this extension has it (did you mean "size"?); ` +
				`correct the name, or delete the rule`,
		},
		{
			"count of clientcreds_requests{scenario:tokn}", "+0",
			`no record has the scenario "tokn" (did you mean "token"?); correct the value, or delete the rule`,
		},
		{
			"count of clientcreds_requests{reason:rejection}", "+0",
			`no record has the reason "rejection" (did you mean "rejected"?); correct the value, or delete the rule`,
		},
		{"p95 of http_reqs", "+1%", "http_reqs is a counter, which has no p95; write rate or count"},
		{
			"avg of clientcreds_request_failed", "+1%",
			"clientcreds_request_failed is a rate, which has no avg; write rate or count",
		},
		{"rate of vus", "+1%", "vus is a gauge, which has no rate; write value, min, max or count"},
		{
			"value of http_req_duration", "+1%",
			"http_req_duration is a trend, which has no value; write a percentile such as p95, avg, min, med, max or count",
		},
		{
			"rate of clientcreds_requests", "-5ms",
			"the limit -5ms does not fit, because the statistic is a number per second; write -5/s, or -10% of the base",
		},
		{
			"rate of clientcreds_requests", "+0s",
			"the limit +0ms does not fit, because the statistic is a number per second; write +5/s, or +10% of the base",
		},
		{
			"p95 of http_req_duration", "+1pp",
			"the limit +1pp does not fit, because the statistic is a time; write +5ms, or +10% of the base",
		},
		{"error rate", "+20ms", "the limit +20ms does not fit, because the statistic is a share; write +1pp, or +10% of " +
			"the base"},
		{"error rate", "+5", "the limit +5 can never be exceeded, because the statistic is a share, from 0 to 1; write " +
			"+1pp, or +10% of the base"},
		{"p95 of size", "+5ms", "the limit +5ms does not fit, because the statistic is a size; write +5B, or +10% of the " +
			"base"},
		{
			"count of http_reqs", "+5/s",
			"the limit +5/s does not fit, because the statistic is a number; write +5, or +10% of the base",
		},
		{"value of queue", "+5B", "the limit +5B does not fit, because the statistic is a number; write +5, or +10% of the " +
			"base"},
	} {
		t.Run(c.subject+" "+c.limit, func(t *testing.T) {
			rule := rules(t, c.subject, c.limit)
			_, err := Compare(base, head, rule)
			assert.EqualError(t, err, `rule "`+rule[0].Subject.String()+`": `+c.want)
		})
	}
	fits := rules(t, "rate of clientcreds_requests", "-5/s", "p95 of clientcreds_request_duration", "+5ms", "error rate",
		"+1pp",
		"p95 of size", "+5B", "max of age", "+5ms", "value of queue", "+5",
		"rate of clientcreds_request_failed{error:http_error}", "+1",
		"p50 of clientcreds_request_duration", "+5")
	assert.Equal(t, validity.Pass, compared(t, base, head, fits).Verdict)
}

// A scenario that one side does not have, and a client that got no token, are known.
func TestKnownTagValues(t *testing.T) {
	described := func(r *runrecord.Record) {
		r.Run.Scenarios = append(r.Run.Scenarios, runrecord.Scenario{Name: "idle"})
		r.Run.Clients = []runinfo.Client{{Name: "spare"}}
		r.Metrics["clientcreds_requests"].By["client"]["measured"] = r.Metrics["clientcreds_requests"].All
	}
	r := compared(t, four(20, 0, described), four(20, 0, described), rules(t,
		"count of clientcreds_requests{scenario:idle}", "+0", "count of clientcreds_requests{client:spare}", "+0",
		"count of clientcreds_requests{client:measured}", "+0"))
	assert.Equal(t, validity.Pass, r.Verdict, r.Reasons)
}

func TestMeasured(t *testing.T) {
	records := []*runrecord.Record{run(20, 0)}
	names := make([]string, 0, 4)
	for _, rule := range Measured(DefaultRules(), nil, records) {
		names = append(names, rule.Subject.String())
	}
	assert.Equal(t, []string{
		"p50 of clientcreds_request_duration", "p95 of clientcreds_request_duration",
		"rate of clientcreds_requests", "rate of clientcreds_request_failed",
	}, names)
	assert.Len(t, Measured(DefaultRules(), records, nil), 4)
	none := run(20, 0)
	none.Metrics["clientcreds_requests"].All.Samples = 0
	assert.Len(t, Measured(DefaultRules(), []*runrecord.Record{none}, nil), 3, "a metric without samples")
}

// A metric without samples has no statistics: 0 is not its largest value.
func TestNoSamples(t *testing.T) {
	t.Parallel()
	r := withEverything()
	r.Metrics["score"].All.Samples = 0
	assert.Equal(t, "not measured", valueOf(t, "max of score", r))
}

// reading is a run that read the metrics of a server under test.
func reading(cpu float64) func(*runrecord.Record) {
	return func(r *runrecord.Record) {
		b := runrecord.NewBuilder()
		for name, value := range map[string]float64{"cpu": cpu, "cpu_usage": cpu / 4, "memory": 2e9, "event_loop_lag": 5} {
			m, _ := runrecord.KnownServerMetric(runrecord.ServerMetricName("idp", name))
			for range 10 {
				b.Cell(runrecord.ServerMetricName("idp", name), runrecord.Trend, m.Contains, tags()).Observe(value, clock)
			}
		}
		b.Cell("server:idp:logins_total", runrecord.Trend, "rate", tags()).Observe(40, clock)
		var more runrecord.Record
		b.Fill(&more, &runrecord.Instance{})
		for name, m := range more.Metrics {
			r.Metrics[name] = m
		}
	}
}

// Rules can be about the servers under test. Whether a record has a measurement or not: its unit is known.
func TestRulesOfServers(t *testing.T) {
	base, head := four(20, 0, reading(1)), four(20, 0, reading(1.5))
	for subject, limits := range map[string][2]string{ // one that fits, and one that does not
		"avg of server:idp:cpu":            {"+0.1", "+1ms"},
		"p95 of server:idp:cpu_usage":      {"+5pp", "+1B"},
		"max of server:idp:memory":         {"+1000B", "+5pp"},
		"p99 of server:idp:event_loop_lag": {"+20ms", "+1B"},
		"avg of server:idp:logins_total":   {"-5/s", "+1ms"},
	} {
		r := compared(t, base, head, rules(t, subject, limits[0]))
		assert.NotEqual(t, Unknown, r.Findings[0].Outcome, subject)
		_, err := Compare(base, head, rules(t, subject, limits[1]))
		require.ErrorContains(t, err, "does not fit", subject)
	}
	r := compared(t, base, head, ServerRules(base, head))
	require.Len(t, r.Findings, 1)
	assert.Equal(t, "avg of server:idp:cpu", r.Findings[0].Rule.Subject.String())
	assert.Equal(t, Broken, r.Findings[0].Outcome)
	assert.Equal(t, "+50.0%", r.Findings[0].Cells()[3])

	r = compared(t, base, head, rules(t, "avg of server:api:cpu", "+10%"))
	assert.Equal(t, Unknown, r.Findings[0].Outcome, "nobody read that server")
	_, err := Compare(base, head, rules(t, "avg of server:idp:cpuu", "+10%"))
	require.ErrorContains(t, err, `no record has the metric server:idp:cpuu, and neither k6 nor this extension has it (did you `+
		`mean "server:idp:cpu"?)`)
	assert.Empty(t, ServerRules(base, append(head, run(20, 0))), "a run that did not read the server")
}
