package regression

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// regression holds the results of tools/regression.sh.
type regression struct {
	exitCode int
	output   string
	folder   string
	comparison
}

// comparison holds the parts of comparison.json that the tests check.
type comparison struct {
	Verdict  string
	Reasons  []string
	Base     comparedSide
	Head     comparedSide
	Findings []finding
	Paired   struct{ After float64 }
}

type finding struct {
	Rule, Outcome string
	Change        struct{ Base, Head, Share, P, Noise, Resolution float64 }
	Paired        struct{ Base, Head, Change float64 }
}

type comparedSide struct {
	Runs    int
	Commits []string
}

// finding returns what came of a rule.
func (c comparison) finding(t *testing.T, rule string) finding {
	t.Helper()
	i := slices.IndexFunc(c.Findings, func(f finding) bool { return f.Rule == rule })
	require.GreaterOrEqual(t, i, 0, "no rule %q", rule)
	return c.Findings[i]
}

// regress runs tools/regression.sh with nothing else in its environment.
func regress(t *testing.T, env ...string) regression {
	t.Helper()
	return regressWith(t, nil, env...)
}

func regressWith(t *testing.T, args []string, env ...string) regression {
	t.Helper()
	bin, err := filepath.Abs(k6test.Binary(t))
	require.NoError(t, err)
	r := regression{folder: filepath.Join(t.TempDir(), "out")}
	ctx, cancel := context.WithTimeout(t.Context(), k6test.LongestRun)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(k6test.Root, "tools/regression.sh"), args...) // #nosec G204 -- of the project
	text := new(k6test.Output)
	cmd.Stdout, cmd.Stderr = text, text
	p := k6test.StartProcess(t, cmd, append([]string{
		"HOME=" + t.TempDir(), "NO_COLOR=1", "OUT=" + r.folder, "BASE_K6=" + bin,
		"HEAD_K6=" + bin,
	}, env...)...)
	r.exitCode = p.Wait(t)
	r.output = text.String()
	if result, err := os.ReadFile(filepath.Join(r.folder, "comparison.json")); err == nil {
		require.NoError(t, json.Unmarshal(result, &r.comparison))
	}
	return r
}

// TestRegressionSeesErrors: a head that fails now and then, and is as fast.
func TestRegressionSeesErrors(t *testing.T) {
	t.Parallel()
	r := regress(t, append(k6test.BusyMachine, "RUNS=4", "DURATION=1s", "BASE_SERVE=--latency 50ms",
		"HEAD_SERVE=--latency 50ms --error-rate 0.1")...)
	require.Equal(t, k6test.ExitThresholds, r.exitCode, r.output)
	require.Regexp(t, `rate of clientcreds_request_failed: the worst run of head has [\d.]+% and the worst of base 0%; allowed is \+0`, r.output)
	require.Contains(t, k6test.ReadFile(t, filepath.Join(r.folder, "comparison.md")), "FAIL")
	require.Contains(t, k6test.ReadFile(t, filepath.Join(r.folder, "comparison.xml")), "<failure")
	require.Contains(t, k6test.ReadFile(t, filepath.Join(r.folder, "report.html")), "rate of clientcreds_request_failed")
}

// TestRegressionOfServers: two servers that run already, one for each side.
func TestRegressionOfServers(t *testing.T) {
	t.Parallel()
	base, head := servers.StartLocal(t, nil), servers.StartLocal(t, servers.WithFaults(`{"token": {"latency": "50ms"}}`))
	env := slices.Clone(k6test.BusyMachine)
	for side, server := range map[string]*servers.Local{"BASE_": base, "HEAD_": head} {
		for name, value := range server.Env() {
			env = append(env, side+name+"="+value)
		}
	}
	r := regress(t, append(env, "RUNS=4", "DURATION=1s", "BASE_K6_CLIENTCREDS_RECORD_COMMIT=1f0c2ab",
		"HEAD_K6_CLIENTCREDS_RECORD_COMMIT=9e4d310")...)
	require.Equal(t, k6test.ExitThresholds, r.exitCode, r.output)
	require.Contains(t, r.output, "p50 of clientcreds_request_duration{scenario:token}: ")
	require.Equal(t, comparedSide{4, []string{"1f0c2ab"}}, r.Base)
	require.Equal(t, comparedSide{4, []string{"9e4d310"}}, r.Head)
	require.Positive(t, base.Stats().TokenRequests.Total)
	require.Equal(t, head.Stats().TokenRequests.Total, head.Stats().Faults["latency"]["token"])
}

