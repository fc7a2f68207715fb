package regression

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// exitUnclear is the exit code of a paired run that ended before it was decided.
const exitUnclear = 91

// regressPaired runs tools/regression.sh in paired mode, by rules for the token endpoint.
func regressPaired(t *testing.T, env ...string) regression {
	t.Helper()
	rules := filepath.Join(t.TempDir(), "rules.yml")
	require.NoError(t, os.WriteFile(rules, []byte("rules:\n  "+provenRule+": +20%\n  error rate: +0\n"), 0o600))
	return regress(t, slices.Concat(k6test.BusyMachine,
		[]string{"RULES=" + rules, "RATE=20", "API_RATE=5", "WARM_UP=1s", "DURATION=90s"}, env)...)
}

// TestPairedRegression: two local servers, one of which is slower. The run ends long before its time, and counts.
func TestPairedRegression(t *testing.T) {
	t.Parallel()
	r := regressPaired(t, "BASE_SERVE=--latency 50ms", "HEAD_SERVE=--latency 100ms", "BASE_K6_CLIENTCREDS_RECORD_COMMIT=1f0c2ab",
		"HEAD_K6_CLIENTCREDS_RECORD_COMMIT=9e4d310")
	require.Equal(t, k6test.ExitThresholds, r.exitCode, r.output)
	require.Equal(t, "broken", r.finding(t, provenRule).Outcome)
	require.Contains(t, r.output, "run 1: exit code 0")
	require.Contains(t, k6test.ReadFile(t, filepath.Join(r.folder, "comparison.md")), "Decided: 1 of 2 rules broken, with 95% confidence, after ")
	require.Contains(t, k6test.ReadFile(t, filepath.Join(r.folder, "comparison.xml")), "<failure")
	require.Equal(t, comparedSide{1, []string{"1f0c2ab"}}, r.Base)
	require.Equal(t, comparedSide{1, []string{"9e4d310"}}, r.Head)
	record := k6test.ReadFile(t, filepath.Join(r.folder, "paired.json"))
	require.Contains(t, record, `"by":"a decided comparison"`)
	require.Contains(t, k6test.ReadFile(t, filepath.Join(r.folder, "report.html")), "Verdict: FAIL")
}

// TestPairedRegressionOfServers: two servers that run already, and are the same.
func TestPairedRegressionOfServers(t *testing.T) {
	t.Parallel()
	slow := servers.WithFaults(`{"token": {"latency": "50ms"}}`)
	base, head := servers.StartLocal(t, slow), servers.StartLocal(t, slow)
	var env []string
	for side, server := range map[string]*servers.Local{"BASE_": base, "HEAD_": head} {
		for name, value := range server.Env() {
			env = append(env, side+name+"="+value)
		}
	}
	r := regressPaired(t, env...)
	require.Zero(t, r.exitCode, r.output)
	require.Equal(t, "PASS", r.Verdict)
	require.InEpsilon(t, base.Stats().TokenRequests.Total, head.Stats().TokenRequests.Total, 0.05)
}

// TestPairedRegressionWithoutADecision: the run ends too early, or a side is not what it should be. Neither is a
// success.
func TestPairedRegressionWithoutADecision(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  []string
		exit int
		text string
	}{
		"too short, in a folder with a comma": {env: []string{"DURATION=4s"}, exit: exitUnclear, text: "verdict: UNCLEAR"},
		"a side is down": {
			env:  []string{"BASE_TOKEN_URL=http://127.0.0.1:9/token", "CLIENT_ID=x", "CLIENT_SECRET=y", "HEAD_TOKEN_URL=http://127.0.0.1:9/token"},
			exit: k6test.ExitInvalid, text: "base: connection_refused",
		},
		"no API in the head": {
			env:  []string{`HEAD_SERVE=--faults {"api":{"errors":[{"rate":1,"status":404}]}}`},
			exit: k6test.ExitInvalid, text: "head: preflight: the API at ",
		},
		"a wrong clock": {
			env:  []string{`BASE_SERVE=--faults {"clock_skew":{"server":"10s"}}`, "DURATION=4s"},
			exit: k6test.ExitInvalid, text: "base: the clock of its server and the clock of this machine differ by ",
		},
		"a variable of k6 for one side": {
			env:  []string{"REGRESSION_MODE=paired", "HEAD_GOMAXPROCS=1"},
			exit: k6test.ExitUnusable, text: `REGRESSION_MODE is "paired", and HEAD_GOMAXPROCS is set`,
		},
		"no mode": {
			env:  []string{"REGRESSION_MODE=pared"},
			exit: k6test.ExitUnusable, text: `REGRESSION_MODE is "pared"; it must be paired, sequential, or auto`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := regressPaired(t, c.env...)
			require.Equal(t, c.exit, r.exitCode, r.output)
			require.Contains(t, r.output, c.text)
			if page, err := os.ReadFile(filepath.Join(r.folder, "report.html")); err == nil {
				require.NotContains(t, string(page), "Verdict: PASS")
			}
		})
	}
}
