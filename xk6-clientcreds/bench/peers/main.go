//go:build linux

// Command peers measures load generators beside each other: each requests tokens from the same local server, on a core
// of its own. docs/evidence/peers.md explains the method. It runs below the server, whose child gets its addresses:
//
//	taskset -c 0 build/k6 x clientcreds serve --addr 127.0.0.1:0 -- build/peers -home .cache/peers -scripts tools/peers
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/procinfo"
)

func main() { os.Exit(mainImpl(os.Args[1:], os.Stdout, os.Stderr)) }

func mainImpl(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.SetOutput(stderr)
	p := plan{log: stderr}
	flags.StringVar(&p.k6, "k6", "build/k6", "the k6 `binary`")
	flags.StringVar(&p.home, "home", "", "the `folder` in which the other tools are installed")
	flags.StringVar(&p.gatling, "gatling", "", "the `folder` with Gatling's libraries")
	flags.StringVar(&p.scripts, "scripts", "tools/peers", "the `folder` of the scripts")
	flags.IntVar(&p.core, "core", 1, "the `core` of the load generators")
	flags.IntVar(&p.rounds, "rounds", 3, "how often everything is measured")
	flags.IntVar(&p.rate, "rate", 200, "tokens per second of the runs at a rate")
	flags.DurationVar(&p.warmUp, "warm-up", 3*time.Second, "how long a run is not measured")
	flags.DurationVar(&p.window, "window", 4*time.Second, "how long a run is measured")
	flags.StringVar(&p.only, "only", "", "a regular `expression` for the names of the tools")
	out := flags.String("out", "", "the JSON `file` for what was measured in each round")
	table := flags.String("table", "", "the Markdown `file` to put the table into")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, p, *out, *table, stdout); err != nil {
		fmt.Fprintln(stderr, "peers:", err)
		return 2
	}
	return 0
}

func run(ctx context.Context, p plan, out, table string, stdout io.Writer) error {
	if table != "" && p.only != "" {
		return errors.New("-only and -table exclude each other: the page has all tools")
	}
	var err error
	if p.work, err = os.MkdirTemp("", "clientcreds-peers-"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(p.work) }()
	tools, err := p.tools()
	if err != nil {
		return err
	}
	measured, err := p.measure(ctx, tools)
	if err != nil {
		return err
	}
	// The server's core is the only one that this process may use, and sees.
	machine := fmt.Sprintf("%s, %s/%s: one core for the server, and one for the tool.",
		cmp.Or(procinfo.CPUModel(), "CPU unknown"), runtime.GOOS, runtime.GOARCH)
	text := machine + "\n\n" + markdown(tools, measured, p.rate)
	if _, err := io.WriteString(stdout, text); err != nil {
		return err
	}
	rounds, err := json.MarshalIndent(measured, "", "  ")
	if err != nil {
		return err
	}
	return results.Save(out, append(rounds, '\n'), table, text)
}
