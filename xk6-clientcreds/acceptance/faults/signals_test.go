//go:build linux

package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// The exit codes of a run that a signal ends.
const (
	exitStopped = 105
	exitKilled  = -1
)

// interruption is a signal that meets a phase of a test.
type interruption struct {
	phase  string
	signal syscall.Signal
	exit   int
	record string // the verdict in the record, "" for none
	rules  []string
	short  bool
}

// signals are all of them.
func signals() []interruption {
	var all []interruption
	early, stopped := []string{"no_iterations", "stopped_early"}, []string{"stopped_early"}
	never := []string{"no_iterations", "stopped_early", "no_tokens"}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		all = append(all,
			interruption{"init", signal, exitStopped, "INVALID", never, false},
			interruption{"setup", signal, exitStopped, "INVALID", early, false},
			interruption{"run", signal, exitStopped, "INVALID", stopped, signal == syscall.SIGINT},
			interruption{"teardown", signal, exitStopped, "FAIL", []string{"test_failed"}, false},
			interruption{"linger", signal, 0, "PASS", nil, signal == syscall.SIGTERM},
		)
	}
	for _, phase := range []string{"init", "setup", "run", "teardown"} {
		all = append(all, interruption{phase, syscall.SIGKILL, exitKilled, "", nil, phase == "run"})
	}
	return append(all, interruption{"linger", syscall.SIGKILL, exitKilled, "PASS", nil, false})
}

// name is SIGINT or the like.
func (c *interruption) name() string {
	return map[syscall.Signal]string{
		syscall.SIGINT: "SIGINT", syscall.SIGTERM: "SIGTERM", syscall.SIGKILL: "SIGKILL",
	}[c.signal]
}

// TestSignals: a signal ends k6 in any phase, and the record is complete, or nobody takes it for one.
func TestSignals(t *testing.T) {
	var lines []string
	for _, c := range signals() {
		if !c.short && !*long {
			continue
		}
		t.Run(c.name()+" in "+c.phase, func(t *testing.T) {
			if !*long {
				t.Parallel()
			}
			line := c.meet(t)
			if *long {
				lines = append(lines, line)
			}
		})
	}
	if *long && *k6test.Update && !t.Failed() {
		write(t, "signals", "| Signal | Exit code | Record |\n|---|---|---|\n"+strings.Join(lines, ""))
	}
}

// meet sends the signal, and returns the line of the document.
func (c *interruption) meet(t *testing.T) string {
	t.Helper()
	vus, _ := users()
	vus = min(vus, 100)
	s := &server{address: lowAddress(t)}
	s.start(t)
	wire := startWire(t, s, nil, false)
	folder := t.TempDir()
	record := filepath.Join(folder, "record.json")
	require.NoError(t, os.WriteFile(record, []byte(`{"of": "an earlier run"}`), 0o600))
	url := "http://" + wire.address
	run := k6test.Run{
		Script: k6test.Fixture("phases.js"),
		Env: map[string]string{
			"TOKEN_URL": url + "/token", "API_URL": url + "/api/orders", "CLIENT_SECRET": secret, "VUS": fmt.Sprint(vus),
			"PHASE": c.phase, "K6_CLIENTCREDS_EXIT_CODE": "verdict",
		},
		Args: []string{"-o", "clientcreds-record=" + record},
	}
	begun := c.phase + " has begun"
	switch c.phase {
	case "run":
		begun = ""
	case "linger":
		begun = "The test is over. Metrics can be scraped"
		run.Args = append(run.Args, "-o", "prometheus=addr=127.0.0.1:0,linger=10m")
	}
	p := run.Start(t)
	k6test.Eventually(t, func() bool {
		return strings.Contains(p.Output.String(), begun) && (c.phase != "run" || wire.now().api > 3*vus)
	}, c.phase)
	p.Signal(t, c.signal)
	r := p.Result(t)
	assert.Equal(t, c.exit, r.ExitCode, r.Output)
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "nothing is left beside the record")
	what := "none: the file is empty"
	if c.record == "" {
		assert.Empty(t, k6test.ReadFile(t, record))
		code, out := k6test.Judge(t, record)
		assert.Equal(t, k6test.ExitUnusable, code, out)
	} else {
		found := k6test.ReadRecord(t, record)
		assert.Equal(t, c.record, found.Validity.Verdict, r.Output)
		assert.Equal(t, append([]string{}, c.rules...), found.Rules(), r.Output)
		what = "complete, " + c.record
		if len(c.rules) > 0 {
			what += " (`" + strings.Join(c.rules, "`, `") + "`)"
		}
		if c.signal != syscall.SIGKILL {
			assert.Equal(t, wire.now().token, r.Summary.Count("clientcreds_requests"), r.Output)
			// k6 does not count its own requests that a signal interrupts.
			interrupted := wire.now().api - r.Summary.Count("http_reqs")
			assert.True(t, interrupted == 0 || c.phase == "run" && interrupted > 0 && interrupted <= vus, r.Output)
		}
	}
	exit := fmt.Sprint(c.exit)
	if c.exit == exitKilled {
		exit = "killed"
	}
	return fmt.Sprintf("| %s in %s | %s | %s |\n", c.name(), c.phase, exit, what)
}
