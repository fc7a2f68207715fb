package main

import (
	"context"
	"strconv"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// exporterLatency measures whether scrapes of many series keep virtual users waiting. The load
// leaves CPU, as it must where latency is measured, with or without an output. A block has more than
// one scrape, and its 50 slowest iterations are beyond the percentile.
func (b *bench) exporterLatency(ctx context.Context, cores int) (results.Table, error) {
	schedule := probe.Schedule{
		VUs: 50, PerVU: 100, Repeats: 1, Rounds: 6, Drain: 500 * time.Millisecond,
		Cores: cores, Latency: true, Pause: 10 * time.Millisecond,
		WithOutput: []string{unscraped, unscraped + ", again", scraped},
	}
	run, seen, err := b.scrapedBlocks(ctx, "series", schedule, offer(mostSeries)...)
	if err != nil {
		return results.Table{}, err
	}
	return exporterLatencyTable(run, seen, schedule), nil
}

func exporterLatencyTable(run *block.Run, seen scrapes, schedule probe.Schedule) results.Table {
	p99 := func(name string) results.Result {
		return results.Compared(name, "ms, p99", run.Of(name, block.P99), unscraped, run.Of(unscraped, block.P99))
	}
	cores := "1 core"
	if schedule.Cores > 1 {
		cores = strconv.Itoa(schedule.Cores) + " cores"
	}
	return results.Table{
		Title: "Iterations of " + plural(schedule.VUs) + " on " + cores + " while 10,000 histograms are scraped",
		Results: []results.Result{
			results.Measured(unscraped, "ms, p99", run.Of(unscraped, block.P99)),
			p99(unscraped + ", again"),
			p99(scraped).With(results.NewTarget(results.OfRatio, results.AtMost, 2)),
			results.Measured("a scrape", "ms", seen.milliseconds()),
			results.Measured("a scrape, compressed", "kB", []float64{float64(seen.size) / kilobyte}),
		},
	}
}
