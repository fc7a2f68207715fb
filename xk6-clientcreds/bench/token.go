package main

import (
	"context"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/report"
)

// token measures a request to the token endpoint.
func (b *bench) token(ctx context.Context) ([]report.Table, error) {
	var tables []report.Table
	for _, score := range []probe.Score{
		{VUs: 1, PerVU: 1000, Rounds: 25},
		{VUs: 50, PerVU: 20, Rounds: 35},
	} {
		score.Turns, score.Settle = 1, settle
		run, err := b.blocks(ctx, "token", score)
		if err != nil {
			return nil, err
		}
		tables = append(tables, tokenTable(run, score.VUs))
	}
	return tables, nil
}

func tokenTable(run *block.Run, vus int) report.Table {
	const reference = "http.post + res.json()"
	cpu := run.Cost()
	perCPUSecond := func(b block.Block) float64 { return float64(time.Second) / cpu(b) }
	cost := func(name string) report.Result { return perUnit(run, vus, name, reference) }
	beside := func(name, unit string, q block.Quantity) report.Result {
		return report.Compared(label(name, vus), unit, run.Of(name, q), label(reference, vus), run.Of(reference, q))
	}
	output := beside("client.acquire()", "tokens per CPU second", perCPUSecond)
	if vus > 1 { // one VU spends its time on waking up, with either
		output = output.With(report.NewTarget(report.OfRatio, report.AtLeast, 2))
	}
	return report.Table{
		Title: "A token from the endpoint with " + plural(vus),
		Results: []report.Result{
			report.Measured(label(reference, vus), "µs CPU", microseconds(run.Of(reference, cpu))),
			cost("http.post + res.json(), again"),
			cost("client.acquire()"),
			cost("client.acquire(), httpMetrics"),
			report.Measured(label(reference, vus), "tokens per CPU second", run.Of(reference, perCPUSecond)),
			output,
			report.Measured(label(reference, vus), "tokens/s", run.Of(reference, block.Rate)),
			beside("client.acquire()", "tokens/s", block.Rate),
		},
	}
}
