package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/term"

	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
)

// Exit codes of a shell for commands that could not be started.
const (
	exitNotExecutable = 126
	exitNotFound      = 127
	exitSignalled     = 128 // plus the number of the signal
)

// runCommand runs the command until it ends, passes the signals on to it, and
// returns an error with its exit code unless that is 0.
func (s *serve) runCommand(command []string, env scriptEnvironment, signals <-chan os.Signal, failed <-chan error) error {
	// #nosec G204 -- running what the user wrote is the purpose
	child := exec.CommandContext(s.gs.Ctx, command[0], command[1:]...)
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
	child.Env = env.over(s.gs.Env)
	// The command gets the terminal itself, not k6's writers around it.
	child.Stdin, child.Stdout, child.Stderr = s.gs.Stdin, s.gs.Stdout.Writer, s.gs.Stderr.Writer
	if err := child.Start(); err != nil {
		return notStarted(command[0], err)
	}
	done := make(chan error, 1)
	go func() { done <- child.Wait() }()
	var serverError error
	for {
		select {
		case err := <-done:
			return errors.Join(serverError, exitError(command[0], err))
		case sig := <-signals:
			if sig == os.Interrupt && isTerminal(s.gs.Stdin) {
				continue // the terminal has interrupted the command too, and k6 gives up at a second interrupt
			}
			s.signal(child.Process, sig)
		case serverError = <-failed:
			s.signal(child.Process, os.Interrupt) // what it measures from now on means nothing
		}
	}
}

func (s *serve) signal(p *os.Process, sig os.Signal) {
	if err := p.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.gs.Logger.WithError(err).Warn("the signal could not be passed on to the command")
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
		code = exitSignalled + int(status.Signal())
	}
	return errext.WithExitCodeIfNone(fmt.Errorf("the command %q ended with exit code %d", name, code),
		exitcodes.ExitCode(code)) // #nosec G115 -- exit codes have eight bits
}
