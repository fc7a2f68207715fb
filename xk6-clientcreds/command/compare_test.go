package command

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// minutes counts the runs: they are made one after the other.
var minutes atomic.Int64

// folder writes records of runs whose token requests took so many milliseconds.
func folder(t *testing.T, milliseconds ...float64) string {
	t.Helper()
	dir := t.TempDir()
	for i, ms := range milliseconds {
		b := runrecord.NewBuilder()
		begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(minutes.Add(1)) * time.Minute)
		cell := b.Cell("clientcreds_request_duration", runrecord.Trend, "time", func(string) string { return "" })
		for range 50 {
			cell.Observe(ms, begin)
		}
		r := &runrecord.Record{
			Format: runrecord.Format, Version: runrecord.Version,
			Run:       runrecord.Run{Start: begin, End: begin.Add(time.Second), Script: "token-load.js"},
			Instances: []runrecord.Instance{{Start: begin, End: begin.Add(time.Second)}},
			Validity:  validity.Validity{Verdict: validity.Pass},
		}
		b.Fill(r, &r.Instances[0])
		require.NoError(t, r.Write(filepath.Join(dir, fmt.Sprintf("%d.json", i))))
	}
	return dir
}

// compareThem runs k6 x clientcreds compare.
func compareThem(t *testing.T, args ...string) (string, error) {
	t.Helper()
	return runCommand(t, append([]string{"compare"}, args...)...)
}

func TestCompare(t *testing.T) {
	base, same, slower := folder(t, 20, 20.1, 19.9, 20.2), folder(t, 20.1, 20, 20.2, 19.9), folder(t, 23, 23.1, 22.9, 23.2)

	out, err := compareThem(t, base, same)
	require.NoError(t, err)
	assert.Contains(t, out, "verdict: PASS\n")

	written := t.TempDir()
	file := func(name string) string { return filepath.Join(written, name) }
	out, err = compareThem(t, "--json", "-o", file("a.json"), "--markdown", file("a.md"), "--junit", file("a.xml"), base, slower)
	assert.ErrorContains(t, err, "verdict FAIL: p50 of clientcreds_request_duration: ")
	assert.Equal(t, 99, exitCode(err))
	assert.Contains(t, out, "p95 of clientcreds_request_duration")
	assert.Contains(t, out, "broken")
	data, err := os.ReadFile(file("a.json"))
	require.NoError(t, err)
	var result struct{ Verdict string }
	require.NoError(t, json.Unmarshal(data, &result))
	assert.Equal(t, "FAIL", result.Verdict)
	for name, want := range map[string]string{"a.md": "### ❌ Load test: FAIL", "a.xml": `failures="2"`} {
		data, err := os.ReadFile(file(name))
		require.NoError(t, err)
		assert.Contains(t, string(data), want, name)
	}

	rules := file("rules.yml")
	require.NoError(t, os.WriteFile(rules, []byte("rules:\n  p95 of clientcreds_request_duration: +20%\n"), 0o600))
	_, err = compareThem(t, "--rules", rules, base, slower)
	require.NoError(t, err, "the file's rules replace the default ones")
}

func TestCompareLists(t *testing.T) {
	base, head := folder(t, 20, 20, 20, 20), folder(t, 30, 30, 30, 30)
	var args []string
	for _, dir := range []string{base, head} {
		if dir == head {
			args = append(args, "--")
		}
		for i := range 4 {
			args = append(args, filepath.Join(dir, fmt.Sprintf("%d.json", i)))
		}
	}
	_, err := compareThem(t, args...)
	assert.ErrorContains(t, err, "verdict FAIL: p50 of clientcreds_request_duration: ")
}

func TestCompareTooFew(t *testing.T) {
	out, err := compareThem(t, folder(t, 20), folder(t, 30))
	assert.ErrorContains(t, err, "verdict INVALID: too few runs")
	assert.Equal(t, validity.ExitInvalid, exitCode(err))
	assert.Contains(t, out, "too few runs")
}

