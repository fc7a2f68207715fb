package validity

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// good returns the facts of a run that counts.
func good() Inputs {
	return Inputs{
		Imported: true, Iterations: 1000, Requests: 1000, TokensUsed: 1000, TokenRequests: 100, TokensGranted: 100,
		Seconds: 100,
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	crossed := []Threshold{{Metric: "checks", Source: "rate==1", Crossed: true}}
	twice := []Threshold{crossed[0], crossed[0]}
	for want, change := range map[string]func(f *Inputs){
		"PASS":                                       func(*Inputs) {},
		"FAIL: 1 threshold was crossed":              func(f *Inputs) { f.Crossed = crossed },
		"FAIL: 2 thresholds were crossed":            func(f *Inputs) { f.Crossed = twice },
		"FAIL: the script marked the test as failed": func(f *Inputs) { f.Failed = "the script marked the test as failed" },
		"FAIL: the script marked the test as failed; 1 threshold was crossed": func(f *Inputs) {
			f.Failed, f.Crossed = "the script marked the test as failed", crossed
		},
		"INVALID: no iteration was completed": func(f *Inputs) { f.Iterations = 0 },
		"INVALID: stopped after 3 s of 6 s by SIGINT": func(f *Inputs) {
			f.Stopped = &Stop{By: "SIGINT", After: 3.02, Of: 6}
		},
		"INVALID: 1000 requests were sent, and not one token was used": func(f *Inputs) {
			f.TokensUsed, f.TokenRequests, f.TokensGranted = 0, 0, 0
		},
		"INVALID: not one token was used": func(f *Inputs) {
			f.Requests, f.TokensUsed, f.TokenRequests, f.TokensGranted = 0, 0, 0, 0
		},
		"INVALID: not one token was granted: 1 token request failed": func(f *Inputs) {
			f.TokensUsed, f.TokensMissing, f.TokenRequests, f.TokensGranted, f.TokenRequestsFailed = 0, 500, 1, 0, 1
		},
		"INVALID: 6 of 100 token requests failed (6%)":                   func(f *Inputs) { f.TokenRequestsFailed = 6 },
		"INVALID: 11 of 1011 calls that needed a token got none (1.09%)": func(f *Inputs) { f.TokensMissing = 11 },
		"INVALID: 1 answer was 401":                                      func(f *Inputs) { f.Unauthorized = 1 },
		"INVALID: 7 requests carried an expired token":                   func(f *Inputs) { f.ExpiredTokenUses = 7 },
		"INVALID: 9 iterations were dropped (0.9%): the rate was not kept": func(f *Inputs) {
			f.Dropped = 9
			f.Iterations = 991
		},
		"INVALID: maxDuration ended scenario \"orders\" with 60 iterations undone": func(f *Inputs) {
			f.Unfinished = map[string]float64{"orders": 60}
		},
		"INVALID: maxDuration ended 2 scenarios with 61 iterations undone": func(f *Inputs) {
			f.Unfinished = map[string]float64{"a": 60, "b": 1}
		},
		"INVALID: maxDuration ended 1 scenario with 1 iteration undone": func(f *Inputs) { // without the tag scenario
			f.Unfinished = map[string]float64{"": 1}
		},
		"INVALID: k6 was at the limit of its CPU or late in 11% of the time": func(f *Inputs) { f.Saturated = 11 },
		"INVALID: the server's clock and this one differ by 2.5 s":           func(f *Inputs) { f.ClockSkew = 2500 },
		"INVALID: 2 samples were lost by an output":                          func(f *Inputs) { f.Lost = 2 },
		"INVALID: the run record was not written: no space left on the device": func(f *Inputs) {
			f.Unwritten = "the run record was not written: no space left on the device"
		},
		"INVALID: 501 of 1000 requests failed (50.1%)": func(f *Inputs) { f.FailedRequests = 501 },
		"INVALID: 1 of 1 request failed (100%)": func(f *Inputs) {
			f.Requests, f.FailedRequests = 1, 1
		},
		"INVALID: 501 of 1000 iterations ended with an exception (50.1%)": func(f *Inputs) { f.FailedIterations = 501 },
		"INVALID: scenario \"b\" completed no iteration":                  func(f *Inputs) { f.Idle = []string{"b"} },
		"INVALID: 2 scenarios completed no iteration":                     func(f *Inputs) { f.Idle = []string{"b", "c"} },
		"INVALID: 1 answer was 401; 1 request carried an expired token": func(f *Inputs) {
			f.Unauthorized, f.ExpiredTokenUses, f.Crossed = 1, 1, crossed
		},
	} {
		f := good()
		change(&f)
		assert.Equal(t, want, Judge(f, nil).String())
	}
}

func TestWhatDoesNotMakeARunInvalid(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(f *Inputs){
		"one iteration of a thousand is dropped":         func(f *Inputs) { f.Dropped, f.Iterations = 1, 999 },
		"a saturated second at the start of a short run": func(f *Inputs) { f.Saturated, f.Seconds = 2, 3 },
		"a tenth of a long run":                          func(f *Inputs) { f.Saturated = 10 },
		"a clock that is a little off":                   func(f *Inputs) { f.ClockSkew = 2000 },
		"a script that does not import the module": func(f *Inputs) {
			f.Imported, f.TokensUsed, f.TokenRequests, f.TokensGranted = false, 0, 0, 0
		},
		"a script that loads the token endpoint only": func(f *Inputs) { f.Requests, f.TokensUsed = 0, 0 },
		"half of the requests":                        func(f *Inputs) { f.FailedRequests = 500 },
		"half of the iterations":                      func(f *Inputs) { f.FailedIterations = 500 },
		"a few token requests that fail":              func(f *Inputs) { f.TokenRequestsFailed = 5 },
		"a few calls without a token":                 func(f *Inputs) { f.TokensMissing = 10 },
		"tokens of the cache only":                    func(f *Inputs) { f.TokenRequests, f.TokensGranted = 3, 0 },
	} {
		f := good()
		change(&f)
		assert.Equal(t, Pass, Judge(f, nil).Verdict, name)
	}
}

// TestThresholdThatStopsTheTest: what was measured until then counts.
func TestThresholdThatStopsTheTest(t *testing.T) {
	t.Parallel()
	f := good()
	f.Stopped, f.Unfinished = &Stop{By: ByThreshold, After: 2}, map[string]float64{"a": 5}
	f.Crossed = []Threshold{{Metric: "checks", Source: "rate==1", Crossed: true}}
	assert.Equal(t, "FAIL: 1 threshold was crossed", Judge(f, nil).String())
}

// TestDecisionThatStopsTheTest: a comparison that needs no more load is not an interruption.
func TestDecisionThatStopsTheTest(t *testing.T) {
	t.Parallel()
	f := good()
	f.Stopped = &Stop{By: ByDecision, After: 20, Of: 60}
	assert.Equal(t, "PASS", Judge(f, nil).String())
	interrupted := &Stop{By: "SIGINT", After: 30}
	assert.Equal(t, interrupted, FirstStop(f.Stopped, interrupted))
	assert.Equal(t, interrupted, FirstStop(interrupted, f.Stopped))
}

func TestStopsInWords(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]Stop{
		"stopped":                            {},
		"stopped by SIGTERM":                 {By: "SIGTERM", Of: 6},
		"stopped after 0.1 s":                {After: 0.123},
		"stopped after 2 s by the REST API":  {By: "the REST API", After: 2},
		"stopped after 2 s of 60 s by a bug": {By: "a bug", After: 2, Of: 60},
		"stopped by the script: enough":      {By: "the script", Why: "enough"},
	} {
		assert.Equal(t, want, s.String())
	}
}

