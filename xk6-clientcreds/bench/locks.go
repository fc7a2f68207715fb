package main

import (
	"context"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// locks measures how long goroutines wait for each other. On one core they hardly do, so k6 has two, as the server has.
func (b *bench) locks(ctx context.Context) ([]results.Table, error) {
	schedule := probe.Schedule{VUs: 1000, PerVU: 3, Repeats: 1, Rounds: 12, Cores: 2}
	run, err := b.blocks(ctx, "api", schedule)
	if err != nil {
		return nil, err
	}
	return []results.Table{locksTable(run, schedule.VUs)}, nil
}

func locksTable(run *block.Run, vus int) results.Table {
	table := results.Table{Title: "Waiting for locks on 2 cores, for each iteration"}
	for _, name := range []string{
		staticHeader, again(staticHeader), jsHelper, clientHeaders, clientGet, clientGet + ", shared", clientGet + ", DPoP",
	} {
		table.Results = append(table.Results, results.Measured(label(name, vus), "µs", run.Of(name, waited)))
	}
	return table
}

// waited is microseconds of waiting for locks per unit.
func waited(b block.Block) float64 {
	return float64(b.Locks) / float64(b.Units) / float64(time.Microsecond)
}
