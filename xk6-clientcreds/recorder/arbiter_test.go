package recorder

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/v2/output"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// withRules has the record end the run by a rule.
func withRules(t *testing.T, rules string) func(*output.Params) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rules.yml")
	require.NoError(t, os.WriteFile(file, []byte(rules), 0o600))
	return func(p *output.Params) {
		p.Environment = map[string]string{rulesVariable: file, "HEAD_" + commitVariable: "9e4d310"}
	}
}

const medianRule = "rules:\n  p50 of http_req_duration: +10%\n"

// load hands the samples of both sides to the recorder, second by second, until the run is stopped. It returns how many
// seconds that took.
func (r *rig) load(seconds int, base, head float64, stopped func() bool) int {
	for second := range seconds {
		if stopped() {
			return second
		}
		for range 20 {
			r.add(r.builtin.HTTPReqDuration, base, "scenario", "api", "side", "base", "status", "200")
			r.add(r.builtin.HTTPReqDuration, head, "scenario", "api", "side", "head", "status", "200")
		}
		r.time = r.time.Add(time.Second)
	}
	return seconds
}

// TestRunEndsWithTheDecision: not before, and without an error.
func TestRunEndsWithTheDecision(t *testing.T) {
	for name, head := range map[string]float64{"the same": 20, "slower": 30} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, withRules(t, medianRule))
			var stops []error
			r.SetTestRunStopCallback(func(err error) { stops = append(stops, err) })
			seconds := r.load(60, 20, head, func() bool { return len(stops) > 0 })
			assert.InDelta(t, 19, seconds, 1, "15 slices, and the time for late samples")
			r.load(10, 20, 30, func() bool { return false })
			assert.Equal(t, []error{nil}, stops, "once")
			record := r.stop(nil)
			assert.Equal(t, "9e4d310", record.Run.Commits[runrecord.Head])
			assert.True(t, record.Paired())
		})
	}
}

func TestRunWithoutADecisionGoesOn(t *testing.T) {
	for name, r := range map[string]*rig{
		"no rules":      newRig(t),
		"another limit": newRig(t, withRules(t, "rules:\n  p50 of http_req_duration: +0\n")),
	} {
		r.SetTestRunStopCallback(func(error) { t.Error(name) })
		assert.Equal(t, 60, r.load(60, 20, 20, func() bool { return false }))
		r.add(r.builtin.Iterations, 1)
		r.stop(nil)
	}
}

func TestRulesThatAreWrong(t *testing.T) {
	for rules, want := range map[string]string{
		"rules:\n  p50 of x: 10\n": `K6_CLIENTCREDS_RECORD_RULES: `,
		"":                         `the file is empty; write an object "rules"`,
	} {
		_, err := New(testParams(t, filepath.Join(t.TempDir(), "record.json"), withRules(t, rules)))
		require.ErrorContains(t, err, want)
	}
	_, err := New(testParams(t, filepath.Join(t.TempDir(), "record.json"), func(p *output.Params) {
		p.Environment = map[string]string{rulesVariable: "no-such.yml"}
	}))
	require.ErrorContains(t, err, "K6_CLIENTCREDS_RECORD_RULES: stat no-such.yml: no such file or directory")
	_, err = New(testParams(t, filepath.Join(t.TempDir(), "record.json"), func(p *output.Params) {
		p.Environment = map[string]string{"BASE_" + commitVariable: "a b"}
	}))
	require.ErrorContains(t, err, "BASE_K6_CLIENTCREDS_RECORD_COMMIT must be the name of a commit")
}
