package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/pprof/profile"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

const acquireBatch = "client.acquireBatch()"

// wholeToken is the sum of the parts.
const wholeToken = "all of it"

// The parts of the CPU time of a token. A sample of a profile belongs to the innermost function that is one of a
// part's.
const (
	partKernel    = "system calls"
	partScheduler = "Go's scheduler and network poller"
	partMemory    = "allocations"
	partHTTP      = "net/http"
	partTimeouts  = "contexts and timers"
	partSamples   = "samples: making them, and adding them up for the summary"
	partEngine    = "k6: iterations and JavaScript"
	partJSON      = "reading the token from JSON"
	partOurs      = "this extension, without the parts above"
	partCollector = "garbage collection, by the byte"
	partRest      = "everything else"
)

// parts are the functions of each part by the beginnings of their names. Those that come first count first.
var parts = []struct {
	part      string
	functions []string
}{
	{partKernel, []string{"internal/runtime/syscall.", "syscall.", "runtime.futex", "runtime.usleep"}},
	{partMemory, []string{
		"runtime.mallocgc", "runtime.newobject", "runtime.makeslice", "runtime.growslice", "runtime.gc", "runtime.bgsweep",
		"runtime.(*mcache)", "runtime.(*mspan)", "runtime.(*mheap)", "runtime.wbBuf", "runtime.bulkBarrier",
	}},
	{partTimeouts, []string{"context.", "time.", "runtime.(*timer", "runtime.newTimer", "runtime.stopTimer"}},
	{partJSON, []string{
		"encoding/json.", "github.com/tidwall/gjson.", ours + "oauth.(*flatObject)", ours + "oauth.parseMembers",
	}},
	{partSamples, []string{
		"go.k6.io/k6/v2/metrics.", "go.k6.io/k6/v2/internal/metrics/", "go.k6.io/k6/v2/output.",
		"go.k6.io/k6/v2/lib/netext/httpext.(*Trail)", "github.com/mstoykov/atlas.",
		ours + "jsmodule.(*observer)", ours + "tagcache.", ours + "verdict.",
	}},
	{partHTTP, []string{
		"net/http.", "net/textproto.", "net/url.", "bufio.", "net.", "internal/poll.", "net/http/httptrace.",
		"go.k6.io/k6/v2/lib/netext.", "vendor/golang.org/x/net/",
	}},
	{partOurs, []string{ours}},
	{partEngine, []string{"go.k6.io/k6/v2/", "github.com/grafana/sobek"}},
	{partScheduler, []string{
		"runtime.schedule", "runtime.findRunnable", "runtime.mcall", "runtime.park_m", "runtime.goready", "runtime.ready",
		"runtime.netpoll", "runtime.goexit0", "runtime.mstart", "runtime.selectgo", "runtime.chan", "runtime.systemstack",
	}},
}

const ours = "github.com/xk6-clientcreds/harness/xk6-clientcreds/"

// breakdown measures what the CPU time of a token consists of.
func (b *bench) breakdown(ctx context.Context) ([]results.Table, error) {
	all := make(map[string]map[string]float64)
	for name, schedule := range breakdowns {
		shares, err := b.profiled(ctx, name, schedule)
		if err != nil {
			return nil, err
		}
		all[name] = shares
	}
	return []results.Table{breakdownTable(all)}, nil
}

// breakdowns are the modes of breakdown.js.
var breakdowns = map[string]probe.Schedule{
	plainToken:    {VUs: 50, PerVU: 20, Repeats: 1, Rounds: 20, Drain: drain},
	clientAcquire: {VUs: 50, PerVU: 20, Repeats: 1, Rounds: 25, Drain: drain},
	acquireBatch:  {VUs: 5, PerVU: 10, Repeats: 20, Rounds: 25, Drain: drain},
}

// profiled returns the microseconds of each part of the CPU time of a token.
func (b *bench) profiled(ctx context.Context, mode string, schedule probe.Schedule) (map[string]float64, error) {
	own := *b
	if own.profile == "" {
		own.profile = b.scripts
	}
	schedule.Name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, mode)
	run, err := own.blocks(ctx, "breakdown", schedule, "-e", "MODE="+mode)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(filepath.Join(own.profile, blocksName("breakdown", schedule)+".pprof"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	p, err := profile.Parse(file)
	if err != nil {
		return nil, err
	}
	median := func(q block.Quantity) float64 {
		return results.Measured(mode, "µs CPU", microseconds(run.Of(mode, q))).Value
	}
	all := partsOf(p, median(block.CPU))
	all[partCollector] = median(func(one block.Block) float64 { return run.Cost()(one) - block.CPU(one) })
	all[wholeToken] = median(run.Cost())
	return all, nil
}

// partsOf divides a value by the samples of p.
func partsOf(p *profile.Profile, value float64) map[string]float64 {
	counts := make(map[string]float64)
	sum := 0.0
	for _, sample := range p.Sample {
		part := partOf(sample)
		if part == "" {
			continue
		}
		counts[part] += float64(sample.Value[0])
		sum += float64(sample.Value[0])
	}
	for part := range counts {
		counts[part] *= value / sum
	}
	return counts
}

// partOf is the part that a sample belongs to, empty for the measurement itself.
func partOf(sample *profile.Sample) string {
	var names []string // from the innermost function on
	for _, location := range sample.Location {
		for _, line := range location.Line {
			names = append(names, line.Function.Name)
		}
	}
	if slices.ContainsFunc(names, func(name string) bool {
		// The garbage collector runs between blocks only, and its CPU time is not a block's.
		return strings.HasPrefix(name, ours+"bench/block.") || strings.HasPrefix(name, "runtime.gcBgMarkWorker")
	}) {
		return ""
	}
	for _, name := range names {
		for _, p := range parts {
			if slices.ContainsFunc(p.functions, func(begin string) bool { return strings.HasPrefix(name, begin) }) {
				return p.part
			}
		}
	}
	return partRest
}

func breakdownTable(all map[string]map[string]float64) results.Table {
	table := results.Table{Title: "What the CPU time of a token consists of, by profiles"}
	for _, part := range []string{
		wholeToken, partKernel, partScheduler, partHTTP, partEngine, partSamples, partMemory, partCollector, partTimeouts,
		partJSON, partOurs, partRest,
	} {
		for _, name := range []string{plainToken, clientAcquire, acquireBatch} {
			table.Results = append(table.Results, results.Measured(part+", "+name, "µs CPU", []float64{all[name][part]}))
		}
	}
	return table
}
