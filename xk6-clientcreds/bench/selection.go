package main

import (
	"context"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/clientpool"
)

// Two pools from which selection.js selects clients. A VU keeps all clients of the small one.
const (
	smallPool = 100
	largePool = 1_000_000
)

// selection measures pool.client(). A VU that draws a client which it has not kept creates it.
func (b *bench) selection(ctx context.Context) ([]results.Table, error) {
	run, err := b.selected(ctx, largePool, probe.Schedule{VUs: 1, PerVU: 1, Repeats: 1000, Rounds: 20})
	if err != nil {
		return nil, err
	}
	return []results.Table{selectionTable(run)}, nil
}

// selected runs the script with a large pool of that size.
func (b *bench) selected(ctx context.Context, large int, schedule probe.Schedule) (*block.Run, error) {
	small, err := b.clientsFile(".csv", smallPool)
	if err != nil {
		return nil, err
	}
	most, err := b.clientsFile(".csv", large)
	if err != nil {
		return nil, err
	}
	return b.blocks(ctx, "selection", schedule, "-e", "SMALL="+small, "-e", "LARGE="+most)
}

func selectionTable(run *block.Run) results.Table {
	table := results.Table{Title: "pool.client() of 100 and of 1,000,000 clients"}
	for _, assignment := range []string{
		clientpool.ByVU, clientpool.RoundRobin, clientpool.Random, clientpool.Zipf, clientpool.Hot,
	} {
		small, large := assignment+", small", assignment+", large"
		table.Results = append(table.Results,
			results.Measured(assignment+", 100", "µs CPU", microseconds(run.Of(small, run.Cost()))),
			results.Compared(assignment+", 1,000,000", "µs CPU", microseconds(run.Of(large, run.Cost())),
				assignment+", 100", microseconds(run.Of(small, run.Cost()))))
	}
	return table
}
