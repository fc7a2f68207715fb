package runrecord

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSeriesHaveAPointPerSecond(t *testing.T) {
	t.Parallel()
	at := func(seconds float64) time.Time { return testStart.Add(time.Duration(seconds * float64(time.Second))) }
	count := func(seconds float64) sample {
		return sample{metric: "iterations", kind: Counter, value: 1, at: at(seconds)}
	}
	r := recordOf(count(0), count(0.3), count(0.5), count(2), count(0.1)) // testStart is at .6 of its second
	points := r.Series["iterations"].Points
	require.Len(t, points, 3, "the second without samples has none")
	first := testStart.Truncate(time.Second)
	assert.Equal(t, []time.Time{first, first.Add(time.Second), first.Add(2 * time.Second)},
		[]time.Time{points[0].Time(), points[1].Time(), points[2].Time()})
	assert.Equal(t, []float64{3, 1, 1},
		[]float64{points[0].Values.Count(), points[1].Values.Count(), points[2].Values.Count()})
}

func TestSeriesOfLongRunsAreCoarser(t *testing.T) {
	t.Parallel()
	for length, want := range map[time.Duration]int64{
		29 * time.Minute: 1, maxPoints * time.Second: 1, (maxPoints + 1) * time.Second: 2,
		time.Hour + time.Minute: 4, 24 * time.Hour: 64,
	} {
		b := NewBuilder()
		seconds := int(length / time.Second)
		for i := range seconds {
			b.add(sample{metric: "iterations", kind: Counter, value: 1, at: testStart.Add(time.Duration(i) * time.Second)})
		}
		var r Record
		b.Fill(&r, &Instance{})
		assert.Equal(t, want, r.Interval, length)
		points := r.Series["iterations"].Points
		assert.LessOrEqual(t, len(points), maxPoints, length)
		var sum float64
		for _, p := range points {
			assert.Zero(t, p.Unix%want)
			sum += p.Values.Count()
		}
		assert.Equal(t, float64(seconds), sum, "no sample is lost")
	}
}

// TestEveryPoint: for any interval, a point is the sum of its samples.
func TestEveryPoint(t *testing.T) {
	t.Parallel()
	var samples []sample
	for second := range 10 {
		samples = append(samples, sample{
			metric: "http_req_duration", kind: Trend, value: float64(second),
			at: testStart.Add(time.Duration(second) * time.Second),
		})
	}
	s := recordOf(samples...).Series["http_req_duration"]
	begin := testStart.Unix()
	var times []int64
	var counts, highest []float64
	for _, p := range s.Every(4, begin+1) {
		times, counts = append(times, p.Unix-begin), append(counts, p.Values.Count())
		highest = append(highest, p.Values.Quantile(1))
	}
	assert.Equal(t, []int64{1, 5, 9}, times)
	assert.Equal(t, []float64{4, 4, 1}, counts)
	assert.Equal(t, []float64{4, 8, 9}, highest)
	assert.Len(t, s.Points, 10, "the series stays as it is")
	assert.Len(t, s.Every(1, begin), 10)
}

func TestSeriesByTag(t *testing.T) {
	t.Parallel()
	request := func(reason string) sample {
		return sample{
			metric: "clientcreds_requests", kind: Counter, value: 1, at: testStart,
			tags: map[string]string{"reason": reason},
		}
	}
	r := recordOf(request("cold"), request("early"), request("early"))
	assert.Equal(t, []float64{3, 1, 2}, []float64{
		r.Series["clientcreds_requests"].Points[0].Values.Count(),
		r.Series["clientcreds_requests{reason:cold}"].Points[0].Values.Count(),
		r.Series["clientcreds_requests{reason:early}"].Points[0].Values.Count(),
	})
}

func TestQuantiles(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 5))
	values := make([]float64, 10_000)
	for i := range values {
		values[i] = r.NormFloat64() * math.Pow(10, float64(r.IntN(7)-3))
	}
	var samples []sample
	for _, v := range values {
		samples = append(samples, sample{metric: "m", kind: Trend, value: v, at: testStart})
	}
	m := reread(t, recordOf(samples...)).Metric("m")
	slices.Sort(values)
	for _, q := range []float64{0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999} {
		rank := q * float64(len(values)-1)
		below, above := values[int(rank)], values[int(math.Ceil(rank))]
		assert.GreaterOrEqual(t, m.Quantile(q), below-math.Abs(below)*SketchAccuracy*1.001, "%v", q)
		assert.LessOrEqual(t, m.Quantile(q), above+math.Abs(above)*SketchAccuracy*1.001, "%v", q)
	}
	assert.Equal(t, values[0], m.Quantile(0))
	assert.Equal(t, values[len(values)-1], m.Quantile(1))
	assert.Equal(t, 10_000.0, m.Count())
}

func TestBinsAreWhatQuantilesAreMadeOf(t *testing.T) {
	t.Parallel()
	m := recordOf(
		sample{metric: "m", kind: Trend, value: -5, at: testStart}, sample{metric: "m", kind: Trend, value: 0, at: testStart},
		sample{metric: "m", kind: Trend, value: 100, at: testStart},
		sample{metric: "m", kind: Trend, value: 100, at: testStart},
	).Metric("m")
	var values []float64
	var samples []int64
	m.All.Sketch.Bins(func(value float64, n int64) {
		values, samples = append(values, value), append(samples, n)
	})
	require.Equal(t, []int64{1, 1, 2}, samples)
	assert.InEpsilon(t, -5, values[0], SketchAccuracy)
	assert.Zero(t, values[1])
	assert.InEpsilon(t, 100, values[2], SketchAccuracy)
}

