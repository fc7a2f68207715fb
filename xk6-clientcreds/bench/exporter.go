package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/report"
)

// Variants of the scripts exporter and series.
const (
	unobserved = "no output"
	unscraped  = "not scraped"
	scraped    = "scraped every second"
)

// handOver is k6's interval for handing samples to outputs, and some. What follows is the same with
// and without one.
const handOver = 60 * time.Millisecond

// exporter measures what the output costs.
func (b *bench) exporter(ctx context.Context) ([]report.Table, error) {
	var tables []report.Table
	for _, m := range []func(context.Context) (report.Table, error){
		b.exporterCPU, b.exporterMemory,
		func(ctx context.Context) (report.Table, error) { return b.exporterLatency(ctx, 1) },
		func(ctx context.Context) (report.Table, error) { return b.exporterLatency(ctx, 2) },
	} {
		t, err := m(ctx)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// exporterCPU measures requests while their samples go to the output and while they do not. The
// blocks that are pooled take about a second together, so that there is one scrape in them.
func (b *bench) exporterCPU(ctx context.Context) (report.Table, error) {
	const rounds, blocks = 18, 8
	score := probe.Score{
		VUs: 50, PerVU: 40, Turns: 1, Rounds: rounds * blocks, Settle: handOver, Observed: []string{scraped},
	}
	run, _, err := b.scrapedBlocks(ctx, "exporter", score)
	if err != nil {
		return report.Table{}, err
	}
	return exporterCPUTable(run.Pooled(blocks), score.VUs), nil
}

func exporterCPUTable(run *block.Run, vus int) report.Table {
	cost := func(name string) report.Result { return perUnit(run, vus, name, unobserved) }
	return report.Table{
		Title: "http.get with " + plural(vus) + ", -o prometheus",
		Results: []report.Result{
			report.Measured(label(unobserved, vus), "µs CPU", microseconds(run.Of(unobserved, run.Cost()))),
			cost(unobserved + ", again"),
			cost(scraped).With(report.NewTarget(report.OfRatio, report.AtMost, 1.03)),
		},
	}
}

// scrapes is what a scraper has seen.
type scrapes struct {
	took []time.Duration
	size int64
}

// milliseconds lists how long the scrapes took.
func (s scrapes) milliseconds() []float64 {
	list := make([]float64, len(s.took))
	for i, took := range s.took {
		list[i] = float64(took) / float64(time.Millisecond)
	}
	return list
}

// scrapedBlocks runs a script with the output, which is scraped in the blocks of one variant.
func (b *bench) scrapedBlocks(
	ctx context.Context, script string, score probe.Score, args ...string,
) (*block.Run, scrapes, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, scrapes{}, err
	}
	score.Announce = filepath.Join(b.scripts, script+".pipe")
	s, err := startScraper(ctx, score.Announce, address, scraped)
	if err != nil {
		return nil, scrapes{}, err
	}
	args = append(args, "-o", switchedOutput+"=addr="+address+",linger=0s")
	run, err := b.blocks(ctx, script, score, args...)
	took, size, missed := s.stop()
	if err == nil {
		err = missed
	}
	return run, scrapes{took, size}, err
}
