package main

import (
	"context"
	"fmt"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// shares is how often the share of the local server is measured.
const shares = 6

// serverShare measures how busy the local server's core is while acquire() keeps k6's core busy. A server that needs as
// much CPU time for a token as the load generator would be the limit of a test.
func (b *bench) serverShare(ctx context.Context) ([]results.Table, error) {
	table := results.Table{Title: "The local server's core while acquire() keeps another core busy, 50 VUs"}
	for _, c := range []struct{ name, with string }{
		{"HTTP/1.1", withKeys}, {"HTTPS, HTTP/2", withTLS}, {"HTTPS, HTTP/2, a constant token", constant},
	} {
		var client, server []float64
		for range shares {
			k6, used, err := b.saturated(ctx, c.with, probe.Schedule{VUs: 50, PerVU: 20, Repeats: 1, Rounds: 5, Drain: drain})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			client, server = append(client, k6), append(server, used)
		}
		share := results.Compared(c.name+", server", "µs CPU", server, c.name+", k6", client)
		if c.with != constant { // which is not the local server
			share = share.With(results.NewTarget(results.OfRatio, results.AtMost, 0.6))
		}
		table.Results = append(table.Results, results.Measured(c.name+", k6", "µs CPU", client), share)
	}
	return []results.Table{table}, nil
}

// saturated returns the CPU time of a token for k6 and for the server, in microseconds.
func (b *bench) saturated(ctx context.Context, with string, schedule probe.Schedule) (k6, server float64, err error) {
	err = b.at(ctx, with, func(own *bench) error {
		before, err := own.server.cpuTime()
		if err != nil {
			return err
		}
		run, err := own.blocks(ctx, "saturate", schedule)
		if err != nil {
			return err
		}
		after, err := own.server.cpuTime()
		if err != nil {
			return err
		}
		var all block.Block
		for _, one := range run.Blocks {
			all.Units, all.CPU, all.Bytes = all.Units+one.Units, all.CPU+one.CPU, all.Bytes+one.Bytes
		}
		k6 = microseconds([]float64{run.Cost()(all)})[0] // with the garbage collector, as the server's
		all.CPU = after - before
		server = microseconds([]float64{block.CPU(all)})[0]
		return nil
	})
	return k6, server, err
}
