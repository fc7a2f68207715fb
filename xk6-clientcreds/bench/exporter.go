package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
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

// exporter measures what the output costs while a Prometheus scrapes it.
func (b *bench) exporter(ctx context.Context) ([]results.Table, error) {
	t, err := b.exporterCPU(ctx)
	return []results.Table{t}, err
}

// histograms measures what many series cost.
func (b *bench) histograms(ctx context.Context) ([]results.Table, error) {
	var tables []results.Table
	for _, m := range []func(context.Context) (results.Table, error){
		b.exporterMemory,
		func(ctx context.Context) (results.Table, error) { return b.exporterLatency(ctx, 1) },
		func(ctx context.Context) (results.Table, error) { return b.exporterLatency(ctx, 2) },
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
func (b *bench) exporterCPU(ctx context.Context) (results.Table, error) {
	const rounds, blocks = 6, 8
	schedule := probe.Schedule{
		VUs: 1000, PerVU: 2, Repeats: 1, Rounds: rounds * blocks, Drain: handOver, WithOutput: []string{scraped},
	}
	run, _, err := b.scrapedBlocks(ctx, "exporter", schedule)
	if err != nil {
		return results.Table{}, err
	}
	return exporterCPUTable(run.Pooled(blocks), schedule.VUs), nil
}

func exporterCPUTable(run *block.Run, vus int) results.Table {
	cost := func(name string) results.Result { return perUnit(run, vus, name, unobserved) }
	return results.Table{
		Title: "http.get with " + plural(vus) + ", -o prometheus",
		Results: []results.Result{
			results.Measured(label(unobserved, vus), "µs CPU", microseconds(run.Of(unobserved, run.Cost()))),
			cost(unobserved + ", again"),
			cost(scraped).With(results.NewTarget(results.OfRatio, results.AtMost, 1.03)),
		},
	}
}

// scrapes holds the observations of a scraper.
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
	ctx context.Context, script string, schedule probe.Schedule, args ...string,
) (*block.Run, scrapes, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, scrapes{}, err
	}
	schedule.Announce = filepath.Join(b.scripts, script+".pipe")
	s, err := startScraper(ctx, schedule.Announce, address, scraped)
	if err != nil {
		return nil, scrapes{}, err
	}
	args = append(args, "-o", switchedOutput+"=addr="+address+",linger=0s")
	run, err := b.blocks(ctx, script, schedule, args...)
	took, size, missed := s.stop()
	if err == nil {
		err = missed
	}
	return run, scrapes{took, size}, err
}
