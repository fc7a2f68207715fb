package main

import (
	"context"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// hits measures calls that are answered from the cache: one turn of a loop with one call in it.
// Allocations have rows of their own: in a script this small, the collector's share of the time
// would be the share of an unrealistic heap.
func (b *bench) hits(ctx context.Context) ([]results.Table, error) {
	run, err := b.blocks(ctx, "hits", probe.Schedule{VUs: 1, PerVU: 1, Repeats: 50_000, Rounds: 25})
	if err != nil {
		return nil, err
	}
	return []results.Table{hitsTable(run)}, nil
}

func hitsTable(run *block.Run) results.Table {
	const (
		loop     = "empty loop"
		text     = "static string"
		constant = "native constant"
		helper   = "JS helper, token"
		headers  = "JS helper, header object"
	)
	alone := func(name string) results.Result {
		return results.Measured(name, "ns", run.Of(name, block.CPU))
	}
	beside := func(name, reference string) results.Result {
		return results.Compared(name, "ns", run.Of(name, block.CPU), reference, run.Of(reference, block.CPU))
	}
	net := func(name, reference string) results.Result {
		return results.Compared(name+", without the loop", "ns", without(run, name, loop, block.CPU),
			reference+", without the loop", without(run, reference, loop, block.CPU))
	}
	mallocs := func(name string) results.Result {
		return results.Measured(name+", without the loop", "allocations", without(run, name, loop, block.Mallocs))
	}
	return results.Table{
		Title: "A call that the cache answers",
		Results: []results.Result{
			alone(loop),
			alone(text),
			alone(constant),
			beside("native constant, again", constant),
			alone(helper),
			alone("JS helper in the script, token"),
			alone(headers),
			beside("client.token()", constant).With(results.NewTarget(results.OfRatio, results.AtMost, 1.3)),
			net("client.token()", constant),
			beside("client.token()", helper).With(results.NewTarget(results.OfRatio, results.AtMost, 0.4)),
			beside("client.authorization()", constant),
			beside("client.headers()", headers).With(results.NewTarget(results.OfRatio, results.AtMost, 0.3)),
			// The loop and k6 around it allocate too, so a hit's share is never exactly 0.
			mallocs("client.token()").With(results.NewTarget(results.OfValue, results.AtMost, 0.01)),
			mallocs("client.headers()").With(results.NewTarget(results.OfValue, results.AtMost, 0.01)),
			mallocs(helper),
			mallocs(headers),
		},
	}
}

// without returns the cost of a variant on top of another one, round by round.
func without(run *block.Run, name, other string, q block.Quantity) []float64 {
	values, others := run.Of(name, q), run.Of(other, q)
	for i := range values {
		values[i] -= others[i]
	}
	return values
}