// broken are facts that, together, break all rules. Some rules hold where others are broken.
func broken() []Inputs {
	return []Inputs{
		{
			Requests: 1000, Imported: true, Unauthorized: 10, ExpiredTokenUses: 20, Dropped: 5, Seconds: 10, Saturated: 5,
			ClockSkew: 60_000, Lost: 3,
			Unfinished: map[string]float64{"a": 3}, Unwritten: "the run record was not written: the disk is full",
			FailedRequests: 600,
		},
		{
			Iterations: 10, Imported: true, TokenRequests: 1, TokensGranted: 1, TokensUsed: 10, FailedIterations: 6,
			Idle: []string{"b"},
		},
		{Iterations: 1, Imported: true, TokenRequests: 10, TokensMissing: 10, Stopped: &Stop{By: "SIGINT", After: 3, Of: 6}},
		{
			Iterations: 1, Imported: true, TokenRequests: 10, TokenRequestsFailed: 6, TokensGranted: 4, TokensMissing: 5,
			TokensUsed: 5,
		},
	}
}

// TestEveryRuleCanBeBrokenAndAllowed: a scenario that does such things on purpose says so.
func TestEveryRuleCanBeBrokenAndAllowed(t *testing.T) {
	t.Parallel()
	var names []string
	for _, f := range broken() {
		for _, r := range Judge(f, nil).Reasons {
			names = append(names, r.Rule)
			assert.Greater(t, r.Value, r.Limit, r.Rule)
			assert.NotEmpty(t, r.Text, r.Rule)
		}
	}
	assert.ElementsMatch(t, Rules(), names)

	allowed, err := ParseTolerances("no_iterations,stopped_early,no_tokens, rejections=0.01 expired_token_uses " +
		"dropped_iterations=1 generator_saturated=0.5 " +
		"clock_skew=60000 lost_samples=3 no_tokens_granted failed_token_requests=0.6 missing_tokens=0.5 " +
		"unfinished_iterations results_not_written failed_requests=0.6 failed_iterations=0.6 idle_scenarios")
	require.NoError(t, err)
	for _, f := range broken() {
		v := Judge(f, allowed)
		assert.Equal(t, Pass, v.Verdict, v.String())
		assert.Equal(t, allowed, v.Tolerances)
	}
	allowed["rejections"] = 0.009
	assert.Equal(t, "INVALID: 10 answers were 401", Judge(broken()[0], allowed).String())
	assert.Equal(t, 0.009, Judge(broken()[0], allowed).Reasons[0].Limit)
}

