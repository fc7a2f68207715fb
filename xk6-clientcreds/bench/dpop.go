package main

import (
	"context"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// bearer is the reference for tokens that are bound to a key.
const bearer = "Bearer"

// The variants of dpop.js and dpop-rsa.js beside that.
var (
	dpopVariants    = []string{"DPoP, ES256", "DPoP, EdDSA"}
	dpopRSAVariants = []string{"DPoP, RS256"}
)

// dpop measures the cost of proofs: in a request to an API, and alone.
func (b *bench) dpop(ctx context.Context) ([]results.Table, error) {
	var tables []results.Table
	for _, part := range []struct {
		script, title string
		schedule      probe.Schedule
		variants      []string
	}{
		{"dpop", "client.get() with DPoP", probe.Schedule{VUs: 50, PerVU: 20, Rounds: 11}, dpopVariants},
		{"dpop-rsa", "client.get() with DPoP, RSA", probe.Schedule{VUs: 50, PerVU: 4, Rounds: 9}, dpopRSAVariants},
	} {
		part.schedule.Repeats, part.schedule.Drain = 1, drain
		run, err := b.blocksAt(ctx, withKeys, part.script, part.schedule)
		if err != nil {
			return nil, err
		}
		tables = append(tables, dpopTable(run, part.title+", "+plural(part.schedule.VUs), part.variants))
	}
	run, err := b.blocksAt(ctx, withKeys, "dpop-headers",
		probe.Schedule{VUs: 1, PerVU: 1, Repeats: 150, Rounds: 11, Drain: drain})
	if err != nil {
		return nil, err
	}
	return append(tables, dpopHeadersTable(run)), nil
}

// dpopTable compares a request with a proof with one without.
func dpopTable(run *block.Run, title string, variants []string) results.Table {
	cpu := func(name string) []float64 { return microseconds(run.Of(name, run.Cost())) }
	table := results.Table{Title: title, Results: []results.Result{results.Measured(bearer, "µs CPU", cpu(bearer))}}
	for _, name := range append([]string{bearer + ", again"}, variants...) {
		table.Results = append(table.Results, results.Compared(name, "µs CPU", cpu(name), bearer, cpu(bearer)))
	}
	return table
}

// dpopHeadersTable compares the algorithms in client.headers(method, url).
func dpopHeadersTable(run *block.Run) results.Table {
	const reference = "ES256"
	cpu := func(name string) []float64 { return microseconds(run.Of(name, run.Cost())) }
	beside := func(name string) results.Result {
		return results.Compared(name, "µs CPU", cpu(name), reference, cpu(reference))
	}
	return results.Table{
		Title: "client.headers(method, url), one call",
		Results: []results.Result{
			results.Measured(reference, "µs CPU", cpu(reference)),
			beside("ES256, again"),
			beside("EdDSA"),
			beside("RS256"),
			beside(bearer),
		},
	}
}
