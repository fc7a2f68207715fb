package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// limits are the longest times that a process may take. A process that computes forever ends at the limit of its CPU time, however slow the
// machine is.
type limits struct{ wall, cpu time.Duration }

// ended is how a process ended.
type ended struct {
	output []byte
	code   int
	late   bool // it ended at the limit of the time, not of the CPU time
	effort effort
}

// run runs a command to its end, or to a limit.
func run(dir string, env []string, most limits, name string, args ...string) (ended, error) {
	ctx, cancel := context.WithTimeout(context.Background(), most.wall)
	defer cancel()
	seconds := int(math.Ceil(most.cpu.Seconds()))
	command := append([]string{"-c", fmt.Sprintf(`ulimit -t %d; exec "$0" "$@"`, seconds), name}, args...)
	cmd := exec.CommandContext(ctx, "sh", command...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	start := time.Now()
	output, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && ctx.Err() == nil && !errors.As(err, &exit) {
		return ended{}, err
	}
	took := effort{time.Since(start), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	return ended{output, cmd.ProcessState.ExitCode(), ctx.Err() != nil, took}, nil
}
