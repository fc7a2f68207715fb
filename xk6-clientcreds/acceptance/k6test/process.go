package k6test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Output collects what a process writes and may be read meanwhile.
type Output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// Process is a command under way. It ends with the test at the latest.
type Process struct {
	Cmd  *exec.Cmd
	Done chan struct{}
	err  error // set before done is closed
}

// StartProcess starts cmd with nothing of this process's environment but PATH: a variable set on
// somebody's machine must not change a test.
func StartProcess(t *testing.T, cmd *exec.Cmd, env ...string) *Process {
	t.Helper()
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, env...)
	cmd.WaitDelay = 10 * time.Second
	require.NoError(t, cmd.Start())
	p := &Process{Cmd: cmd, Done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.Done)
	}()
	t.Cleanup(func() { p.Signal(t, syscall.SIGKILL) })
	return p
}

// Wait waits for the process to end and returns its exit code, -1 after a signal.
func (p *Process) Wait(t *testing.T) int {
	t.Helper()
	<-p.Done
	var exit *exec.ExitError
	if p.err != nil && !errors.As(p.err, &exit) {
		require.NoError(t, p.err)
	}
	return p.Cmd.ProcessState.ExitCode()
}

// Signal sends a signal that is to end the process, and waits until it has.
func (p *Process) Signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	select {
	case <-p.Done:
		return
	default:
	}
	if err := p.Cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("signal %s: %s", s, err)
	}
	select {
	case <-p.Done:
	case <-time.After(Soon):
		t.Errorf("%s did not end after signal %s", p.Cmd.Path, s)
		_ = p.Cmd.Process.Kill()
		<-p.Done
	}
}

// Program returns the path of a program, from an environment variable.
func Program(t *testing.T, variable string) string {
	t.Helper()
	bin := os.Getenv(variable)
	require.NotEmpty(t, bin, "%s must be set; `make test-acceptance` builds the program and sets it", variable)
	return bin
}
