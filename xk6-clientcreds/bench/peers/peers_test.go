//go:build linux

package main

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatHappensInTheWindow(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	first := snapshot{counts{100, 1}, begin, time.Second, time.Second}
	o, err := between(first, snapshot{counts{300, 1}, begin.Add(4 * time.Second), 3 * time.Second, 2 * time.Second})
	require.NoError(t, err)
	assert.InDelta(t, 10_000, o.cpu, 1e-9)
	assert.InDelta(t, 50, o.rate, 1e-9)
	assert.InDelta(t, 0.25, o.server, 1e-9)
	_, err = between(first, snapshot{counts{300, 3}, begin.Add(time.Second), 0, 0})
	require.EqualError(t, err, "the server refused 2 of its requests")
	_, err = between(first, first)
	assert.EqualError(t, err, "it obtained no token in the window")
}

func TestTable(t *testing.T) {
	t.Parallel()
	tools := []tool{{name: reference, version: "2.2.0"}, {name: "wrk", version: "4.1.0"}}
	rounds := []round{
		{reference: {100, 9000, 0.5, 200, 0.001, 80, 300}, "wrk": {10, 50000, 1, 0, 0, 5, 9}},
		{reference: {120, 9000, 0.5, 200, -0.002, 80, 300}, "wrk": {30, 50000, 1, 0, 0, 5, 9}},
	}
	lines := strings.Split(markdown(tools, rounds, 200), "\n")
	assert.Equal(t, "| k6, http.post | 2.2.0 | 110 (100 to 120) µs | 1.00 (1.00 to 1.00) | 9167 | 9000 (9000 to 9000) | 50.0% | "+
		"200 (200 to 200) µs | -0.1% (-0.2% to +0.1%) | 80.0 MB | 300 MB |", lines[4])
	assert.Equal(t, "| wrk | 4.1.0 | 20.0 (10.0 to 30.0) µs | 0.17 (0.10 to 0.25) | 66667 | 50000 (50000 to 50000) | 100% |  | "+
		"no rates | 5.00 MB | 9.00 MB |", lines[5])
}

// TestProcessGroup: the CPU time and the memory of a shell and its child.
func TestProcessGroup(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "sh -c 'while :; do :; done' & echo; wait")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		assert.NoError(t, syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL))
		assert.Error(t, cmd.Wait())
	})
	_, err = io.ReadFull(out, make([]byte, 1)) // the child has begun
	require.NoError(t, err)
	group := members(cmd.Process.Pid)
	require.Len(t, group, 2)
	require.Eventually(t, func() bool {
		var used time.Duration
		for _, m := range group {
			assert.Positive(t, m.memory)
			cpu, err := cpuTime(m.pid)
			require.NoError(t, err)
			used += cpu
		}
		return used >= 50*time.Millisecond
	}, time.Minute, 10*time.Millisecond)
	_, err = cpuTime(1 << 22)
	assert.ErrorContains(t, err, "CPU time of process 4194304")
}

func TestStatLine(t *testing.T) {
	t.Parallel()
	group, m, err := parseStat("7 (a) b (c)) S 1 5 5 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 9 1000 3 18446744073709551615")
	require.NoError(t, err)
	assert.Equal(t, 5, group)
	assert.Equal(t, member{pid: 7, memory: 3 * int64(os.Getpagesize())}, m)
	_, _, err = parseStat("7 (sh) S 1 5")
	assert.EqualError(t, err, "3 fields are too few")
}

func TestWithoutTheServer(t *testing.T) {
	for _, name := range []string{"TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET"} {
		t.Setenv(name, "")
	}
	var errors strings.Builder
	assert.Equal(t, 2, mainImpl(nil, io.Discard, &errors))
	assert.Equal(t, "peers: TOKEN_URL, CLIENT_ID, and CLIENT_SECRET must be set; run this below k6 x clientcreds serve\n", errors.String())
}
