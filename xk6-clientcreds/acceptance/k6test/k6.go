// Package k6test runs the built k6 binary as its users do, and reads what k6 writes. A [Run] describes
// a run, a [Result] holds its output, and a [Record] is its run record.
package k6test

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Root is the project's folder, relative to the folder of a test's package.
const Root = "../../.."

// LongestRun bounds every run of k6: a hanging test must not hang the suite.
const LongestRun = 3 * time.Minute

// Exit codes of k6 and of its subcommands.
const (
	ExitInvalid         = 90 // the run does not count
	ExitThresholds      = 99
	ExitUnusable        = 104 // a file or a setting cannot be used
	ExitScriptException = 107
	ExitAborted         = 108
)

// Binary returns the path of the k6 binary.
func Binary(t *testing.T) string {
	t.Helper()
	bin := os.Getenv("K6_BIN")
	require.NotEmpty(t, bin, "K6_BIN must name the k6 binary with the extension; `make test` builds it and sets it")
	return bin
}

// Result holds the results of a run of k6.
type Result struct {
	ExitCode int
	Output   string // stdout and stderr
	Summary  Summary
}

// Run describes a run of k6.
type Run struct {
	Script string // path from the project's folder, or a [Fixture]
	Code   string // or the script itself, if it is short or made for the test
	Env    map[string]string
	Args   []string
	Within []string      // a command that runs k6, in namespaces of its own for example
	AtMost time.Duration // bounds the run; LongestRun by default
	// judged says that the run is about k6's own health. All others allow k6 to be late: tests run
	// side by side, and the machine may have other things to do.
	Judged bool
}

// variables is the environment of the run. Scripts and examples of the project are to be valid; what tests are made of
// provokes all kinds of refusals, and ends with k6's own exit code unless it says otherwise.
func (r Run) variables() map[string]string {
	const allow, exitCode = "K6_CLIENTCREDS_ALLOW", "K6_CLIENTCREDS_EXIT_CODE"
	env := r.Env
	if _, said := env[exitCode]; !said && (r.Code != "" || strings.Contains(r.Script, "/testdata/")) {
		env = With(env, exitCode+"=k6")
	}
	if r.Judged {
		return env
	}
	return With(env, allow+"=generator_saturated "+env[allow])
}

// K6 is a k6 process that runs a script.
type K6 struct {
	*Process

	Output *Output
	export string
}

// Start starts k6 in the project's folder.
func (r Run) Start(t *testing.T) *K6 {
	t.Helper()
	dir := t.TempDir()
	script := r.Script
	if r.Code != "" {
		script = filepath.Join(dir, "script.js")
		require.NoError(t, os.WriteFile(script, []byte(r.Code), 0o600))
	}
	p := &K6{Output: new(Output), export: filepath.Join(dir, "summary.json")}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), cmp.Or(r.AtMost, LongestRun))
	t.Cleanup(cancel)
	args := append([]string{"run", "--no-usage-report", "--summary-export", p.export}, r.Args...)
	command := slices.Concat(r.Within, []string{Binary(t)}, args, []string{script})
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) // #nosec G204 -- the binary under test
	cmd.Dir = Root
	cmd.Stdout, cmd.Stderr = p.Output, p.Output
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	env := []string{"HOME=" + dir, "NO_COLOR=1"}
	variables := r.variables()
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		env = append(env, name+"="+variables[name])
	}
	p.Process = StartProcess(t, cmd, env...)
	return p
}

// Do runs k6 and waits for it.
func (r Run) Do(t *testing.T) Result {
	t.Helper()
	return r.Start(t).Result(t)
}

// Result waits for the end of the run.
func (p *K6) Result(t *testing.T) Result {
	t.Helper()
	r := Result{ExitCode: p.Wait(t), Output: p.Output.String()}
	if text, err := os.ReadFile(p.export); err == nil { // #nosec G304 -- written by the run
		require.NoError(t, json.Unmarshal(text, &r.Summary))
	}
	return r
}

// Passes fails the test, with k6's output, unless k6 ended with exit code 0.
func (r Result) Passes(t *testing.T) Result {
	t.Helper()
	require.Zero(t, r.ExitCode, r.Output)
	require.NotContains(t, r.Output, "level=error", r.Output)
	return r
}

// With returns m with more entries, each as name=value.
func With(m map[string]string, more ...string) map[string]string {
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

// BusyMachine is the environment of runs beside other tests, which may be late and drop iterations.
var BusyMachine = []string{"K6_CLIENTCREDS_ALLOW=generator_saturated dropped_iterations"}
