package main

import (
	"context"
	"fmt"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// token measures a request to the token endpoint.
func (b *bench) token(ctx context.Context) ([]results.Table, error) {
	var tables []results.Table
	for _, schedule := range []probe.Schedule{
		{VUs: 1, PerVU: 1000, Rounds: 25},
		{VUs: 50, PerVU: 20, Rounds: 35},
	} {
		schedule.Repeats, schedule.Drain = 1, drain
		run, err := b.blocks(ctx, "token", schedule)
		if err != nil {
			return nil, err
		}
		tables = append(tables, tokenTable(run, schedule.VUs))
	}
	batches := probe.Schedule{VUs: 5, PerVU: 10, Rounds: 30, Repeats: 20, Drain: drain}
	run, err := b.blocks(ctx, "token-batch", batches)
	if err != nil {
		return nil, err
	}
	return append(tables, batchTable(run, batches.VUs, batches.Repeats)), nil
}

func batchTable(run *block.Run, vus, size int) results.Table {
	const reference = "http.post + res.json()"
	cpu := run.Cost()
	perCPUSecond := func(b block.Block) float64 { return float64(time.Second) / cpu(b) }
	output := func(name string) results.Result {
		return results.Compared(label(name, vus), "tokens per CPU second", run.Of(name, perCPUSecond),
			label(reference, vus), run.Of(reference, perCPUSecond))
	}
	return results.Table{
		Title: fmt.Sprintf("A token in a batch of %d with %s", size, plural(vus)),
		Results: []results.Result{
			results.Measured(label(reference, vus), "tokens per CPU second", run.Of(reference, perCPUSecond)),
			output(reference + ", again"),
			output("http.batch + res.json()"),
			output("client.acquireBatch()").With(results.NewTarget(results.OfRatio, results.AtLeast, 2.6)),
		},
	}
}

func tokenTable(run *block.Run, vus int) results.Table {
	const reference = "http.post + res.json()"
	cpu := run.Cost()
	perCPUSecond := func(b block.Block) float64 { return float64(time.Second) / cpu(b) }
	cost := func(name string) results.Result { return perUnit(run, vus, name, reference) }
	beside := func(name, unit string, q block.Quantity) results.Result {
		return results.Compared(label(name, vus), unit, run.Of(name, q), label(reference, vus), run.Of(reference, q))
	}
	output := beside("client.acquire()", "tokens per CPU second", perCPUSecond)
	if vus > 1 { // one VU spends its time on waking up, with either
		output = output.With(results.NewTarget(results.OfRatio, results.AtLeast, 2))
	}
	return results.Table{
		Title: "A token from the endpoint with " + plural(vus),
		Results: []results.Result{
			results.Measured(label(reference, vus), "µs CPU", microseconds(run.Of(reference, cpu))),
			cost("http.post + res.json(), again"),
			cost("client.acquire()"),
			cost("client.acquire(), httpMetrics"),
			results.Measured(label(reference, vus), "tokens per CPU second", run.Of(reference, perCPUSecond)),
			output,
			results.Measured(label(reference, vus), "tokens/s", run.Of(reference, block.Rate)),
			beside("client.acquire()", "tokens/s", block.Rate),
		},
	}
}
