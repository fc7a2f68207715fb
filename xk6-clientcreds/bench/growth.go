package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// sizes are the numbers of VUs, with iterations and rounds that take about as long for each.
var sizes = []probe.Schedule{
	{VUs: 1, PerVU: 300, Rounds: 40},
	{VUs: 10, PerVU: 30, Rounds: 40},
	{VUs: 100, PerVU: 6, Rounds: 30},
	{VUs: 1000, PerVU: 3, Rounds: 12},
	{VUs: 10_000, PerVU: 1, Rounds: 9},
}

const (
	staticHeader = "static header"
	plainToken   = "http.post + res.json()"
)

// growth measures how the cost grows with the number of VUs.
func (b *bench) growth(ctx context.Context) ([]results.Table, error) {
	api := results.Table{Title: "An API request"}
	token := results.Table{Title: "A token from the endpoint"}
	collector := results.Table{Title: "Share of the garbage collector in the CPU time"}
	locks := results.Table{Title: "Waiting for locks"}
	for _, schedule := range sizes {
		schedule.Repeats, schedule.Drain = 1, drain
		run, err := b.blocks(ctx, "growth", schedule)
		if err != nil {
			return nil, err
		}
		cost := func(name, reference string) results.Result { return perUnit(run, schedule.VUs, name, reference) }
		first := func(name string) results.Result {
			return results.Measured(label(name, schedule.VUs), "µs CPU", microseconds(run.Of(name, run.Cost())))
		}
		api.Results = append(api.Results, first(staticHeader))
		for _, name := range growing[:len(growing)-1] {
			result := cost(name, staticHeader)
			if name == "client.headers()" {
				result = result.With(results.NewTarget(results.OfRatio, results.AtMost, 1.03))
			}
			api.Results = append(api.Results, result)
		}
		token.Results = append(token.Results, first(plainToken), cost(plainToken+", again", plainToken),
			cost("client.acquire()", plainToken))
		for _, name := range []string{staticHeader, "client.get()", plainToken, "client.acquire()"} {
			collector.Results = append(collector.Results, results.Measured(label(name, schedule.VUs), "%",
				run.Of(name, func(b block.Block) float64 { return 100 * (1 - block.CPU(b)/run.Cost()(b)) })))
		}
		for _, name := range []string{staticHeader, "client.get()", "client.get(), shared", "client.acquire()"} {
			locks.Results = append(locks.Results, results.Measured(label(name, schedule.VUs), "µs",
				run.Of(name, func(b block.Block) float64 {
					return float64(b.Locks) / float64(b.Units) / float64(time.Microsecond)
				})))
		}
	}
	most := sizes[len(sizes)-1].VUs
	memory, err := b.memoryOf(ctx, most)
	if err != nil {
		return nil, err
	}
	start, err := b.startUp(ctx, most)
	if err != nil {
		return nil, err
	}
	tables := []results.Table{api, token, memory, start, collector, locks}
	if b.plot == "" {
		return tables, nil
	}
	return tables, os.WriteFile(b.plot, []byte(growthPlot(tables)), 0o644) // #nosec G306 -- documentation
}

// growing are the variants with a curve each. The last one is compared with a plain token request, the others with a
// static header.
var growing = []string{
	"static header, again", "JS helper", "client.headers()", "client.get()", "client.get(), shared", "client.get(), DPoP",
	"client.acquire()",
}

// memoryOf measures the live heap of a VU among so many.
func (b *bench) memoryOf(ctx context.Context, vus int) (results.Table, error) {
	perVU := make(map[string][]float64)
	for range weighings {
		for _, script := range []string{"static", "helper", "client"} {
			few, err := b.heap(ctx, "memory-"+script, fewVUs)
			if err != nil {
				return results.Table{}, err
			}
			many, err := b.heap(ctx, "memory-"+script, vus)
			if err != nil {
				return results.Table{}, err
			}
			perVU[script] = append(perVU[script], (many-few)/float64(vus-fewVUs)/kilobyte)
		}
	}
	more := make([]float64, weighings)
	for i := range more {
		more[i] = perVU["client"][i] - perVU["static"][i]
	}
	return results.Table{
		Title: "Live heap with " + plural(vus),
		Results: []results.Result{
			results.Measured(staticHeader, "kB per VU", perVU["static"]),
			results.Compared("JS helper", "kB per VU", perVU["helper"], staticHeader, perVU["static"]),
			results.Compared("client.headers()", "kB per VU", perVU["client"], staticHeader, perVU["static"]),
			results.Measured("client.headers(), above static header", "kB per VU", more).
				With(results.NewTarget(results.OfValue, results.AtMost, 8)),
		},
	}, nil
}

// startUps is how often each script is started.
const startUps = 7

// startUp measures the CPU time of a k6 that creates all VUs, of which one has an iteration.
func (b *bench) startUp(ctx context.Context, vus int) (results.Table, error) {
	const again = staticHeader + ", again"
	used := make(map[string][]float64)
	for range startUps {
		for name, script := range map[string]string{ // a map: the order is another one each time
			staticHeader: "static", again: "static", "JS helper": "helper", "client.headers()": "client",
		} {
			seconds, err := b.start(ctx, "memory-"+script, vus)
			if err != nil {
				return results.Table{}, err
			}
			used[name] = append(used[name], seconds)
		}
	}
	beside := func(name string) results.Result {
		return results.Compared(name, "s CPU", used[name], staticHeader, used[staticHeader])
	}
	return results.Table{
		Title: "Start of " + plural(vus),
		Results: []results.Result{
			results.Measured(staticHeader, "s CPU", used[staticHeader]), beside(again), beside("JS helper"),
			beside("client.headers()").With(results.NewTarget(results.OfRatio, results.AtMost, 1.05)),
		},
	}, nil
}

// start returns the CPU time of a whole k6 process in seconds.
func (b *bench) start(ctx context.Context, script string, vus int) (float64, error) {
	_, _ = fmt.Fprintf(b.log, "start of %s, %s\n", script, plural(vus))
	cmd := command(ctx, b.k6, []string{
		roleK6, "run", "--quiet", "--summary-mode", "disabled", "--address", "", "--vus", strconv.Itoa(vus),
		"--iterations", strconv.Itoa(vus), filepath.Join(b.scripts, script+".js"),
	}, append(b.server.env(), "ONLY_START=yes"))
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s with %s: %w\n%s", script, plural(vus), err, tail(output.String()))
	}
	return (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), nil
}

// ratios returns the ratios of a variant, by size, from the tables.
func ratios(tables []results.Table, variant string) []float64 {
	var found []float64
	for _, size := range sizes {
		for _, table := range tables {
			i := slices.IndexFunc(table.Results, func(r results.Result) bool {
				return r.Name == label(variant, size.VUs) && r.Ratio != nil
			})
			if i >= 0 {
				found = append(found, *table.Results[i].Ratio)
			}
		}
	}
	return found
}