func TestSplits(t *testing.T) {
	t.Parallel()
	r := recordOf(
		sample{
			metric: "m", kind: Rate, value: 1, at: testStart,
			tags: map[string]string{"scenario": "a", "status": "200", "url": "https://x/?key=secret"},
		},
		sample{metric: "m", kind: Rate, value: 0, at: testStart, tags: map[string]string{"scenario": "a", "status": "500"}},
		sample{metric: "m", kind: Rate, value: 0, at: testStart})
	m := r.Metric("m")
	assert.Equal(t, int64(3), m.Samples())
	assert.InEpsilon(t, 1.0/3, m.Rate(), 1e-9)
	assert.Equal(t, 0.5, m.Split("scenario", "a").Rate())
	assert.Equal(t, 1.0, m.Split("status", "200").Rate())
	assert.Nil(t, m.Split("url", "https://x/?key=secret"))
	assert.NotContains(t, measured(t, r), "secret")
}

func TestSplitsAreBounded(t *testing.T) {
	t.Parallel()
	b := NewBuilder()
	for i := range 3 * maxCells {
		client := fmt.Sprintf("client-%04d", i)
		b.add(sample{metric: "m", kind: Counter, value: 1, at: testStart, tags: map[string]string{"client": client}})
		if i == 50 {
			b.add(sample{metric: "m", kind: Counter, value: 1, at: testStart, tags: map[string]string{"client": client}})
		}
	}
	assert.LessOrEqual(t, len(b.metrics["m"].cells), maxCells+1)
	m := b.metrics["m"].metric()
	split := m.By["client"]
	assert.LessOrEqual(t, len(split), maxSplit)
	assert.Equal(t, 2.0, split["client-0050"].Count(), "those with the most samples stay")
	var sum float64
	for _, v := range split {
		sum += v.Count()
	}
	assert.Equal(t, m.Count(), sum)
	assert.Equal(t, float64(3*maxCells+1), sum)
	assert.Positive(t, split[Other].Count())
}

// TestSplitsUpToTheBound: the first value too many is where values begin to be added up.
func TestSplitsUpToTheBound(t *testing.T) {
	t.Parallel()
	for values, want := range map[int]struct{ kept, other int }{
		maxSplit - 1: {maxSplit - 1, 0}, maxSplit: {maxSplit, 0}, maxSplit + 1: {maxSplit - 1, 2},
		3 * maxSplit: {maxSplit - 1, 2*maxSplit + 1},
	} {
		var samples []sample
		for i := range values {
			samples = append(samples, sample{
				metric: "m", kind: Counter, value: 1, at: testStart,
				tags: map[string]string{"client": fmt.Sprint(i)},
			})
		}
		split := recordOf(samples...).Metric("m").By["client"]
		other := split[Other].Count()
		delete(split, Other)
		assert.Len(t, split, want.kept, values)
		assert.Equal(t, float64(want.other), other, values)
	}
}

func TestMetricThatIsMissing(t *testing.T) {
	t.Parallel()
	m := recordOf().Metric("none")
	assert.Nil(t, m)
	assert.Zero(t, m.Count())
	assert.Zero(t, m.Samples())
	assert.True(t, math.IsNaN(m.Rate()))
	assert.True(t, math.IsNaN(m.Mean()))
	assert.True(t, math.IsNaN(m.Quantile(0.5)))
	assert.Nil(t, m.Split("scenario", "a"))
}

func TestSamplesThatAreNoNumbersAreCounted(t *testing.T) {
	t.Parallel()
	b := NewBuilder()
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e305, 7} {
		b.add(sample{metric: "http_req_duration", kind: Trend, value: v, at: testStart})
	}
	var (
		r Record
		i Instance
	)
	b.Fill(&r, &i)
	assert.Equal(t, map[string]int64{LostNotANumber: 4}, i.Lost)
	assert.Equal(t, 7.0, r.Metric("http_req_duration").Mean())
}

func TestGaugeKeepsItsLastValueByTime(t *testing.T) {
	t.Parallel()
	r := recordOf(
		sample{metric: "g", kind: Gauge, value: 5, at: testStart.Add(time.Second)},
		sample{metric: "g", kind: Gauge, value: 9, at: testStart},
		sample{metric: "g", kind: Gauge, value: -1, at: testStart})
	g := r.Metric("g").All
	assert.Equal(t, []float64{5, -1, 9}, []float64{g.Last, g.Min, g.Max})
}

// TestLastValueDoesNotDependOnTheOrder: of two at one time it is the greater one.
func TestLastValueDoesNotDependOnTheOrder(t *testing.T) {
	t.Parallel()
	for _, values := range [][2]float64{{1, 7}, {7, 1}} {
		first := recordOf(sample{metric: "g", kind: Gauge, value: values[0], at: testStart})
		second := recordOf(sample{metric: "g", kind: Gauge, value: values[1], at: testStart})
		merged, err := Merge(first, second)
		require.NoError(t, err)
		assert.Equal(t, 7.0, merged.Metric("g").All.Last)
	}
}
