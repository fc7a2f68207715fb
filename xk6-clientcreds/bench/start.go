package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// startUps is how often each script is started with mostVUs. Whether one more collection of that heap falls into a
// start is random.
const startUps = 12

// start measures the CPU time of a k6 that creates all VUs, each of which has an empty iteration.
func (b *bench) start(ctx context.Context) ([]results.Table, error) {
	used := make(map[string][]float64)
	for range startUps {
		for name, script := range memoryScripts { // a map: the order is another one each time
			_, _ = fmt.Fprintf(b.log, "%s, start of %s\n", name, plural(mostVUs))
			took, err := b.whole(ctx, script, "-e", "ONLY_START="+strconv.Itoa(mostVUs))
			if err != nil {
				return nil, err
			}
			used[name] = append(used[name], took.Seconds())
		}
	}
	return []results.Table{startTable(used)}, nil
}

func startTable(used map[string][]float64) results.Table {
	beside := func(name string) results.Result {
		return results.Compared(name, "s CPU", used[name], staticHeader, used[staticHeader])
	}
	return results.Table{
		Title: "Start of " + plural(mostVUs),
		Results: []results.Result{
			results.Measured(staticHeader, "s CPU", used[staticHeader]),
			beside(again(staticHeader)),
			beside(jsHelper),
			beside(clientHeaders).With(results.NewTarget(results.OfRatio, results.AtMost, 1.05)),
		},
	}
}

// whole returns the CPU time of a whole k6 process.
func (b *bench) whole(ctx context.Context, script string, args ...string) (time.Duration, error) {
	args = append([]string{roleK6, "run", "--quiet", "--address", "", "--summary-mode", "disabled"}, args...)
	cmd := command(ctx, b.k6, append(args, filepath.Join(b.scripts, script+".js")), b.server.env())
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s: k6: %w\n%s", script, err, tail(output.String()))
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}
