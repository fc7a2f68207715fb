package runrecord

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// sample is one of a test run.
type sample struct {
	metric   string
	kind     Type
	contains string
	tags     map[string]string
	value    float64
	at       time.Time
}

var testStart = time.Date(2026, 1, 2, 3, 4, 5, 600_000_000, time.UTC)

// randomSamples are of all types of metrics, with values from nothing to a lot, over that time.
func randomSamples(r *rand.Rand, n int, length time.Duration) []sample {
	metrics := []sample{
		{metric: "http_reqs", kind: Counter, contains: "default"},
		{metric: "clientcreds_requests", kind: Counter, contains: "default"},
		{metric: "data_sent", kind: Counter, contains: "data"},
		{metric: "http_req_failed", kind: Rate, contains: "default"},
		{metric: "http_req_duration", kind: Trend, contains: "time"},
		{metric: "clientcreds_request_duration", kind: Trend, contains: "time"},
		{metric: "custom_trend", kind: Trend, contains: "default"},
		{metric: "custom_gauge", kind: Gauge, contains: "default"},
	}
	samples := make([]sample, n)
	for i := range samples {
		s := metrics[r.IntN(len(metrics))]
		s.at = testStart.Add(time.Duration(r.Int64N(int64(length))))
		s.tags = map[string]string{"scenario": "a", "url": fmt.Sprint(i)}
		if r.IntN(2) == 0 {
			s.tags["reason"] = []string{"cold", "early"}[r.IntN(2)]
			s.tags["status"] = []string{"200", "429", "503"}[r.IntN(3)]
		}
		switch {
		case s.kind == Rate:
			s.value = float64(r.IntN(2))
		case s.metric == "http_reqs":
			s.value = 1
		case s.metric == "custom_trend":
			s.value = r.NormFloat64() * 100 // negative ones too
			if r.IntN(10) == 0 {
				s.value = 0
			}
		default:
			s.value = r.ExpFloat64() * 123.456
		}
		samples[i] = s
	}
	return samples
}

func (b *Builder) add(s sample) {
	b.Cell(s.metric, s.kind, s.contains, func(tag string) string { return s.tags[tag] }).Observe(s.value, s.at)
}

// recordOf is the record of one instance that saw the samples.
func recordOf(samples ...sample) *Record {
	b := NewBuilder()
	for _, s := range samples {
		b.add(s)
	}
	r := &Record{Format: Format, Version: Version, Instances: make([]Instance, 1)}
	r.Run.Start, r.Run.End = testStart, testStart.Add(time.Minute)
	b.Fill(r, &r.Instances[0])
	r.Inputs.Iterations, r.Inputs.Requests = r.Metric("iterations").Count(), r.Metric("http_reqs").Count()
	r.Validity = r.Judge(nil)
	return r
}

// reread writes the record and reads it again.
func reread(t *testing.T, r *Record) *Record {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, r.Encode(&file))
	read, err := Decode(&file)
	require.NoError(t, err)
	return read
}

// measured is the part of a record that samples make, as it is written.
func measured(t *testing.T, r *Record) string {
	t.Helper()
	text, err := json.MarshalIndent([]any{r.Metrics, r.Interval, r.Series}, "", " ")
	require.NoError(t, err)
	return string(text)
}

// TestMergeIsExact: however the samples of a run are dealt out to instances, and however long it is,
// the merged record is the one that a single instance would have written.
func TestMergeIsExact(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 1))
		length := []time.Duration{time.Second, time.Minute, time.Hour, 30 * time.Hour}[seed%4]
		samples := randomSamples(r, 2000, length)
		dealt := make([][]sample, 1+r.IntN(4))
		for i, s := range samples {
			n := r.IntN(len(dealt))
			if length > time.Minute && i%2 == 0 {
				n = 0 // the first instance sees the whole time, others a part: their intervals differ
			}
			if n > 0 && length > time.Minute {
				s.at = testStart.Add(s.at.Sub(testStart) / 100)
				samples[i] = s
			}
			dealt[n] = append(dealt[n], s)
		}
		var parts []*Record
		for _, part := range dealt {
			parts = append(parts, reread(t, recordOf(part...)))
		}
		merged, err := Merge(parts...)
		require.NoError(t, err)
		require.Equal(t, measured(t, recordOf(samples...)), measured(t, merged), "seed %d", seed)
		require.Equal(t, measured(t, merged), measured(t, reread(t, merged)), "seed %d: reading changes nothing", seed)

		rand.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		again, err := Merge(parts...)
		require.NoError(t, err)
		require.Equal(t, measured(t, merged), measured(t, again), "seed %d: the order makes no difference", seed)
	}
}

func TestMergeLeavesItsRecordsAlone(t *testing.T) {
	t.Parallel()
	samples := randomSamples(rand.New(rand.NewPCG(1, 2)), 500, time.Hour)
	a, b := recordOf(samples[:250]...), recordOf(samples[250:]...)
	before := measured(t, a) + measured(t, b)
	_, err := Merge(a, b)
	require.NoError(t, err)
	assert.Equal(t, before, measured(t, a)+measured(t, b))
}

