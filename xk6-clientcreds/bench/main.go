// Command bench measures what the module costs beside what a script could do without it, and
// fails when a target is missed. docs/evidence/performance.md explains the method.
//
//	go run ./xk6-clientcreds/bench -k6 build/k6 -out build/bench.json -table docs/evidence/performance.md
//	go run ./xk6-clientcreds/bench -growth -k6 build/k6 -out build/growth.json -table docs/evidence/growth.md
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	k6cmd "go.k6.io/k6/v2/cmd"
	"go.k6.io/k6/v2/js/modules"
	"go.k6.io/k6/v2/output"

	_ "github.com/xk6-clientcreds/harness" // what is measured
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/exporter"
)

// The command starts itself under other names: as k6 with the probe in it, so that blocks can be
// measured from inside, as the server, so that the server's CPU time is not the client's, and as what
// is measured without k6.
const (
	roleK6        = "bench-k6"
	roleServer    = "bench-server"
	roleSignature = "bench-signature"
	roleSamples   = "bench-samples"
	roleRecord    = "bench-record"
)

// switchedOutput is the exporter as an output that takes part in some blocks only.
const switchedOutput = "bench-prometheus"

// longest bounds everything: a measurement that hangs must not hang the build.
const longest = 40 * time.Minute

// Exit codes.
const (
	exitMissed = 1
	exitFailed = 2
)

func main() {
	switch filepath.Base(os.Args[0]) {
	case roleK6:
		module := probe.New()
		modules.Register(probe.ImportPath, module)
		output.RegisterExtension(switchedOutput, module.Switched(exporter.New))
		k6cmd.Execute()
	case roleServer:
		exitIf(serve(os.Args[1:], os.Stdin, os.Stdout))
	case roleSignature:
		exitIf(signatures(os.Args[1:], os.Stdout))
	case roleSamples:
		exitIf(takeSamples(os.Args[1:], os.Stdout))
	case roleRecord:
		exitIf(weighRecords(recordedRuns, os.Stdout))
	default:
		os.Exit(mainImpl(os.Args[1:], os.Stdout, os.Stderr))
	}
}

// exitIf ends a process that has failed.
func exitIf(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitFailed)
	}
}

func mainImpl(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	k6 := flags.String("k6", "build/k6", "the k6 `binary` whose memory is measured")
	out := flags.String("out", "", "the JSON `file` for the results")
	table := flags.String("table", "", "the Markdown `file` to put the tables into")
	profile := flags.String("profile", "", "a `folder` for CPU profiles, one per process, labeled by variant")
	keep := flags.String("keep", "", "a `folder` for what was measured in each block")
	plot := flags.String("plot", "", "the SVG `file` for the curves of vus")
	growth := flags.Bool("growth", false, "measure how the costs grow")
	only := flags.String("only", "", "measure only this: "+names())
	if err := flags.Parse(args); err != nil {
		return exitFailed
	}
	measurements, err := chosen(*only, *growth)
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return exitFailed
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()

	b := &bench{k6: *k6, profile: *profile, keep: *keep, log: stderr}
	tables, err := b.measure(ctx, measurements)
	text := results.Machine() + "\n\n" + results.Markdown(tables)
	if len(tables) > 0 {
		fmt.Fprint(stdout, text)
	}
	if err != nil { // the files stay as they are: they would lack some tables
		fmt.Fprintln(stderr, "bench:", err)
		return exitFailed
	}
	rows, err := results.JSON(tables)
	if err == nil {
		err = results.Save(*out, rows, *table, text)
	}
	if err == nil && *plot != "" && b.curves != "" { // without the tables, the plot would contradict them
		err = os.WriteFile(*plot, []byte(b.curves), 0o644) // #nosec G306 -- documentation
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return exitFailed
	}
	if err := results.Verdict(tables); errors.Is(err, results.ErrMissed) {
		fmt.Fprintln(stderr, err)
		return exitMissed
	}
	return 0
}
