package command

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// TestNoFileIsOverwrittenSilently holds for every flag that names a file to write.
func TestNoFileIsOverwrittenSilently(t *testing.T) {
	t.Parallel()
	base, head := folder(t, 20, 20, 20, 20), folder(t, 20, 20, 20, 20)
	record := filepath.Join(base, "0.json")
	file := filepath.Join(t.TempDir(), "file")
	for flag, args := range map[string][]string{
		"--output of compare": {"compare", "-o", file, base, head},
		"--markdown":          {"compare", "--markdown", file, base, head},
		"--junit":             {"compare", "--junit", file, base, head},
		"--output of report":  {"report", "-o", file, record},
		"--output of verdict": {"verdict", "--json", "-o", file, record},
		"--merged":            {"verdict", "--merged", file, recordWith(t, 100, 0)},
		"--stats-file":        {"serve", "--addr", "127.0.0.1:0", "--stats-file", file, "--", "true"},
	} {
		put := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
		put("mine")
		_, err := runCommand(t, args...)
		require.ErrorContains(t, err, `: "`+file+`" exists; choose another name, or overwrite the file with --force`, flag)
		require.Equal(t, 104, exitCode(err), flag)
		text, err := os.ReadFile(file) // #nosec G304 -- of this test
		require.NoError(t, err)
		require.Equal(t, "mine", string(text), flag)

		_, err = runCommand(t, append([]string{args[0], "--force"}, args[1:]...)...)
		require.NoError(t, err, flag)
		text, err = os.ReadFile(file) // #nosec G304 -- of this test
		require.NoError(t, err)
		require.NotEqual(t, "mine", string(text), flag)

		// CI systems make the file of a summary before they run a job.
		put("")
		_, err = runCommand(t, args...)
		require.NoError(t, err, flag)
	}
}

func TestStandardOutput(t *testing.T) {
	t.Parallel()
	base, head := folder(t, 20, 20, 20, 20), folder(t, 23, 23, 23, 23)
	record := filepath.Join(base, "0.json")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"compare", "-o", "-", base, head}, "verdict: FAIL"},
		{[]string{"compare", "--markdown", "-", base, head}, "### ❌ Load test: FAIL"},
		{[]string{"compare", "--junit", "-", base, head}, "<testsuite"},
		{[]string{"report", "-o", "-", record}, "<h1>Load test: token-load.js</h1>"},
		{[]string{"verdict", "-o", "-", record}, "PASS\n"},
	} {
		out, _ := runCommand(t, c.args...)
		require.Contains(t, out, c.want, c.args)
		require.NoFileExists(t, "-")
	}
	out, _ := runCommand(t, "compare", "--markdown", "-", base, head)
	require.NotContains(t, out, "verdict: FAIL", "one form on standard output")
	out, _ = runCommand(t, "report", "-o", "-", record)
	require.NotContains(t, out, "\n-\n")
}

// TestJSON: standard output is one JSON value. If the value goes to a file, standard output has the text.
func TestJSON(t *testing.T) {
	t.Parallel()
	base, head := folder(t, 20, 20, 20, 20), folder(t, 20, 20, 20, 20)
	_, env := examinee(t)
	for name, c := range map[string]struct {
		run  func(args ...string) (string, error)
		text string
	}{
		"compare": {
			func(args ...string) (string, error) {
				return runCommand(t, append([]string{"compare", base, head}, args...)...)
			},
			"verdict: PASS\n",
		},
		"verdict": {
			func(args ...string) (string, error) {
				return runCommand(t, append([]string{"verdict", base}, args...)...)
			},
			"PASS\n",
		},
		"doctor": {
			func(args ...string) (string, error) {
				return examine(t, nil, env, append([]string{"--grants", "1"}, args...)...)
			},
			"usable: ",
		},
	} {
		out, err := c.run("--json")
		require.NoError(t, err, name)
		require.True(t, json.Valid([]byte(out)), out)

		file := filepath.Join(t.TempDir(), "result.json")
		out, err = c.run("--json", "-o", file)
		require.NoError(t, err, name)
		require.Contains(t, out, c.text, name)
		content, err := os.ReadFile(file) // #nosec G304 -- of this test
		require.NoError(t, err)
		require.True(t, json.Valid(content), name)
	}
}

func TestVerdictAsJSON(t *testing.T) {
	t.Parallel()
	out, err := verdictOf(t, "--json", recordWith(t, 99, 1))
	require.Equal(t, validity.ExitInvalid, exitCode(err))
	var got judgment
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Equal(t, validity.Invalid, got.Verdict)
	require.Equal(t, "dropped_iterations", got.Reasons[0].Rule)
	require.Len(t, got.Runs, 1)
	out, err = verdictOf(t, "--json", recordWith(t, 1, 0))
	require.NoError(t, err)
	require.Contains(t, out, `"reasons": []`, "a list, also without an element")
}

// TestWorstVerdict: of several runs, one that does not count is not made up for by others.
func TestWorstVerdict(t *testing.T) {
	t.Parallel()
	good := folder(t, 20, 20)
	bad := recordWith(t, 99, 1) // it ran at another time, and is of another script
	failed := recordWith(t, 100, 0, validity.Threshold{Metric: "checks", Source: "rate==1", Crossed: true})
	out, err := verdictOf(t, good, failed)
	require.Equal(t, 99, exitCode(err))
	require.Contains(t, out, "FAIL\n  2026-01-02T03:04:05Z FAIL \n    thresholds: checks: rate==1 does not hold\n")
	_, err = verdictOf(t, good, bad)
	require.Equal(t, 90, exitCode(err))
	_, err = verdictOf(t, bad, good)
	require.Equal(t, 90, exitCode(err))
}
