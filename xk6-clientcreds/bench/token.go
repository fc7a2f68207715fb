package main

import (
	"context"
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
	return tables, nil
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
