package acceptance

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// projectRoot is where the scripts are.
const projectRoot = "../.."

// longestRun bounds every run of k6: a hanging test must not hang the suite.
const longestRun = 3 * time.Minute

// k6's exit codes.
const (
	exitThresholds      = 99
	exitScriptException = 107
	exitAborted         = 108
)

func k6Binary(t *testing.T) string {
	t.Helper()
	bin := os.Getenv("K6_BIN")
	require.NotEmpty(t, bin, "K6_BIN must name the k6 binary with the extension; `make test` builds it and sets it")
	return bin
}

// run holds the results of a run of k6.
type run struct {
	exitCode int
	output   string // stdout and stderr
	summary  summary
}

// summary is k6's end-of-test summary as --summary-export writes it.
type summary struct {
	Metrics map[string]map[string]any `json:"metrics"`
}

// value returns one number of one metric, 0 when the metric has no samples.
func (s summary) value(metric, name string) float64 {
	v, _ := s.Metrics[metric][name].(float64)
	return v
}

func (s summary) count(metric string) int { return int(s.value(metric, "count")) }

// k6run is a run to be made.
type k6run struct {
	script string // path from the project's root, or
	code   string // the script itself
	env    map[string]string
	args   []string
	// judged says that the run is about k6's own health. All others allow k6 to be late: tests run
	// side by side, and the machine may have other things to do.
	judged bool
}

// variables is the environment of the run. Scripts and examples of the project are to be valid; what tests are made of
// provokes all kinds of refusals, and ends with k6's own exit code unless it says otherwise.
func (r k6run) variables() map[string]string {
	const allow, exitCode = "K6_CLIENTCREDS_ALLOW", "K6_CLIENTCREDS_EXIT_CODE"
	env := r.env
	if _, said := env[exitCode]; !said && (r.code != "" || strings.Contains(r.script, "/testdata/")) {
		env = with(env, exitCode+"=k6")
	}
	if r.judged {
		return env
	}
	return with(env, allow+"=generator_saturated "+env[allow])
}

// k6process is a run under way.
type k6process struct {
	*process

	output *output
	export string
}

// start starts k6.
func (r k6run) start(t *testing.T) *k6process {
	t.Helper()
	dir := t.TempDir()
	script := r.script
	if r.code != "" {
		script = filepath.Join(dir, "script.js")
		require.NoError(t, os.WriteFile(script, []byte(r.code), 0o600))
	}
	p := &k6process{output: new(output), export: filepath.Join(dir, "summary.json")}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), longestRun)
	t.Cleanup(cancel)
	args := append([]string{"run", "--no-usage-report", "--summary-export", p.export}, r.args...)
	cmd := exec.CommandContext(ctx, k6Binary(t), append(args, script)...) // #nosec G204 -- the binary under test
	cmd.Dir = projectRoot
	cmd.Stdout, cmd.Stderr = p.output, p.output
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	env := []string{"HOME=" + dir, "NO_COLOR=1"}
	variables := r.variables()
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		env = append(env, name+"="+variables[name])
	}
	p.process = start(t, cmd, env...)
	return p
}

// do runs k6 and waits for it.
func (r k6run) do(t *testing.T) run {
	t.Helper()
	return r.start(t).result(t)
}

// result waits for the end of the run.
func (p *k6process) result(t *testing.T) run {
	t.Helper()
	r := run{exitCode: p.wait(t), output: p.output.String()}
	if text, err := os.ReadFile(p.export); err == nil { // #nosec G304 -- written by the run
		require.NoError(t, json.Unmarshal(text, &r.summary))
	}
	return r
}

// passes fails the test, with k6's output, unless k6 ended with exit code 0.
func (r run) passes(t *testing.T) run {
	t.Helper()
	require.Zero(t, r.exitCode, r.output)
	require.NotContains(t, r.output, "level=error", r.output)
	return r
}

// with returns m with the entries of more.
func with(m map[string]string, more ...string) map[string]string {
	all := maps.Clone(m)
	if all == nil {
		all = make(map[string]string, len(more))
	}
	for _, entry := range more {
		name, value, _ := strings.Cut(entry, "=")
		all[name] = value
	}
	return all
}

// lineLike returns a regular expression for a line of output, in which {n} is a whole number, {x} any,
// and {time} a time with its unit.
func lineLike(line string) string {
	pattern := regexp.QuoteMeta(line)
	pattern = strings.ReplaceAll(pattern, `\{n\}`, `[0-9,]+`)
	pattern = strings.ReplaceAll(pattern, `\{time\}`, `[0-9,.]+ m?s`)
	return `(?m)^` + strings.ReplaceAll(pattern, `\{x\}`, `[0-9,.]+`) + `$`
}
