package main

import (
	"context"
	"slices"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// size is a number of VUs, with blocks that take about as long for each.
type size struct{ api, token probe.Schedule }

var sizes = []size{
	{probe.Schedule{VUs: 1, PerVU: 200, Rounds: 150}, probe.Schedule{VUs: 1, PerVU: 500, Rounds: 20}},
	{probe.Schedule{VUs: 10, PerVU: 20, Rounds: 200}, probe.Schedule{VUs: 10, PerVU: 60, Rounds: 20}},
	{probe.Schedule{VUs: 100, PerVU: 4, Rounds: 120}, probe.Schedule{VUs: 100, PerVU: 8, Rounds: 20}},
	{probe.Schedule{VUs: 1000, PerVU: 3, Rounds: 28}, probe.Schedule{VUs: 1000, PerVU: 2, Rounds: 20}},
	{probe.Schedule{VUs: mostVUs, PerVU: 1, Rounds: 10}, probe.Schedule{VUs: mostVUs, PerVU: 1, Rounds: 8}},
}

// mostVUs is how many VUs the largest test has.
const mostVUs = 10_000

// vus measures how the cost grows with the number of VUs.
func (b *bench) vus(ctx context.Context) ([]results.Table, error) {
	tables := vusTables{
		api:       results.Table{Title: "An API request"},
		token:     results.Table{Title: "A token from the endpoint"},
		collector: results.Table{Title: "Share of the garbage collector in the CPU time"},
	}
	for _, s := range sizes {
		s.api.Repeats, s.token.Repeats, s.token.Drain = 1, 1, drain
		run, err := b.blocks(ctx, "api", s.api)
		if err != nil {
			return nil, err
		}
		tables.addAPI(run, s.api.VUs)
		if run, err = b.blocks(ctx, "token", s.token); err != nil {
			return nil, err
		}
		tables.addToken(run, s.token.VUs)
	}
	list := []results.Table{tables.api, tables.token, tables.collector}
	b.curves = vusPlot(list)
	return list, nil
}

// vusTables have rows for each number of VUs.
type vusTables struct{ api, token, collector results.Table }

// The variants of api.js and token.js with a curve each.
var (
	apiCurves = []string{
		again(staticHeader), jsHelper, clientHeaders, clientGet, clientGet + ", shared", clientGet + ", DPoP",
	}
	tokenCurves = []string{clientAcquire}
)

func (t *vusTables) addAPI(run *block.Run, vus int) {
	t.api.Results = append(t.api.Results,
		results.Measured(label(staticHeader, vus), "µs CPU", microseconds(run.Of(staticHeader, run.Cost()))))
	for _, name := range apiCurves {
		result := perUnit(run, vus, name, staticHeader)
		if name == clientHeaders {
			result = result.With(headersTarget())
		}
		t.api.Results = append(t.api.Results, result)
	}
	t.addCollector(run, vus, staticHeader, clientGet, clientGet+", shared")
}

func (t *vusTables) addToken(run *block.Run, vus int) {
	t.token.Results = append(t.token.Results,
		results.Measured(label(plainToken, vus), "µs CPU", microseconds(run.Of(plainToken, run.Cost()))),
		perUnit(run, vus, again(plainToken), plainToken),
		perUnit(run, vus, clientAcquire, plainToken))
	t.addCollector(run, vus, plainToken, clientAcquire)
}

// addCollector adds the share of the garbage collector in the cost of these variants.
func (t *vusTables) addCollector(run *block.Run, vus int, names ...string) {
	cost := run.Cost()
	for _, name := range names {
		t.collector.Results = append(t.collector.Results, results.Measured(label(name, vus), "%",
			run.Of(name, func(b block.Block) float64 { return 100 * (1 - block.CPU(b)/cost(b)) })))
	}
}

// ratios returns the ratios of a variant, by size, from the tables.
func ratios(tables []results.Table, variant string) []float64 {
	var found []float64
	for _, s := range sizes {
		for _, table := range tables {
			i := slices.IndexFunc(table.Results, func(r results.Result) bool {
				return r.Name == label(variant, s.api.VUs) && r.Ratio != nil
			})
			if i >= 0 {
				found = append(found, *table.Results[i].Ratio)
			}
		}
	}
	return found
}

// curveNames are all variants with a curve.
func curveNames() []string { return slices.Concat(apiCurves, tokenCurves) }
