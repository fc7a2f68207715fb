package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/recorder"
)

// recordedRuns are how long runs are whose records are weighed. In the first one, a point of a series is a second, and
// there are as many as there may be.
var recordedRuns = []time.Duration{30 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}

// record measures the memory of a record, by how long the run is.
func (b *bench) record(ctx context.Context) ([]results.Table, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	_, _ = fmt.Fprintln(b.log, roleRecord)
	text, err := outputOf(command(ctx, self, []string{roleRecord}, nil))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", roleRecord, err)
	}
	var megabytes []float64
	if err := json.Unmarshal(text, &megabytes); err != nil {
		return nil, err
	}
	return []results.Table{recordTable(megabytes)}, nil
}

func recordTable(megabytes []float64) results.Table {
	name := func(run time.Duration) string {
		if run < time.Hour {
			return fmt.Sprintf("a run of %.0f minutes", run.Minutes())
		}
		return fmt.Sprintf("a run of %.0f h", run.Hours())
	}
	table := results.Table{
		Title:   "Live heap of -o clientcreds-record",
		Results: []results.Result{results.Measured(name(recordedRuns[0]), "MB", megabytes[:1])},
	}
	for i, run := range recordedRuns[1:] {
		table.Results = append(table.Results,
			results.Compared(name(run), "MB", megabytes[i+1:i+2], name(recordedRuns[0]), megabytes[:1]).
				With(results.NewTarget(results.OfRatio, results.AtMost, 1.5)))
	}
	return table
}

// weighRecords is the process in which records are weighed. It writes their megabytes to stdout.
func weighRecords(runs []time.Duration, stdout io.Writer) error {
	megabytes := make([]float64, len(runs))
	for i, run := range runs {
		var err error
		if megabytes[i], err = recordHeap(run); err != nil {
			return err
		}
	}
	return json.NewEncoder(stdout).Encode(megabytes)
}

// recordHeap returns the weight, in megabytes, of the record of such a run before it is written.
func recordHeap(run time.Duration) (float64, error) {
	log := logrus.New()
	log.SetOutput(io.Discard)
	before := heapNow()
	out, err := recorder.New(output.Params{
		Logger: log, ConfigArgument: filepath.Join(os.TempDir(), "never-written.json"), // it is not started
	})
	if err != nil {
		return 0, err
	}
	load := newRecordedLoad()
	for second := range int(run / time.Second) {
		out.AddMetricSamples(load.samples(time.Unix(1_700_000_000+int64(second), 0)))
	}
	weight := heapNow() - before
	runtime.KeepAlive(out)
	return weight / megabyte, nil
}

// heapNow is the live heap of this process.
func heapNow() float64 {
	runtime.GC()
	runtime.GC()
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	return float64(heap.HeapAlloc)
}

// recordedLoad makes the samples of a test of an API and its token endpoint: everything that a record has over time.
type recordedLoad struct {
	tags   []*metrics.TagSet
	trends []*metrics.Metric
	counts []*metrics.Metric
	random *rand.Rand
}

func newRecordedLoad() *recordedLoad {
	registry := metrics.NewRegistry()
	builtin := metrics.RegisterBuiltinMetrics(registry)
	load := &recordedLoad{random: rand.New(rand.NewPCG(1, 2))} // #nosec G404 -- latencies, the same each time
	for _, reason := range []string{"cold", "early", "expired"} {
		load.tags = append(load.tags, registry.RootTagSet().With("scenario", "default").With("reason", reason).
			With("status", "200"))
	}
	load.trends = []*metrics.Metric{builtin.HTTPReqDuration}
	for _, name := range []string{metricname.RequestDuration, metricname.TokenWait, metricname.GeneratorLag} {
		load.trends = append(load.trends, registry.MustNewMetric(name, metrics.Trend, metrics.Time))
	}
	load.counts = []*metrics.Metric{builtin.Iterations, builtin.HTTPReqs, builtin.Checks, builtin.HTTPReqFailed}
	for _, name := range []string{metricname.Requests, metricname.CacheHits, metricname.CacheMisses} {
		load.counts = append(load.counts, registry.MustNewMetric(name, metrics.Counter))
	}
	load.counts = append(load.counts, registry.MustNewMetric(metricname.RequestFailed, metrics.Rate))
	return load
}

// samples are the samples of one second. Latencies are spread like the latencies of most servers: log-normally, from
// about one to a hundred milliseconds.
func (l *recordedLoad) samples(at time.Time) []metrics.SampleContainer {
	const perSecond = 300
	samples := make(metrics.Samples, 0, perSecond*(len(l.trends)+len(l.counts)))
	add := func(m *metrics.Metric, tags *metrics.TagSet, value float64) {
		samples = append(samples, metrics.Sample{
			TimeSeries: metrics.TimeSeries{Metric: m, Tags: tags}, Time: at, Value: value,
		})
	}
	for i := range perSecond {
		tags := l.tags[i%len(l.tags)]
		for _, m := range l.trends {
			add(m, tags, 10*math.Exp(l.random.NormFloat64()))
		}
		for _, m := range l.counts {
			add(m, tags, 1)
		}
	}
	return []metrics.SampleContainer{samples}
}
