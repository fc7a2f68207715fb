package main

import (
	"context"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/report"
)

// bearer is what tokens that are bound to a key are compared with.
const bearer = "Bearer"

// The variants of dpop.js and dpop-rsa.js beside that.
var (
	dpopVariants    = []string{"DPoP, ES256", "DPoP, EdDSA"}
	dpopRSAVariants = []string{"DPoP, RS256"}
)

// dpop measures what proofs cost: in a request to an API, and by themselves.
func (b *bench) dpop(ctx context.Context) ([]report.Table, error) {
	var tables []report.Table
	for _, part := range []struct {
		script, title string
		score         probe.Score
		variants      []string
	}{
		{"dpop", "client.get() with DPoP", probe.Score{VUs: 50, PerVU: 20, Rounds: 25}, dpopVariants},
		{"dpop-rsa", "client.get() with DPoP, RSA", probe.Score{VUs: 50, PerVU: 4, Rounds: 15}, dpopRSAVariants},
	} {
		part.score.Turns, part.score.Settle = 1, settle
		run, err := b.blocksAt(ctx, withKeys, part.script, part.score)
		if err != nil {
			return nil, err
		}
		tables = append(tables, dpopTable(run, part.title+", "+plural(part.score.VUs), part.variants))
	}
	run, err := b.blocksAt(ctx, withKeys, "dpop-headers", probe.Score{VUs: 1, PerVU: 1, Turns: 150, Rounds: 18, Settle: settle})
	if err != nil {
		return nil, err
	}
	return append(tables, dpopHeadersTable(run)), nil
}

// dpopTable compares a request with a proof with one without.
func dpopTable(run *block.Run, title string, variants []string) report.Table {
	cpu := func(name string) []float64 { return microseconds(run.Of(name, run.Cost())) }
	table := report.Table{Title: title, Results: []report.Result{report.Measured(bearer, "µs CPU", cpu(bearer))}}
	for _, name := range append([]string{bearer + ", again"}, variants...) {
		table.Results = append(table.Results, report.Compared(name, "µs CPU", cpu(name), bearer, cpu(bearer)))
	}
	return table
}

// dpopHeadersTable compares the algorithms in client.headers(method, url).
func dpopHeadersTable(run *block.Run) report.Table {
	const reference = "ES256"
	cpu := func(name string) []float64 { return microseconds(run.Of(name, run.Cost())) }
	beside := func(name string) report.Result {
		return report.Compared(name, "µs CPU", cpu(name), reference, cpu(reference))
	}
	return report.Table{
		Title: "client.headers(method, url), one call",
		Results: []report.Result{
			report.Measured(reference, "µs CPU", cpu(reference)),
			beside("ES256, again"),
			beside("EdDSA"),
			beside("RS256"),
			beside(bearer),
		},
	}
}