// TestRegressionOfAGitRef: the base is built of it by the Makefile there, whose place is taken by a
// program that brings the binary of this test.
func TestRegressionOfAGitRef(t *testing.T) {
	t.Parallel()
	bin, err := filepath.Abs(k6test.Binary(t))
	require.NoError(t, err)
	dir := t.TempDir()
	stub := "#!/bin/sh\n[ \"$1 $3\" = '-C build' ] && test -f \"$2/Makefile\" && mkdir \"$2/build\" && ln -s '" + bin +
		"' \"$2/build/k6\" && echo \"$2\" >'" + dir + "/tree'\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "make"), []byte(stub), 0o700)) // #nosec G306 -- a program
	r := regress(t, append(k6test.BusyMachine, "PATH="+dir+":"+os.Getenv("PATH"), "BASE_REF=HEAD", "BASE_K6=/no/such/k6",
		"RUNS=4", "DURATION=1s",
		"BASE_SERVE=--latency 150ms", "HEAD_SERVE=--latency 50ms")...)
	require.Equal(t, 4, r.Base.Runs, r.output)
	require.Contains(t, []string{"within", "unclear"}, r.finding(t, provenRule).Outcome, "faster is no regression")
	head, err := exec.CommandContext(t.Context(), "git", "-C", k6test.Root, "rev-parse", "HEAD").Output()
	require.NoError(t, err)
	require.Equal(t, []string{strings.TrimSpace(string(head))}, r.Base.Commits)
	require.NoDirExists(t, strings.TrimSpace(k6test.ReadFile(t, filepath.Join(dir, "tree"))), "the work tree is gone")
}

// TestRegressionMakesARunAgain: a base whose first run does not count.
func TestRegressionMakesARunAgain(t *testing.T) {
	t.Parallel()
	bin, err := filepath.Abs(k6test.Binary(t))
	require.NoError(t, err)
	dir := t.TempDir()
	once := filepath.Join(dir, "k6")
	stub := "#!/bin/sh\nif [ \"$1\" = run ] && mkdir '" + dir + "/done' 2>/dev/null; then exit 90; fi\nexec '" + bin +
		"' \"$@\"\n"
	require.NoError(t, os.WriteFile(once, []byte(stub), 0o700)) // #nosec G306 -- a program
	r := regress(t, append(k6test.BusyMachine, "BASE_K6="+once, "RUNS=4", "DURATION=1s", "BASE_SERVE=--latency 150ms",
		"HEAD_SERVE=--latency 50ms")...)
	require.Equal(t, 1, strings.Count(r.output, "base, run 1 of 4: does not count, so once more"), r.output)
	require.Equal(t, 1, strings.Count(r.output, "so once more"), r.output)
	require.Equal(t, 4, r.Base.Runs, r.output)
}

// Settings that cannot work are errors at once.
func TestRegressionReadableErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  []string
		exit int
		text string
	}{
		"too few runs": {env: []string{"RUNS=3"}, exit: k6test.ExitUnusable, text: `RUNS is "3"; it must be 4 or more`},
		"no number":    {env: []string{"RUNS=some"}, exit: k6test.ExitUnusable, text: `RUNS is "some"; it must be 4 or more`},
		"a run that does not begin": {
			env:  []string{"RATE=none"},
			exit: k6test.ExitScriptException, text: `configuration: RATE is \"none\"; it must be a whole number`,
		},
		"no binary": {env: []string{"BASE_K6=/no/such/k6"}, exit: 127, text: "/no/such/k6"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := regress(t, c.env...)
			require.Equal(t, c.exit, r.exitCode, r.output)
			require.Contains(t, r.output, c.text)
			require.Empty(t, r.Verdict)
		})
	}
	t.Run("an argument", func(t *testing.T) {
		t.Parallel()
		r := regressWith(t, []string{"--help"})
		require.Equal(t, k6test.ExitUnusable, r.exitCode, r.output)
		require.Contains(t, r.output, `regression.sh takes no arguments, such as "--help"`)
	})
}
