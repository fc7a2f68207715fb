package report

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// constant is a run of a constant load, from so long after a full second on, with one virtual user for each process.
func constant(perSecond int, start time.Time, length time.Duration) *runrecord.Record {
	b := runrecord.NewBuilder()
	none := func(string) string { return "" }
	for at := time.Duration(0); at < length; at += time.Second / time.Duration(perSecond) {
		b.Cell(metricname.HTTPReqs, runrecord.Counter, "default", none).Observe(1, start.Add(at))
		b.Cell("vus", runrecord.Gauge, "default", none).Observe(5, start.Add(at))
		b.Cell("clientcreds_generator_cpu", runrecord.Gauge, "default", none).Observe(0.5, start.Add(at))
	}
	end := start.Add(length)
	r := &runrecord.Record{
		Format: runrecord.Format, Version: runrecord.Version,
		Run:       runrecord.Run{Start: start, End: end, Script: "load.js", Completed: true},
		Instances: []runrecord.Instance{{Start: start, End: end}},
	}
	b.Fill(r, &r.Instances[0])
	return r
}

// valuesOver returns the values of one line over time, without the gaps.
func valuesOver(t *testing.T, c curve) []float64 {
	t.Helper()
	drawing := overTime("id", "title", "", []unit{perSecond}, c)
	require.NotNil(t, drawing)
	var values []float64
	for _, v := range drawing.Lines[0].Values {
		if !math.IsNaN(float64(v)) {
			values = append(values, float64(v))
		}
	}
	return values
}

// TestConstantLoadIsConstant: wherever in a second the runs began and ended.
func TestConstantLoadIsConstant(t *testing.T) {
	t.Parallel()
	after := func(seconds float64) time.Time { return testStart.Add(time.Duration(seconds * float64(time.Second))) }
	for name, records := range map[string][]*runrecord.Record{
		"a run from a full second on": {constant(20, after(0), 5*time.Second)},
		"late in a second":            {constant(20, after(0.8), 5*time.Second)},
		"early in a second":           {constant(20, after(0.2), 5*time.Second)},
		"with a short end":            {constant(20, after(0), 5300*time.Millisecond)},
		"with a long end":             {constant(20, after(0), 5700*time.Millisecond)},
		"several runs, each elsewhere": {
			constant(20, after(0.9), 5*time.Second), constant(20, after(60.1), 5*time.Second),
			constant(20, after(120.5), 5*time.Second),
		},
		"one of several runs is longer": {
			constant(20, after(0), 5*time.Second), constant(20, after(60), 9*time.Second),
			constant(20, after(120), 5*time.Second),
		},
	} {
		s, err := newGroup("", records)
		require.NoError(t, err, name)
		rates := valuesOver(t, s.counts(metricname.HTTPReqs, "all"))
		assert.GreaterOrEqual(t, len(rates), 5, name)
		for i, rate := range rates {
			assert.InDelta(t, 20, rate, 0.7, "%s: %d of %v", name, i, rates)
		}
		for _, vus := range valuesOver(t, s.gauge("vus", "")) {
			assert.Equal(t, 5.0, vus, name)
		}
	}
}

// TestRowsOverTime: the table has the same values in larger steps.
func TestRowsOverTime(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int]string{
		chartRows - 1: "title, each 1s from the start", chartRows: "title, each 2s from the start",
		2*chartRows - 1: "title, each 2s from the start", 2 * chartRows: "title, each 4s from the start",
	} {
		g, err := newGroup("", []*runrecord.Record{constant(1, testStart, time.Duration(seconds)*time.Second)})
		require.NoError(t, err)
		c := overTime("id", "title", "", []unit{perSecond}, g.counts(metricname.HTTPReqs, "all"))
		assert.Equal(t, want, c.Table.Caption, seconds)
		assert.EqualValues(t, 1, c.Step)
		assert.Len(t, c.At, seconds)
	}
}

// TestGaugesOfProcesses: virtual users are of all processes of a run, the share of the CPU is the average.
func TestGaugesOfProcesses(t *testing.T) {
	t.Parallel()
	s, err := newGroup("", []*runrecord.Record{
		constant(20, testStart, 5*time.Second),
		constant(20, testStart.Add(time.Second), 5*time.Second),
	})
	require.NoError(t, err)
	assert.Equal(t, []float64{5, 10, 10, 10, 10, 5}, valuesOver(t, s.gauge("vus", "")))
	assert.Equal(t, []float64{0.5, 0.5, 0.5, 0.5, 0.5, 0.5},
		valuesOver(t, s.gauge("clientcreds_generator_cpu", "").perProcess()))
}

// TestBurstAtTheStart: a burst in the first moment, such as all cold tokens, does not have its own rate.
func TestBurstAtTheStart(t *testing.T) {
	t.Parallel()
	b := runrecord.NewBuilder()
	start := testStart.Add(950 * time.Millisecond)
	cell := b.Cell(metricname.HTTPReqs, runrecord.Counter, "default", func(string) string { return "" })
	for range 21 {
		cell.Observe(1, start)
	}
	r := &runrecord.Record{
		Format: runrecord.Format, Version: runrecord.Version,
		Run: runrecord.Run{Start: start, End: start.Add(3 * time.Second)},
	}
	b.Fill(r, new(runrecord.Instance))
	s, err := newGroup("", []*runrecord.Record{r})
	require.NoError(t, err)
	assert.Equal(t, []float64{20, 0, 0, 0}, valuesOver(t, s.counts(metricname.HTTPReqs, ""))[:4])
}

// TestRunsThatAreTooShort: two requests in a millisecond are not two thousand per second, and without a time there is
// no axis.
func TestRunsThatAreTooShort(t *testing.T) {
	t.Parallel()
	r := load{seconds: 1, slower: 1}.record()
	r.Run.End = r.Run.Start.Add(2 * time.Millisecond)
	d := pageOf(t, r)
	assert.Contains(t, d.texts("li"), "20 API requests", "there is no rate")
	assert.Contains(t, d.texts("li"), "5.96 ms p95 of API requests; p50 5.613 ms")
	assert.Equal(t, none, d.rows(t, "API requests by tags with one value")[1][2])
	titles := []string{}
	for _, chart := range chartsOf(t, d) {
		titles = append(titles, chart["title"].(string))
		if chart["x"] == axisTime {
			assert.Equal(t, []any{0.0, 1.0}, chart["at"], chart["title"])
			for _, l := range chart["lines"].([]any) {
				assert.NotNil(t, l.(map[string]any)["values"].([]any)[0], "lines without values are left out")
			}
		}
	}
	assert.Contains(t, titles, "Latency of API requests")
	assert.NotContains(t, titles, "API requests by outcome", "there is no rate to draw")
}

func TestNothingFailed(t *testing.T) {
	t.Parallel()
	d := pageOf(t, load{seconds: 5, slower: 1}.record())
	assert.Contains(t, d.texts("p"), "No request and no check failed.")
	d = pageOf(t, load{seconds: 5, slower: 1, failing: true}.record())
	assert.NotContains(t, d.texts("p"), "No request and no check failed.")
}
