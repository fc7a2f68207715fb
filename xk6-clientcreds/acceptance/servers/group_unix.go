//go:build unix

package servers

import (
	"os/exec"
	"syscall"
)

// ownGroup has the command start a process group, so that a signal also reaches what a shell script starts.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func endGroup(cmd *exec.Cmd) error    { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
func pauseGroup(cmd *exec.Cmd) error  { return syscall.Kill(-cmd.Process.Pid, syscall.SIGSTOP) }
func resumeGroup(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGCONT) }
func killGroup(cmd *exec.Cmd) error   { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
