package k6test

import (
	"os"
	"os/exec"
	"slices"
	"testing"
)

// Judge runs `k6 x clientcreds verdict`.
func Judge(t *testing.T, args ...string) (exitCode int, output string) {
	t.Helper()
	return Subcommand(t, append([]string{"verdict"}, args...)...)
}

// Subcommand runs a command of `k6 x clientcreds`, and returns what it wrote to both outputs.
func Subcommand(t *testing.T, args ...string) (exitCode int, output string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), Binary(t), append([]string{"x", "clientcreds"}, args...)...) // #nosec G204 -- the binary under test
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "K6_AUTO_EXTENSION_RESOLUTION=false"}
	out, _ := cmd.CombinedOutput()
	return cmd.ProcessState.ExitCode(), string(out)
}

// Served is a run of `k6 x clientcreds serve`, with a command or without.
type Served struct {
	*Process

	Output *Output
}

// Serve starts `k6 x clientcreds serve` at a free port.
func Serve(t *testing.T, env []string, args ...string) Served {
	t.Helper()
	s := Served{Output: new(Output)}
	all := append([]string{"x", "clientcreds", "serve", "--addr", "127.0.0.1:0"}, args...)
	cmd := exec.CommandContext(t.Context(), Binary(t), all...) // #nosec G204 -- the binary under test
	cmd.Dir = Root
	cmd.Stdout, cmd.Stderr = s.Output, s.Output
	s.Process = StartProcess(t, cmd, slices.Concat(BusyMachine, env, []string{
		"HOME=" + t.TempDir(), "NO_COLOR=1", "K6_AUTO_EXTENSION_RESOLUTION=false",
	})...)
	return s
}
