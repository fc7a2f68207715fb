package command

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"go.k6.io/k6/v2/errext"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/scenario"
)

func (r *runner) start(run *scenarioRun) (err error) {
	k6, err := r.executable()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "clientcreds-")
	if err != nil {
		return err
	}
	if !run.dryRun {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	scripts, err := fs.Sub(r.files, scenario.Dir)
	if err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(dir, scenario.Dir), scripts); err != nil {
		return err
	}
	script := filepath.Join(dir, filepath.FromSlash(run.scenario.Script))
	command := slices.Concat([]string{k6, "run"}, run.k6, []string{script})
	if run.dryRun {
		return run.print(r.gs.Stdout, command)
	}
	if err := run.announce(r.gs.Stderr); err != nil {
		return err
	}
	signals := make(chan os.Signal, 2)
	r.gs.SignalNotify(signals, os.Interrupt, syscall.SIGTERM)
	defer r.gs.SignalStop(signals)
	c := childProcess{gs: r.gs, command: command, signals: signals}
	for name, value := range run.env {
		c.env = append(c.env, name+"="+value)
	}
	return withoutText(c.run())
}

var errEnded = errors.New("the run has ended, see above")

func withoutText(err error) error {
	var exit errext.HasExitCode
	if errors.As(err, &exit) && exit.ExitCode() != exitNotFound && exit.ExitCode() != exitNotExecutable {
		return errext.WithExitCodeIfNone(errEnded, exit.ExitCode())
	}
	return err
}
