package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/term"

	"go.k6.io/k6/v2/cmd/state"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
)

// Exit codes of a shell for commands that could not be started.
const (
	exitNotExecutable = 126
	exitNotFound      = 127
	exitSignaled      = 128 // plus the number of the signal
)

// childProcess is a command that runs in the foreground of this one.
type childProcess struct {
	gs      *state.GlobalState
	command []string
	env     []string
	signals <-chan os.Signal
	// failed says that the command no longer makes sense. It may be nil.
	failed <-chan error
}

// run runs the command until it ends, passes the signals on to it, and returns an error with its exit code unless that
// is 0.
func (c *childProcess) run() error {
	// #nosec G204 -- running what the user wrote is the purpose
	cmd := exec.CommandContext(c.gs.Ctx, c.command[0], c.command[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Env = c.env
	// The command gets the terminal itself, not k6's writers around it.
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.gs.Stdin, c.gs.Stdout.Writer, c.gs.Stderr.Writer
	if err := cmd.Start(); err != nil {
		return notStarted(c.command[0], err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	var failure error
	for {
		select {
		case err := <-done:
			return errors.Join(failure, exitError(c.command[0], err))
		case sig := <-c.signals:
			if sig == os.Interrupt && isTerminal(c.gs.Stdin) {
				continue // the terminal has interrupted the command too, and k6 gives up at a second interrupt
			}
			c.signal(cmd.Process, sig)
		case failure = <-c.failed:
			c.signal(cmd.Process, os.Interrupt) // what it measures from now on means nothing
		}
	}
}

func (c *childProcess) signal(p *os.Process, sig os.Signal) {
	if err := p.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		c.gs.Logger.WithError(err).Warn("the signal could not be passed on to the command")
	}
}

func isTerminal(stdin any) bool {
	f, ok := stdin.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) // #nosec G115 -- a file descriptor is small
}

func notStarted(name string, err error) error {
	code := exitcodes.ExitCode(exitNotExecutable)
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		code = exitNotFound
	}
	return errext.WithExitCodeIfNone(fmt.Errorf("the command %q could not be started: %w", name, err), code)
}

func exitError(name string, err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	code := exit.ExitCode()
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = exitSignaled + int(status.Signal())
	}
	return errext.WithExitCodeIfNone(fmt.Errorf("the command %q ended with exit code %d", name, code),
		exitcodes.ExitCode(code)) // #nosec G115 -- exit codes have eight bits
}
