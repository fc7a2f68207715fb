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

// api measures a request to a protected API. A client sends its counters once a second, so the
// blocks of a thousand VUs are long enough for several iterations of each between two sends.
func (b *bench) api(ctx context.Context) ([]results.Table, error) {
	var tables []results.Table
	for _, schedule := range []probe.Schedule{
		{VUs: 1, PerVU: 200, Rounds: 300},
		{VUs: 50, PerVU: 4, Rounds: 400},
		{VUs: 1000, PerVU: 4, Rounds: 35},
	} {
		schedule.Repeats = 1
		run, err := b.blocks(ctx, "api", schedule)
		if err != nil {
			return nil, err
		}
		tables = append(tables, apiTable(run, schedule.VUs))
	}
	return tables, nil
}

func apiTable(run *block.Run, vus int) results.Table {
	const reference = "static header"
	atMost := results.NewTarget(results.OfRatio, results.AtMost, 1.03)
	cost := func(name string) results.Result { return perUnit(run, vus, name, reference) }
	rate := func(name string) results.Result {
		return results.Compared(label(name, vus), "iterations/s",
			run.Of(name, block.Rate), label(reference, vus), run.Of(reference, block.Rate))
	}
	return results.Table{
		Title: "http.get with " + plural(vus),
		Results: []results.Result{
			results.Measured(label(reference, vus), "µs CPU", microseconds(run.Of(reference, run.Cost()))),
			cost("static header, again"),
			cost("JS helper"),
			cost("client.headers()").With(atMost),
			cost("client.get()"),
			rate("static header, again"),
			rate("JS helper"),
			rate("client.headers()"),
			rate("client.get()"),
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
