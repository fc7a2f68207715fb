package main

import (
	"context"
	"strconv"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

const (
	// mostSeries is how many label sets the exporter keeps of a metric, unless told otherwise.
	mostSeries = 10_000
	// offeredSeries is more than it keeps.
	offeredSeries = 2 * mostSeries
)

// megabyte is 1,000,000 bytes.
const megabyte = 1000 * kilobyte

// exporterMemory measures what the histograms of one metric weigh in the exporter, at its limit and
// when more are offered. k6 itself remembers every label set, so each is compared with a k6 that had
// the same ones.
func (b *bench) exporterMemory(ctx context.Context) (results.Table, error) {
	const memory = "memory-series"
	const times = 2
	kept, offered := make([]float64, times), make([]float64, times)
	for i := range times {
		for series, above := range map[int][]float64{mostSeries: kept, offeredSeries: offered} {
			args := offer(series)
			without, err := b.heap(ctx, memory, 1, args...)
			if err != nil {
				return results.Table{}, err
			}
			with, err := b.heap(ctx, memory, 1, append(args, "-o", "prometheus=addr=127.0.0.1:0,linger=0s")...)
			if err != nil {
				return results.Table{}, err
			}
			above[i] = (with - without) / megabyte
		}
	}
	return exporterMemoryTable(kept, offered), nil
}

// offer is the arguments that tell a script how many series to make.
func offer(series int) []string { return []string{"-e", "SERIES=" + strconv.Itoa(series)} }

// exporterMemoryTable is about the megabytes above a k6 without an output.
func exporterMemoryTable(kept, offered []float64) results.Table {
	each, beyond := make([]float64, len(kept)), make([]float64, len(kept))
	for i, mb := range kept {
		each[i] = mb * megabyte / kilobyte / mostSeries
		beyond[i] = (offered[i] - mb) * megabyte / kilobyte / (offeredSeries - mostSeries)
	}
	return results.Table{
		Title: "Live heap of -o prometheus",
		Results: []results.Result{
			results.Measured("a histogram, above no output", "kB", each).
				With(results.NewTarget(results.OfValue, results.AtMost, 10)),
			results.Measured("a label set beyond maxSeries, above no output", "kB", beyond).
				With(results.NewTarget(results.OfValue, results.AtMost, 0.5)),
			results.Measured("10,000 histograms offered, above no output", "MB", kept),
			results.Measured("20,000 histograms offered, above no output", "MB", offered),
		},
	}
}
