package main

import (
	"context"
	"fmt"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/probe"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// drain is two of k6's intervals of 50 ms for handing samples on, and some.
const drain = 130 * time.Millisecond

// api measures a request to a protected API.
func (b *bench) api(ctx context.Context) ([]results.Table, error) {
	schedule := probe.Schedule{VUs: 50, PerVU: 4, Rounds: 150, Repeats: 1}
	run, err := b.blocks(ctx, "api", schedule)
	if err != nil {
		return nil, err
	}
	return []results.Table{apiTable(run, schedule.VUs)}, nil
}

func apiTable(run *block.Run, vus int) results.Table {
	cost := func(name string) results.Result { return perUnit(run, vus, name, staticHeader) }
	rate := func(name string) results.Result {
		return results.Compared(label(name, vus), "iterations/s",
			run.Of(name, block.Rate), label(staticHeader, vus), run.Of(staticHeader, block.Rate))
	}
	return results.Table{
		Title: "http.get with " + plural(vus),
		Results: []results.Result{
			results.Measured(label(staticHeader, vus), "µs CPU", microseconds(run.Of(staticHeader, run.Cost()))),
			cost(again(staticHeader)),
			cost(jsHelper),
			cost(clientHeaders).With(headersTarget()),
			cost(clientGet),
			rate(again(staticHeader)),
			rate(jsHelper),
			rate(clientHeaders),
			rate(clientGet),
		},
	}
}

// perUnit is the CPU time of one unit of work beside the reference's.
func perUnit(run *block.Run, vus int, name, reference string) results.Result {
	cost := run.Cost()
	return results.Compared(label(name, vus), "µs CPU", microseconds(run.Of(name, cost)),
		label(reference, vus), microseconds(run.Of(reference, cost)))
}

// microseconds converts nanoseconds in place.
func microseconds(nanoseconds []float64) []float64 {
	for i := range nanoseconds {
		nanoseconds[i] /= float64(time.Microsecond)
	}
	return nanoseconds
}

func label(name string, vus int) string { return name + ", " + plural(vus) }

func plural(vus int) string {
	if vus == 1 {
		return "1 VU"
	}
	return fmt.Sprintf("%d VUs", vus)
}
