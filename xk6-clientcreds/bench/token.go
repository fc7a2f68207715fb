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
	single := probe.Schedule{VUs: 50, PerVU: 20, Rounds: 20, Repeats: 1, Drain: drain}
	one, err := b.blocks(ctx, "token", single)
	if err != nil {
		return nil, err
	}
	batches := probe.Schedule{
		VUs: 5, PerVU: 10, Rounds: 18, Repeats: 20, Drain: drain, Single: []string{plainToken, again(plainToken)},
	}
	batch, err := b.blocks(ctx, "token-batch", batches)
	if err != nil {
		return nil, err
	}
	return []results.Table{tokenTable(one, single.VUs), batchTable(batch, batches.VUs, batches.Repeats)}, nil
}

func batchTable(run *block.Run, vus, size int) results.Table {
	cpu := run.Cost()
	perCPUSecond := func(b block.Block) float64 { return float64(time.Second) / cpu(b) }
	output := func(name string) results.Result {
		return results.Compared(label(name, vus), "tokens per CPU second", run.Of(name, perCPUSecond),
			label(plainToken, vus), run.Of(plainToken, perCPUSecond))
	}
	return results.Table{
		Title: fmt.Sprintf("A token in a batch of %d with %s", size, plural(vus)),
		Results: []results.Result{
			results.Measured(label(plainToken, vus), "tokens per CPU second", run.Of(plainToken, perCPUSecond)),
			output(again(plainToken)),
			output("http.batch + res.json()"),
			output("client.acquireBatch()").With(results.NewTarget(results.OfRatio, results.AtLeast, 2.6)),
		},
	}
}

func tokenTable(run *block.Run, vus int) results.Table {
	cpu := run.Cost()
	perCPUSecond := func(b block.Block) float64 { return float64(time.Second) / cpu(b) }
	cost := func(name string) results.Result { return perUnit(run, vus, name, plainToken) }
	beside := func(name, unit string, q block.Quantity) results.Result {
		return results.Compared(label(name, vus), unit, run.Of(name, q), label(plainToken, vus), run.Of(plainToken, q))
	}
	return results.Table{
		Title: "A token from the endpoint with " + plural(vus),
		Results: []results.Result{
			results.Measured(label(plainToken, vus), "µs CPU", microseconds(run.Of(plainToken, cpu))),
			cost(again(plainToken)),
			cost(clientAcquire),
			cost("client.acquire(), httpMetrics"),
			results.Measured(label(plainToken, vus), "tokens per CPU second", run.Of(plainToken, perCPUSecond)),
			beside(clientAcquire, "tokens per CPU second", perCPUSecond).
				With(results.NewTarget(results.OfRatio, results.AtLeast, 2)),
			results.Measured(label(plainToken, vus), "tokens/s", run.Of(plainToken, block.Rate)),
			beside(clientAcquire, "tokens/s", block.Rate),
		},
	}
}