func TestMergeOfTheRun(t *testing.T) {
	t.Parallel()
	a, b := recordOf(), recordOf()
	a.Run = Run{
		Start: testStart.Add(time.Second), End: testStart.Add(time.Minute), Script: "s.js", Commit: "abc", Completed: true,
		Scenarios: []Scenario{{Name: "one"}},
	}
	b.Run = Run{
		Start: testStart, End: testStart.Add(30 * time.Second), Script: "s.js", Commit: "def", Modified: true,
		Completed: false,
		Scenarios: []Scenario{{Name: "one"}, {Name: "two"}},
	}
	a.Run.Tags, b.Run.Tags = map[string]string{"testid": "1", "host": "a"}, map[string]string{"testid": "1", "host": "b"}
	basic, signed := runinfo.Client{Name: "c", Auth: "client_secret_basic"}, runinfo.Client{
		Name: "c",
		Auth: "private_key_jwt",
	}
	a.Run.Clients, b.Run.Clients = []runinfo.Client{basic}, []runinfo.Client{basic, signed}
	a.Instances[0].Segment, b.Instances[0].Segment = "0:1/2", "1/2:1"
	a.Thresholds = []validity.Threshold{{Metric: "x", Source: "rate<1"}, {Metric: "x", Source: "rate<2"}}
	b.Thresholds = []validity.Threshold{{Metric: "x", Source: "rate<1", Crossed: true}, {Metric: "a", Source: "count>0"}}
	merged, err := Merge(a, b)
	require.NoError(t, err)
	assert.Equal(t, Run{
		Start: testStart, End: testStart.Add(time.Minute), Script: "s.js", Modified: true,
		Tags:      map[string]string{"testid": "1"}, // what they have in common
		Clients:   []runinfo.Client{basic, signed},
		Scenarios: []Scenario{{Name: "one"}, {Name: "two"}},
	}, merged.Run)
	assert.Equal(t, []validity.Threshold{
		{Metric: "a", Source: "count>0"},
		{Metric: "x", Source: "rate<1", Crossed: true},
		{Metric: "x", Source: "rate<2"},
	}, merged.Thresholds)
	assert.Len(t, merged.Instances, 2)
}

func TestMergeOfDifferentTests(t *testing.T) {
	t.Parallel()
	_, err := Merge(
		recordOf(sample{metric: "m", kind: Counter, at: testStart}),
		recordOf(sample{metric: "m", kind: Trend, at: testStart}))
	require.EqualError(t, err, `record 2: metric "m": a counter and a trend do not add up`)
	a, b := recordOf(), recordOf()
	a.Run, b.Run = Run{Start: testStart, Script: "a.js"}, Run{Start: testStart, Script: "b.js"}
	_, err = Merge(a, b)
	require.EqualError(t, err,
		`record 2: records of different scripts cannot be merged: "a.js" and "b.js"; merge the records of one test`)
	_, err = Merge()
	require.EqualError(t, err, "nothing to merge")
}

// TestMergeIsBounded: what two records have of a tag, and of clients, is more than one may have.
func TestMergeIsBounded(t *testing.T) {
	t.Parallel()
	part := func(from int) *Record {
		var samples []sample
		for i := range 80 {
			samples = append(samples, sample{
				metric: "m", kind: Counter, value: 1, at: testStart,
				tags: map[string]string{"client": fmt.Sprint(from + i)},
			})
		}
		r := recordOf(samples...)
		for i := range 80 {
			r.Run.Clients = append(r.Run.Clients, runinfo.Client{Name: fmt.Sprint(from + i)})
		}
		return r
	}
	merged, err := Merge(part(0), part(80))
	require.NoError(t, err)
	split := merged.Metrics["m"].By["client"]
	assert.Len(t, split, maxSplit)
	assert.Equal(t, float64(160-(maxSplit-1)), split[Other].Count())
	assert.Len(t, merged.Run.Clients, runinfo.MaxClients)
}

// TestGaugesStayWithTheirInstance: two processes with 5 virtual users each are not one process with 10, nor with 5.
func TestGaugesStayWithTheirInstance(t *testing.T) {
	t.Parallel()
	vus := func(value float64) *Record {
		return recordOf(sample{metric: "vus", kind: Gauge, value: value, at: testStart})
	}
	merged, err := Merge(vus(3), vus(5))
	require.NoError(t, err)
	require.Len(t, merged.Instances, 2)
	assert.NotContains(t, merged.Series, "vus")
	assert.Equal(t, []float64{3, 5}, []float64{
		merged.Instances[0].Series["vus"].Points[0].Values.Last,
		merged.Instances[1].Series["vus"].Points[0].Values.Last,
	})
}