// TestSaturatedSeconds: three of a short run are enough, two are not.
func TestSaturatedSeconds(t *testing.T) {
	t.Parallel()
	for saturated, want := range map[float64]Verdict{2: Pass, 3: Invalid} {
		f := good()
		f.Seconds, f.Saturated = 10, saturated
		assert.Equal(t, want, Judge(f, nil).Verdict, "%v of 10 s", saturated)
	}
}

// TestTolerancesRaiseOnly: a limit below the usual one does not make a good run invalid.
func TestTolerancesRaiseOnly(t *testing.T) {
	t.Parallel()
	f := good()
	f.Saturated, f.ClockSkew = 8, 1500
	v := Judge(f, Tolerances{"generator_saturated": 0.05, "clock_skew": 1000})
	assert.Equal(t, Pass, v.Verdict, v.String())
}

func TestTolerancesThatAreWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"rejection": `"rejection" is not a rule of validity; use one of no_iterations, stopped_early, no_tokens, no_tokens_granted, ` +
			`failed_token_requests, missing_tokens, rejections, failed_requests, failed_iterations, idle_scenarios, expired_token_uses, dropped_iterations, unfinished_iterations, ` +
			`generator_saturated, clock_skew, lost_samples, results_not_written`,
		"expired_token_uses=many": `"expired_token_uses=many": the limit of a rule must be a number, 0 or more`,
		"expired_token_uses=-1":   `"expired_token_uses=-1": the limit of a rule must be a number, 0 or more`,
		"expired_token_uses=NaN":  `"expired_token_uses=NaN": the limit of a rule must be a number, 0 or more`,
	} {
		_, err := ParseTolerances(text)
		assert.EqualError(t, err, want)
	}
	none, err := ParseTolerances(" ")
	require.NoError(t, err)
	assert.Nil(t, none)
}

// TestTolerancesOfScriptAndEnvironment: the environment takes precedence, rule by rule.
func TestTolerancesOfScriptAndEnvironment(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		option, variable string
		want             Tolerances
	}{
		{"", "", nil},
		{"", "rejections=0.5", Tolerances{"rejections": 0.5}},
		{`["rejections=0.5", "stopped_early"]`, "", Tolerances{"rejections": 0.5, "stopped_early": unlimited}},
		{`[]`, "", nil},
		{`{}`, "rejections=0", Tolerances{"rejections": 0}},
		{`{"rejections": 0.5, "clock_skew": 0}`, "", Tolerances{"rejections": 0.5, "clock_skew": 0}},
		{`{"rejections": 1e300}`, "", Tolerances{"rejections": unlimited}},
		{`{"rejections": 0.5, "clock_skew": 9000}`, "rejections=0.1", Tolerances{"rejections": 0.1, "clock_skew": 9000}},
	} {
		got, err := TolerancesFrom(json.RawMessage(c.option), c.variable)
		require.NoError(t, err)
		assert.Equal(t, c.want, got, "%s and %q", c.option, c.variable)
	}
	for _, c := range [][3]string{
		{`"rejections"`, "", "allow must be a list of rules, or an object of rules and their limits"},
		{`["x"]`, "", `"x" is not a rule of validity; use one of `},
		{`{"x": 1}`, "", `"x" is not a rule of validity; use one of `},
		{`{"rejections": -0.1}`, "", "allow.rejections must be a number, 0 or more"},
		{"", "rejections=-1", `K6_CLIENTCREDS_ALLOW: "rejections=-1": the limit of a rule must be a number, 0 or more`},
	} {
		got, err := TolerancesFrom(json.RawMessage(c[0]), c[1])
		require.ErrorContains(t, err, c[2])
		assert.Nil(t, got)
	}
}

