package command

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// reportThem runs k6 x clientcreds report, and returns what it said and the page.
func reportThem(t *testing.T, args ...string) (said, page string, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	said, err = runCommand(t, append([]string{"report", "-o", file}, args...)...)
	text, readErr := os.ReadFile(file) // #nosec G304 -- of this test
	if err == nil {
		require.NoError(t, readErr)
		require.Equal(t, file+"\n", said)
	} else {
		require.Error(t, readErr, "no page is left")
	}
	return said, string(text), err
}

func TestReport(t *testing.T) {
	records := folder(t, 20, 21)
	_, page, err := reportThem(t, filepath.Join(records, "0.json"))
	require.NoError(t, err)
	assert.Contains(t, page, "<h1>Load test: token-load.js</h1>")
}

func TestReportOfTwoSides(t *testing.T) {
	base, head := folder(t, 20, 20, 20, 20), folder(t, 30, 30, 30, 30)
	file := func(dir, name string) string { return filepath.Join(dir, name+".json") }
	rules := filepath.Join(t.TempDir(), "rules.yml")
	require.NoError(t, os.WriteFile(rules, []byte("rules:\n  p95 of clientcreds_request_duration: +60%\n"), 0o600))
	for name, c := range map[string]struct {
		args    []string
		verdict string
	}{
		"folders": {[]string{"--base", base, head}, "Verdict: FAIL"},
		"flags": {[]string{
			"--base", file(base, "0"), "--base", file(base, "1"), "--base", file(base, "2"), "--base",
			file(base, "3"), head,
		}, "Verdict: FAIL"},
		"by a shell": {
			[]string{"--base", file(base, "0"), file(base, "1"), file(base, "2"), file(base, "3"), "--", head},
			"Verdict: FAIL",
		},
		"other rules": {[]string{"--rules", rules, "--base", base, head}, "Verdict: PASS"},
		"too few":     {[]string{"--base", file(base, "0"), file(head, "0")}, "Verdict: INVALID"},
	} {
		t.Run(name, func(t *testing.T) {
			_, page, err := reportThem(t, c.args...)
			require.NoError(t, err, "a report is no gate")
			assert.Contains(t, page, c.verdict)
		})
	}
}

// pairedFile writes the record of a run that loaded two versions at once, for a second.
func pairedFile(t *testing.T, verdict validity.Verdict, sides ...runrecord.Side) string {
	t.Helper()
	begin := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	b := runrecord.NewBuilder()
	for _, side := range sides {
		b.Cell("clientcreds_request_duration", runrecord.Trend, "time", func(name string) string {
			return map[string]string{runrecord.SideTag: string(side)}[name]
		}).Observe(20, begin)
	}
	r := &runrecord.Record{
		Format: runrecord.Format, Version: runrecord.Version,
		Run:       runrecord.Run{Start: begin, End: begin.Add(time.Second), Script: "regression-paired.js"},
		Instances: []runrecord.Instance{{Start: begin, End: begin.Add(time.Second)}},
		Validity:  validity.Validity{Verdict: verdict},
	}
	b.Fill(r, &r.Instances[0])
	file := filepath.Join(t.TempDir(), "paired.json")
	require.NoError(t, r.Write(file))
	return file
}

// A run that counts and loaded two versions for a second only: the page does not say PASS.
func TestReportOfAPairedRun(t *testing.T) {
	paired := pairedFile(t, validity.Pass, runrecord.Base, runrecord.Head)
	rules := filepath.Join(t.TempDir(), "rules.yml")
	require.NoError(t, os.WriteFile(rules, []byte("rules:\n  p50 of clientcreds_request_duration: +10%\n"), 0o600))
	for _, args := range [][]string{{paired}, {paired, "--rules", rules}} {
		_, page, err := reportThem(t, args...)
		require.NoError(t, err)
		assert.Contains(t, page, "Verdict: UNCLEAR")
	}
	_, page, err := reportThem(t, pairedFile(t, validity.Invalid), "--rules", rules)
	require.NoError(t, err)
	assert.Contains(t, page, "Verdict: INVALID", "it came to no load")
	_, _, err = reportThem(t, paired, filepath.Join(folder(t, 20), "0.json"))
	require.ErrorContains(t, err, "name the record of one run")
	_, _, err = reportThem(t, "--base", folder(t, 20), paired)
	require.ErrorContains(t, err, "name the record of one run")
}

func TestBadReport(t *testing.T) {
	records, base := folder(t, 20), folder(t, 20)
	other := filepath.Join(t.TempDir(), "other.json")
	require.NoError(t, os.WriteFile(other, []byte("{}"), 0o600))
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no argument":        {nil, "report requires at least one record, or a folder of records"},
		"no head":            {[]string{"--base", records}, "report requires at least one record, or a folder of records"},
		"base without --":    {[]string{records, "--", records}, "records before -- belong to --base, which is not set"},
		"rules without base": {[]string{"--rules", other, records}, "--rules apply to several runs; add --base"},
		"no such file":       {[]string{"no-such.json"}, "no-such.json: no such file or directory"},
		"no such base":       {[]string{"--base", "no-such.json", records}, "no-such.json: no such file or directory"},
		"not a record":       {[]string{other}, `not a run record: "format" is not "clientcreds-record"`},
		"bad rules": {
			[]string{"--rules", other, "--base", base, records},
			"--rules: " + other + `: write an object "rules"`,
		},
		"twice":        {[]string{records, records}, "0.json: the record is given twice"},
		"both sides":   {[]string{"--base", records, records}, "0.json: the record is given twice"},
		"unknown flag": {[]string{"--theme", "dark"}, "unknown flag: --theme"},
		"cannot write": {
			[]string{"-o", filepath.Dir(other), records},
			`--output: "` + filepath.Dir(other) + `" cannot be written: it is a folder`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := reportThem(t, c.args...)
			require.ErrorContains(t, err, c.want)
			assert.Equal(t, 104, exitCode(err))
		})
	}
}
