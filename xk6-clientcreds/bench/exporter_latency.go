package main

import (
	"context"
	"strconv"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/report"
)

// exporterLatency measures whether scrapes of many series keep virtual users waiting. The load
// leaves CPU, as it must where latency is measured, with or without an output. A block has more than
// one scrape, and its 50 slowest iterations are beyond the percentile.
func (b *bench) exporterLatency(ctx context.Context, cores int) (report.Table, error) {
	score := probe.Score{
		VUs: 50, PerVU: 100, Turns: 1, Rounds: 6, Settle: 500 * time.Millisecond,
		Cores: cores, Latency: true, Pause: 10 * time.Millisecond,
		Observed: []string{unscraped, unscraped + ", again", scraped},
	}
	run, seen, err := b.scrapedBlocks(ctx, "series", score, offer(mostSeries)...)
	if err != nil {
		return report.Table{}, err
	}
	return exporterLatencyTable(run, seen, score), nil
}

func exporterLatencyTable(run *block.Run, seen scrapes, score probe.Score) report.Table {
	p99 := func(name string) report.Result {
		return report.Compared(name, "ms, p99", run.Of(name, block.P99), unscraped, run.Of(unscraped, block.P99))
	}
	cores := "1 core"
	if score.Cores > 1 {
		cores = strconv.Itoa(score.Cores) + " cores"
	}
	return report.Table{
		Title: "Iterations of " + plural(score.VUs) + " on " + cores + " while 10,000 histograms are scraped",
		Results: []report.Result{
			report.Measured(unscraped, "ms, p99", run.Of(unscraped, block.P99)),
			p99(unscraped + ", again"),
			p99(scraped),
			report.Measured("a scrape", "ms", seen.milliseconds()),
			report.Measured("a scrape, compressed", "kB", []float64{float64(seen.size) / kilobyte}),
		},
	}
}