// TestMergedTolerances: an instance that does not allow something did not mean to do it.
func TestMergedTolerances(t *testing.T) {
	t.Parallel()
	both := Tolerances{"rejections": 0.5, "clock_skew": 9000}
	assert.Nil(t, MergeTolerances(nil))
	assert.Nil(t, MergeTolerances([]Tolerances{nil, both}))
	assert.Nil(t, MergeTolerances([]Tolerances{both, nil}))
	assert.Nil(t, MergeTolerances([]Tolerances{{"clock_skew": 1}, {"rejections": 1}}))
	assert.Equal(t, both, MergeTolerances([]Tolerances{both}))
	assert.Equal(t, Tolerances{"rejections": 0.1}, MergeTolerances([]Tolerances{both, {"rejections": 0.1}}))
	assert.Equal(t, Tolerances{"rejections": 0.5}, MergeTolerances([]Tolerances{both, {"rejections": 0.9}}))
	assert.Equal(t, Tolerances{"rejections": 0.5, "clock_skew": 9000}, both, "they are as they were")
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []int{0, 99, 90}, []int{Pass.ExitCode(), Fail.ExitCode(), Invalid.ExitCode()})
}

func TestInputsOfInstancesAddUp(t *testing.T) {
	t.Parallel()
	one := Inputs{
		Imported: true, Iterations: 1, Dropped: 2, Unfinished: map[string]float64{"a": 3}, Requests: 4, Unauthorized: 5,
		TokensUsed:    6,
		TokensMissing: 7, TokenRequests: 8, TokenRequestsFailed: 9, TokensGranted: 10, ExpiredTokenUses: 11, Seconds: 12,
		Saturated: 13, ClockSkew: 14,
	}
	assert.Equal(t, one, Sum(Inputs{}, one))
	assert.Equal(t, one, Sum(one, Inputs{}))
	two := Sum(one, one)
	assert.Equal(t, Inputs{
		Imported: true, Iterations: 2, Dropped: 4, Unfinished: map[string]float64{"a": 6}, Requests: 8, Unauthorized: 10,
		TokensUsed:    12,
		TokensMissing: 14, TokenRequests: 16, TokenRequestsFailed: 18, TokensGranted: 20, ExpiredTokenUses: 22, Seconds: 24,
		Saturated: 26, ClockSkew: 14,
	}, two)
	assert.Equal(t, 3.0, one.Unfinished["a"], "it is as it was")
}

// TestStopOfInstances: in whatever order records are given.
func TestStopOfInstances(t *testing.T) {
	t.Parallel()
	threshold, early, late := &Stop{By: ByThreshold, After: 1}, &Stop{By: "SIGINT", After: 2}, &Stop{
		By:    "SIGTERM",
		After: 3,
	}
	for _, pair := range [][3]*Stop{
		{nil, nil, nil},
		{nil, late, late},
		{threshold, late, late},
		{early, late, early},
		{early, early, early},
	} {
		assert.Equal(t, pair[2], FirstStop(pair[0], pair[1]))
		assert.Equal(t, pair[2], FirstStop(pair[1], pair[0]))
	}
}

// TestExceptionsForWantOfAToken: calls that got no token say so, as long as they are the ones that do not count.
func TestExceptionsForWantOfAToken(t *testing.T) {
	t.Parallel()
	f := good()
	f.TokensMissing, f.TokensUsed, f.FailedIterations = 10, 990, 600
	assert.Equal(t, "INVALID: 600 of 1000 iterations ended with an exception (60%)", Judge(f, nil).String())
	f.TokensMissing, f.TokensUsed = 11, 989
	assert.Equal(t, "INVALID: 11 of 1000 calls that needed a token got none (1.1%)", Judge(f, nil).String())
	f.TokensMissing, f.TokensUsed, f.TokensGranted = 0, 0, 0
	assert.Equal(t, "INVALID: not one token was granted: 100 token requests failed", Judge(f, nil).String())
}