func TestBadCompare(t *testing.T) {
	base, head := folder(t, 20, 20, 20, 20), folder(t, 20, 20, 20, 20)
	rulesFile := func(text string) string {
		file := filepath.Join(t.TempDir(), "rules.yml")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	misspelled := rulesFile("rules:\n  count of clientcreds_retriess: +0\n")
	wrongUnit := rulesFile("rules:\n  rate of clientcreds_requests: -5ms\n")
	copied := filepath.Join(t.TempDir(), "copy.json")
	data, err := os.ReadFile(filepath.Join(base, "2.json"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(copied, data, 0o600))
	other := filepath.Join(t.TempDir(), "other.json")
	require.NoError(t, os.WriteFile(other, []byte("{}"), 0o600))
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no argument": {nil, "expected two arguments, BASE and HEAD, each a record or a folder of records, or the " +
			"records of both with -- between them, but got 0"},
		"three":        {[]string{base, base, base}, "but got 3"},
		"empty side":   {[]string{base, "--"}, "but got 1"},
		"no such file": {[]string{base, "no-such.json"}, "no-such.json: no such file or directory"},
		"empty folder": {
			[]string{base, t.TempDir()},
			"no file in this folder ends in .json; name a folder with run records",
		},
		"not a record": {[]string{base, other}, `not a run record: "format" is not "clientcreds-record"`},
		"no rules file": {
			[]string{"--rules", "no-such.yml", base, head},
			"--rules: open no-such.yml: no such file or directory",
		},
		"bad rules": {[]string{"--rules", other, base, head}, "--rules: " + other + `: write an object "rules"`},
		"misspelled": {
			[]string{"--rules", misspelled, base, head},
			`rule "count of clientcreds_retriess": no record has the metric clientcreds_retriess, and neither k6 nor this extension has it (did you mean "clientcreds_retries"?)`,
		},
		"wrong unit": {
			[]string{"--rules", wrongUnit, base, head},
			`rule "rate of clientcreds_requests": the limit -5ms does not fit`,
		},
		"twice": {
			[]string{base, filepath.Join(base, "2.json"), "--", head},
			filepath.Join(base, "2.json") + ": the record is given twice; name each record once",
		},
		"a copy": {
			[]string{base, copied, "--", head},
			filepath.Join(base, "2.json") + " and " + copied + " both hold the k6 process that started at 2026-",
		},
		"both sides":   {[]string{base, base}, "0.json: the record is given twice"},
		"unknown flag": {[]string{"--alpha", "1"}, "unknown flag: --alpha"},
		"cannot write": {
			[]string{"-o", filepath.Dir(other), base, head},
			`--output: "` + filepath.Dir(other) + `" cannot be written: it is a folder`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := compareThem(t, c.args...)
			require.ErrorContains(t, err, c.want)
			assert.Equal(t, 104, exitCode(err))
		})
	}
}

// A folder of many versions is a trend, and not a gate.
func TestCompareTrend(t *testing.T) {
	dir := folder(t, 20, 20.2, 20.1, 20, 20.2, 20.1, 26, 26.2, 26.1, 26, 26.2, 26.1)
	out, err := compareThem(t, dir)
	require.NoError(t, err)
	assert.Contains(t, out, "trend of 12 runs, ")
	assert.Contains(t, out, "p50 of clientcreds_request_duration changed at 2026-01-02 ")
	assert.Contains(t, out, "12 of 12 runs have neither a version nor a commit")

	out, err = compareThem(t, "--json", filepath.Join(dir, "*.json"))
	require.NoError(t, err)
	assert.True(t, json.Valid([]byte(out)))
	file := filepath.Join(t.TempDir(), "a.md")
	_, err = compareThem(t, "--markdown", file, dir)
	require.NoError(t, err)
	assert.FileExists(t, file)

	_, err = compareThem(t, "--junit", file+".xml", dir)
	require.ErrorContains(t, err, "--junit is for comparisons")
	assert.NoFileExists(t, file+".xml")

	// Runs that do not count do not make a trend.
	for i := range 12 {
		path := filepath.Join(dir, fmt.Sprintf("%d.json", i))
		r, err := runrecord.Read(path)
		require.NoError(t, err)
		r.Validity.Verdict = validity.Invalid
		require.NoError(t, r.Write(path))
	}
	_, err = compareThem(t, dir)
	require.ErrorContains(t, err, "verdict INVALID: 0 of 12 runs count; a trend needs two or more")
}
