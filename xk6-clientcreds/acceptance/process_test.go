package acceptance

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

// output collects what a process writes and may be read meanwhile.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// process is a command under way. It ends with the test at the latest.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // set before done is closed
}

// start starts cmd with nothing of this process's environment but PATH: a variable set on
// somebody's machine must not change a test.
func start(t *testing.T, cmd *exec.Cmd, env ...string) *process {
	t.Helper()
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, env...)
	cmd.WaitDelay = 10 * time.Second
	require.NoError(t, cmd.Start())
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() { p.signal(t, syscall.SIGKILL) })
	return p
}

// wait waits for the process to end and returns its exit code, -1 after a signal.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	<-p.done
	var exit *exec.ExitError
	if p.err != nil && !errors.As(p.err, &exit) {
		require.NoError(t, p.err)
	}
	return p.cmd.ProcessState.ExitCode()
}

// signal sends a signal that is to end the process, and waits until it has.
func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	select {
	case <-p.done:
		return
	default:
	}
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("signal %s: %s", s, err)
	}
	select {
	case <-p.done:
	case <-time.After(soon):
		t.Errorf("%s did not end after signal %s", p.cmd.Path, s)
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}
