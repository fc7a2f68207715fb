package regress

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// good are the facts of a run that counts.
var good = Facts{Iterations: 1000, Requests: 1000, Imported: true, Tokens: 1000, Seconds: 100}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	crossed := []Threshold{{Metric: "checks", Source: "rate==1", Crossed: true}}
	twice := []Threshold{crossed[0], crossed[0]}
	for want, change := range map[string]func(f *Facts){
		"PASS":                                func(*Facts) {},
		"FAIL: 1 threshold was crossed":       func(f *Facts) { f.Crossed = crossed },
		"FAIL: 2 thresholds were crossed":     func(f *Facts) { f.Crossed = twice },
		"INVALID: no iteration was completed": func(f *Facts) { f.Iterations = 0 },
		"INVALID: 1000 requests were sent, and not one token was used":       func(f *Facts) { f.Tokens = 0 },
		"INVALID: 1 answer was 401":                                          func(f *Facts) { f.Rejections = 1 },
		"INVALID: 7 requests carried an expired token":                       func(f *Facts) { f.LateUses = 7 },
		"INVALID: 9 iterations were dropped (0.9%): the rate was not kept":   func(f *Facts) { f.Dropped = 9; f.Iterations = 991 },
		"INVALID: k6 was at the limit of its CPU or late in 11% of the time": func(f *Facts) { f.Saturated = 11 },
		"INVALID: the server's clock and this one differ by 2.5 s":           func(f *Facts) { f.ClockSkew = 2500 },
		"INVALID: 2 samples were lost by an output":                          func(f *Facts) { f.Lost = 2 },
		"INVALID: 1 answer was 401; 1 request carried an expired token": func(f *Facts) {
			f.Rejections, f.LateUses, f.Crossed = 1, 1, crossed
		},
	} {
		f := good
		change(&f)
		assert.Equal(t, want, Judge(f, nil).String())
	}
}

func TestWhatDoesNotMakeARunInvalid(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(f *Facts){
		"one iteration of a thousand is dropped":         func(f *Facts) { f.Dropped, f.Iterations = 1, 999 },
		"a saturated second at the start of a short run": func(f *Facts) { f.Saturated, f.Seconds = 2, 3 },
		"a tenth of a long run":                          func(f *Facts) { f.Saturated = 10 },
		"a clock that is a little off":                   func(f *Facts) { f.ClockSkew = 2000 },
		"a script that does not import the module":       func(f *Facts) { f.Imported, f.Tokens = false, 0 },
		"a script that loads the token endpoint only":    func(f *Facts) { f.Requests = 0 },
	} {
		f := good
		change(&f)
		assert.Equal(t, Pass, Judge(f, nil).Verdict, name)
	}
}

// TestEveryRuleCanBeBrokenAndAllowed: a scenario that does such things on purpose says so.
func TestEveryRuleCanBeBrokenAndAllowed(t *testing.T) {
	t.Parallel()
	f := Facts{Requests: 1000, Imported: true, Rejections: 10, LateUses: 20, Dropped: 5, Seconds: 10, Saturated: 5, ClockSkew: 60_000, Lost: 3}
	v := Judge(f, nil)
	var names []string
	for _, r := range v.Reasons {
		names = append(names, r.Rule)
		assert.Greater(t, r.Value, r.Limit, r.Rule)
		assert.NotEmpty(t, r.Text, r.Rule)
	}
	assert.Equal(t, Rules(), names)

	allowed, err := ParseAllowed("no_iterations,no_tokens, rejections=0.01 late_uses dropped_iterations=1 generator_saturated=0.5 clock_skew=60000 lost_samples=3")
	require.NoError(t, err)
	v = Judge(f, allowed)
	assert.Equal(t, Pass, v.Verdict, v.String())
	assert.Equal(t, allowed, v.Allowed)

	allowed["rejections"] = 0.009
	assert.Equal(t, "INVALID: 10 answers were 401", Judge(f, allowed).String())
	assert.InDelta(t, 0.009, Judge(f, allowed).Reasons[0].Limit, 0)
}

// TestSaturatedSeconds: three of a short run are enough, two are not.
func TestSaturatedSeconds(t *testing.T) {
	t.Parallel()
	for saturated, want := range map[float64]Verdict{2: Pass, 3: Invalid} {
		f := good
		f.Seconds, f.Saturated = 10, saturated
		assert.Equal(t, want, Judge(f, nil).Verdict, "%v of 10 s", saturated)
	}
}

// TestAllowedRaisesOnly: a limit below the usual one does not make a good run invalid.
func TestAllowedRaisesOnly(t *testing.T) {
	t.Parallel()
	f := good
	f.Saturated, f.ClockSkew = 8, 1500
	v := Judge(f, Allowed{"generator_saturated": 0.05, "clock_skew": 1000})
	assert.Equal(t, Pass, v.Verdict, v.String())
}

func TestAllowedThatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"rejection": `"rejection" is not a rule of validity; allowed: no_iterations, no_tokens, rejections, late_uses, dropped_iterations, ` +
			`generator_saturated, clock_skew, lost_samples`,
		"late_uses=many": `"late_uses=many": the limit of a rule must be a number, 0 or more`,
		"late_uses=-1":   `"late_uses=-1": the limit of a rule must be a number, 0 or more`,
		"late_uses=NaN":  `"late_uses=NaN": the limit of a rule must be a number, 0 or more`,
	} {
		_, err := ParseAllowed(text)
		assert.EqualError(t, err, want)
	}
	none, err := ParseAllowed(" ")
	require.NoError(t, err)
	assert.Nil(t, none)
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []int{0, 99, 90}, []int{Pass.ExitCode(), Fail.ExitCode(), Invalid.ExitCode()})
}

// TestMergedVerdictIsOfTheWhole: what is too much for one instance may be little of the whole, and is allowed only
// where all allow it.
func TestMergedVerdictIsOfTheWhole(t *testing.T) {
	t.Parallel()
	instance := func(iterations, dropped, rejections float64, allowed Allowed) *Record {
		r := recordOf(
			sample{metric: "iterations", kind: Counter, value: iterations, at: testStart},
			sample{metric: "dropped_iterations", kind: Counter, value: dropped, at: testStart},
			sample{metric: "http_reqs", kind: Counter, value: iterations, at: testStart},
			sample{metric: "clientcreds_rejections", kind: Counter, value: rejections, at: testStart})
		r.Validity = Judge(r.Facts(), allowed)
		return r
	}
	merge := func(all ...*Record) Validity {
		r, err := Merge(all...)
		require.NoError(t, err)
		return r.Validity
	}
	small, large := instance(100, 1, 0, nil), instance(10_000, 0, 0, nil)
	assert.Equal(t, Invalid, small.Validity.Verdict)
	assert.Equal(t, Pass, merge(small, large).Verdict)

	loose, strict := instance(100, 0, 5, Allowed{"rejections": 0.05}), instance(100, 0, 0, Allowed{"rejections": 0.01})
	assert.Equal(t, Pass, merge(loose, loose).Verdict)
	assert.Equal(t, Allowed{"rejections": 0.01}, merge(loose, strict).Allowed)
	assert.Equal(t, Invalid, merge(loose, strict).Verdict)
	assert.Empty(t, merge(loose, large).Allowed)
	assert.Equal(t, Invalid, merge(loose, large).Verdict)
}
