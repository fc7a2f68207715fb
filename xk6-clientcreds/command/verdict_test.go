package command

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// recordWith writes the record of a run with so many iterations, and dropped ones.
func recordWith(t *testing.T, iterations, dropped float64, thresholds ...validity.Threshold) string {
	t.Helper()
	b := runrecord.NewBuilder()
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, n := range map[string]float64{"iterations": iterations, "dropped_iterations": dropped} {
		b.Cell(name, runrecord.Counter, "default", func(string) string { return "" }).Observe(n, begin)
	}
	r := &runrecord.Record{
		Format: runrecord.Format, Version: runrecord.Version, Run: runrecord.Run{Start: begin, End: begin.Add(time.Second)},
		Instances: []runrecord.Instance{{}}, Thresholds: thresholds,
		Inputs: validity.Inputs{Iterations: iterations, Dropped: dropped},
	}
	b.Fill(r, &r.Instances[0])
	r.Validity = r.Judge(nil)
	file := filepath.Join(t.TempDir(), "record.json")
	require.NoError(t, r.Write(file))
	return file
}

// verdictOf runs k6 x clientcreds verdict.
func verdictOf(t *testing.T, args ...string) (string, error) {
	t.Helper()
	return runCommand(t, append([]string{"verdict"}, args...)...)
}

func TestVerdict(t *testing.T) {
	out, err := verdictOf(t, recordWith(t, 100, 0))
	require.NoError(t, err)
	assert.Equal(t, "PASS\n", out)

	out, err = verdictOf(t, recordWith(t, 100, 0, validity.Threshold{Metric: "checks", Source: "rate==1", Crossed: true}))
	require.EqualError(t, err, "verdict FAIL: checks: rate==1 does not hold")
	assert.Equal(t, 99, exitCode(err))
	assert.Equal(t, "FAIL\n  thresholds: checks: rate==1 does not hold\n", out)

	out, err = verdictOf(t, recordWith(t, 99, 1))
	require.EqualError(t, err, "verdict INVALID: 1 iteration was dropped (1%): the rate was not kept")
	assert.Equal(t, 90, exitCode(err))
	assert.Equal(t, "INVALID\n  dropped_iterations: 1 iteration was dropped (1%): the rate was not kept\n", out)
}

// TestErrorOfAVerdict: it has the first reasons, and nothing that a record could do to a terminal.
func TestErrorOfAVerdict(t *testing.T) {
	require.NoError(t, verdictError(validity.Pass, nil))
	require.EqualError(t, verdictError(validity.Fail, []string{"a\x1b[2J"}), "verdict FAIL: a [2J")
	require.EqualError(t, verdictError(validity.Invalid, []string{"a", "b", "c"}), "verdict INVALID: a; b; c")
	require.EqualError(t, verdictError(validity.Invalid, []string{"a", "b", "c", "d", "e"}),
		"verdict INVALID: a; b; c; and 2 more")
}

func TestVerdictOfSeveralIsOfTheWhole(t *testing.T) {
	merged := filepath.Join(t.TempDir(), "merged.json")
	out, err := verdictOf(t, "--merged", merged, recordWith(t, 99, 1), recordWith(t, 9900, 0))
	require.NoError(t, err)
	assert.Equal(t, "PASS\n", out)
	r, err := runrecord.Read(merged)
	require.NoError(t, err)
	assert.Equal(t, 9999.0, r.Metric("iterations").Count())
	assert.Len(t, r.Instances, 2)
	_, err = verdictOf(t, filepath.Dir(merged))
	require.NoError(t, err, "a folder")
}

func TestVerdictOfWhatIsNoRecord(t *testing.T) {
	for want, args := range map[string][]string{
		"verdict requires at least one record, or a folder of records": nil,
		"no such file or directory":                                    {filepath.Join(t.TempDir(), "none.json")},
		"unknown flag: --xml":                                          {"--xml"},
		"no file in this folder ends in .json":                         {t.TempDir()},
	} {
		_, err := verdictOf(t, args...)
		require.ErrorContains(t, err, want)
		assert.Equal(t, 104, exitCode(err))
	}
}
