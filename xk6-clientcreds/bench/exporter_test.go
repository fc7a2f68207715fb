package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

func TestTheTablesOfTheExporterAreFilledByTheirScripts(t *testing.T) {
	b := newBench(t)
	schedule := quick(3, 1)
	schedule.Drain, schedule.Pause, schedule.WithOutput = handOver, 100*time.Millisecond, []string{scraped}
	cpu, _, err := b.scrapedBlocks(t.Context(), "exporter", schedule)
	require.NoError(t, err)

	schedule.Latency, schedule.WithOutput = true, []string{unscraped, unscraped + ", again", scraped}
	latency, seen, err := b.scrapedBlocks(t.Context(), "series", schedule, offer(100)...)
	require.NoError(t, err)
	require.Greater(t, seen.size, int64(1000), "the histograms are in the scrape")

	table := exporterCPUTable(cpu, schedule.VUs)
	require.NotNil(t, table.Results[2].Pass)
	for _, r := range append(table.Results, exporterLatencyTable(latency, seen, schedule).Results[:3]...) {
		require.Positive(t, r.Value, r.Name)
		require.False(t, math.IsInf(r.Value, 0), r.Name)
		require.NotNil(t, r.CI, r.Name)
	}
}

func TestTheExporterGetsTheSamplesOfItsBlocksOnly(t *testing.T) {
	b := newBench(t)
	schedule := quick(2, 1)
	schedule.Drain, schedule.WithOutput = drain, []string{scraped}
	textfile := filepath.Join(t.TempDir(), "metrics.prom")
	run, err := b.blocks(t.Context(), "exporter", schedule,
		"-o", switchedOutput+"=addr=127.0.0.1:0,linger=0s,labels=none,textfile="+textfile)
	require.NoError(t, err)
	units := 0
	for _, b := range run.Blocks {
		if b.Variant == scraped {
			units += b.Units
		}
	}
	require.Equal(t, 7*2, units)
	text, err := os.ReadFile(textfile)
	require.NoError(t, err)
	require.Contains(t, string(text), fmt.Sprintf("\nk6_http_reqs_total %d\n", units))
}

func TestHistogramsWeighSomething(t *testing.T) {
	b := newBench(t)
	const series = 500
	without, err := b.heap(t.Context(), "memory-series", 1, offer(series)...)
	require.NoError(t, err)
	with, err := b.heap(t.Context(), "memory-series", 1,
		append(offer(series), "-o", "prometheus=addr=127.0.0.1:0,linger=0s")...)
	require.NoError(t, err)
	require.Greater(t, with-without, 1.0*kilobyte*series)
}

func TestMemoryBesideTheLimit(t *testing.T) {
	t.Parallel()
	table := exporterMemoryTable([]float64{50, 60}, []float64{52, 90})
	require.InDelta(t, 5.5, table.Results[0].Value, 1e-9)
	require.True(t, *table.Results[0].Pass)
	require.InDelta(t, 1.6, table.Results[1].Value, 1e-9)
	require.False(t, *table.Results[1].Pass)
	require.ErrorIs(t, results.Verdict([]results.Table{table}), results.ErrMissed)
}

func TestTheCPUOfTheExporterHasATarget(t *testing.T) {
	t.Parallel()
	run := new(block.Run)
	for round := range 7 {
		for variant, cpu := range map[string]time.Duration{unobserved: 100, unobserved + ", again": 100, scraped: 104} {
			run.Blocks = append(run.Blocks, block.Block{Variant: variant, Round: round, Units: 1, CPU: cpu})
		}
	}
	require.EqualError(t, results.Verdict([]results.Table{exporterCPUTable(run, 50)}),
		"target missed: scraped every second, 50 VUs: ratio to no output, 50 VUs 1.040, must be at most 1.03")
}
