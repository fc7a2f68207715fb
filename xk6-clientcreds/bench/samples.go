package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/block"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/exporter"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/recorder"
)

// The variants of samples. k6 adds up every sample for its summary, whatever outputs there are.
const (
	summarySinks    = "k6's sinks for the summary"
	exporterBoth    = "-o prometheus"
	exporterNative  = "-o prometheus=histograms=native"
	exporterClassic = "-o prometheus=histograms=classic"
	recorderOutput  = "-o clientcreds-record"
)

const (
	sampleRounds = 40
	// sampleURLs is how many label sets the samples have.
	sampleURLs = 20
)

// samples measures what outputs need for a sample, without k6.
func (b *bench) samples(ctx context.Context) ([]results.Table, error) {
	run, err := b.inProcess(ctx, roleSamples, sampleRounds)
	if err != nil {
		return nil, err
	}
	return []results.Table{samplesTable(run)}, nil
}

func samplesTable(run *block.Run) results.Table {
	table := results.Table{
		Title: "A sample, by the output that takes it",
		Results: []results.Result{
			results.Measured(summarySinks, "ns CPU", run.Of(summarySinks, run.Cost())),
		},
	}
	for _, name := range []string{again(summarySinks), exporterBoth, exporterNative, exporterClassic, recorderOutput} {
		table.Results = append(table.Results, results.Compared(name, "ns CPU", run.Of(name, run.Cost()), summarySinks,
			run.Of(summarySinks, run.Cost())))
	}
	return table
}

// takeSamples is the process in which outputs take samples. Its argument is the number of rounds.
func takeSamples(args []string, stdout io.Writer) error {
	dir, err := os.MkdirTemp("", "clientcreds-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	workers, err := newSamplers(dir)
	if err != nil {
		return err
	}
	return measureWorkers(workers, args[0], stdout)
}

// newSamplers returns a worker for each variant. dir is for what an output would write.
func newSamplers(dir string) ([]worker, error) {
	const turns = 20
	containers, count := iterationSamples()
	var workers []worker
	add := func(name string, take func([]metrics.SampleContainer)) {
		workers = append(workers, worker{name, turns * count, func() error { take(containers); return nil }, turns})
	}
	add(summarySinks, addToSinks)
	add(again(summarySinks), addToSinks)
	for _, o := range []struct {
		name, argument string
		make           func(output.Params) (output.Output, error)
	}{
		{exporterBoth, "", exporter.New},
		{exporterNative, "histograms=native", exporter.New},
		{exporterClassic, "histograms=classic", exporter.New},
		{recorderOutput, filepath.Join(dir, "record.json"), recorder.New},
	} {
		log := logrus.New()
		log.SetOutput(io.Discard)
		out, err := o.make(output.Params{Logger: log, ConfigArgument: o.argument})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.name, err)
		}
		add(o.name, out.AddMetricSamples)
	}
	return workers, nil
}

// addToSinks adds samples up as k6 does for its summary.
func addToSinks(containers []metrics.SampleContainer) {
	for _, container := range containers {
		for _, sample := range container.GetSamples() {
			sample.Metric.Sink.Add(sample)
		}
	}
}

// iterationSamples are the samples of iterations with one request each, and how many there are.
func iterationSamples() (containers []metrics.SampleContainer, count int) {
	registry := metrics.NewRegistry()
	builtin := metrics.RegisterBuiltinMetrics(registry)
	now := time.Now()
	for url := range sampleURLs {
		tags := registry.RootTagSet().With("scenario", "default").With("group", "")
		request := tags.With("name", "https://api.example.com/orders/"+strconv.Itoa(url)).With("method", "GET").
			With("status", "200").With("proto", "HTTP/1.1").With("expected_response", "true")
		var samples metrics.Samples
		for tags, list := range map[*metrics.TagSet][]*metrics.Metric{
			request: {
				builtin.HTTPReqs, builtin.HTTPReqDuration, builtin.HTTPReqBlocked, builtin.HTTPReqConnecting,
				builtin.HTTPReqTLSHandshaking, builtin.HTTPReqSending, builtin.HTTPReqWaiting, builtin.HTTPReqReceiving,
				builtin.HTTPReqFailed,
			},
			tags: {builtin.DataSent, builtin.DataReceived, builtin.IterationDuration, builtin.Iterations},
		} {
			for i, m := range list {
				samples = append(samples, metrics.Sample{
					TimeSeries: metrics.TimeSeries{Metric: m, Tags: tags}, Time: now, Value: float64((url*7+i*13)%100) / 10,
				})
			}
		}
		containers, count = append(containers, samples), count+len(samples)
	}
	return containers, count
}
