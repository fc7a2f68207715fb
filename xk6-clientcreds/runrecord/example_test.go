package runrecord_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// recordOf is the record of a process that ran a part of the test and measured these latencies in milliseconds.
func recordOf(segment string, latencies ...float64) *runrecord.Record {
	begin := time.Date(2026, 5, 6, 7, 8, 0, 0, time.UTC)
	b := runrecord.NewBuilder()
	cell := b.Cell("http_req_duration", runrecord.Trend, "time", func(string) string { return "" })
	for i, latency := range latencies {
		cell.Observe(latency, begin.Add(time.Duration(i)*time.Second))
	}
	r := &runrecord.Record{
		Format: runrecord.Format, Version: runrecord.Version,
		Run:      runrecord.Run{Start: begin, End: begin.Add(time.Minute), Script: "api-load.js"},
		Validity: validity.Validity{Verdict: validity.Pass},
	}
	i := runrecord.Instance{Segment: segment, Start: r.Run.Start, End: r.Run.End}
	b.Fill(r, &i)
	r.Instances = []runrecord.Instance{i}
	return r
}

// Two k6 processes ran halves of one test. Merged, their records have the quantiles of all samples.
func ExampleMerge() {
	whole, err := runrecord.Merge(recordOf("0:1/2", 10, 20, 30), recordOf("1/2:1", 40, 50, 1000))
	if err != nil {
		fmt.Println(err)
		return
	}
	latency := whole.Metric("http_req_duration")
	fmt.Printf("%d samples, median %.0f ms, most %.0f ms\n", latency.Samples(), latency.Quantile(0.5), latency.Quantile(1))
	fmt.Println(len(whole.Instances), "processes")
	// Output:
	// 6 samples, median 30 ms, most 1000 ms
	// 2 processes
}

// A record is one JSON document in a file.
func ExampleRead() {
	dir, err := os.MkdirTemp("", "runrecord")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "run.json")
	if err := recordOf("", 10, 20, 30).Write(path); err != nil {
		fmt.Println(err)
		return
	}
	r, err := runrecord.Read(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Run.Script, r.Run.Duration(), r.Metric("http_req_duration").Samples())
	// Output: api-load.js 1m0s 3
}
