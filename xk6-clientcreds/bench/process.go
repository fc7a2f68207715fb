package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
)

//go:embed scripts
var scripts embed.FS

// bench holds what all measurements need.
type bench struct {
	k6      string // the binary whose memory is measured
	profile string // folder for CPU profiles, or empty
	keep    string // folder for measurements
	scripts string // folder
	curves  string // of growth, as an SVG, once they are measured
	server  *server
	log     io.Writer
}

// oneCore gives a process one core: the other one is the server's.
const oneCore = "GOMAXPROCS=1"

// command returns a command that is interrupted, as k6 expects, when ctx ends.
func command(ctx context.Context, path string, args, env []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path) // #nosec G204 -- this program, or the binary that the caller names
	cmd.Args = args
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "NO_COLOR=1",
		"K6_CLIENTCREDS_ALLOW=generator_saturated,no_tokens", // blocks are dense, and some have no client
		"K6_AUTO_EXTENSION_RESOLUTION=false", "K6_NO_USAGE_REPORT=true", oneCore,
	}, env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// blocks runs a script of blocks in a k6 of its own, with arguments of its own, and returns what was
// measured in it.
func (b *bench) blocks(ctx context.Context, script string, schedule probe.Schedule, args ...string) (*block.Run,
	error,
) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	name := blocksName(script, schedule)
	schedule.Output = filepath.Join(b.keep, name+".json")
	if b.profile != "" {
		schedule.Profile = filepath.Join(b.profile, name+".pprof")
	}
	text, err := json.Marshal(schedule)
	if err != nil {
		return nil, err
	}
	_, _ = fmt.Fprintf(b.log, "%s, %s\n", script, plural(schedule.VUs))
	args = append([]string{roleK6, "run", "--quiet", "--address", "", "--summary-mode", "disabled"}, args...)
	cmd := command(ctx, self, append(args, filepath.Join(b.scripts, script+".js")),
		append(b.server.env(), probe.ScheduleVariable+"="+string(text)))
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s with %s: k6: %w\n%s", script, plural(schedule.VUs), err, tail(output.String()))
	}
	measured, err := os.ReadFile(schedule.Output)
	if err != nil {
		return nil, fmt.Errorf("%s with %s left no measurements: %w\n%s", script, plural(schedule.VUs), err,
			tail(output.String()))
	}
	run := new(block.Run)
	return run, json.Unmarshal(measured, run)
}

// blocksName is the name of the files with what was measured.
func blocksName(script string, schedule probe.Schedule) string {
	name := fmt.Sprintf("%s-%d", script, schedule.VUs)
	if schedule.Name != "" {
		name += "-" + schedule.Name
	}
	if schedule.Cores > 1 {
		name += fmt.Sprintf("-%dcores", schedule.Cores)
	}
	return name
}

// tail is the end of what a process said, enough to see why it failed.
func tail(output string) string {
	const most = 2000
	if len(output) > most {
		output = "…" + output[len(output)-most:]
	}
	return strings.ToValidUTF8(strings.TrimSpace(output), "")
}

// unpack writes the scripts to a folder.
func unpack(dir string) error {
	return fs.WalkDir(scripts, "scripts", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := scripts.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, filepath.Base(path)), text, 0o600)
	})
}
