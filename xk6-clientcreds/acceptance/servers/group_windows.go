package servers

import (
	"errors"
	"os/exec"
)

// Windows has no process groups that signals reach.
func ownGroup(*exec.Cmd) {}

func endGroup(*exec.Cmd) error      { return errors.ErrUnsupported }
func pauseGroup(*exec.Cmd) error    { return errors.ErrUnsupported }
func resumeGroup(*exec.Cmd) error   { return errors.ErrUnsupported }
func killGroup(cmd *exec.Cmd) error { return cmd.Process.Kill() }
