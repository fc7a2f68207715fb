package report

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// valuesOf is a trend of values.
func valuesOf(values ...float64) *runrecord.Values {
	b := runrecord.NewBuilder()
	cell := b.Cell("m", runrecord.Trend, "time", func(string) string { return "" })
	for _, v := range values {
		cell.Observe(v, testStart)
	}
	var r runrecord.Record
	b.Fill(&r, &runrecord.Instance{})
	return r.Metric("m").Values()
}

func TestPercentileCurve(t *testing.T) {
	t.Parallel()
	values := make([]float64, 1000)
	for i := range values {
		values[i] = float64(i + 1)
	}
	c := percentiles("id", "title", trend{"many", valuesOf(values...)}, trend{"few", valuesOf(7, 8)}, trend{"none", nil})
	require.Len(t, c.Lines, 2)
	assert.InDelta(t, 1000, float64(c.At[len(c.At)-1]), 1e-6, "up to the number of samples")
	for x, want := range map[int]float64{0: 1, perDecade: 900, 2 * perDecade: 990, 3 * perDecade: 999} {
		assert.InEpsilon(t, want, float64(c.Lines[0].Values[x]), 0.006, "x is %v", c.At[x])
	}
	assert.InEpsilon(t, 7, float64(c.Lines[1].Values[0]), 0.006)
	assert.True(t, math.IsNaN(float64(c.Lines[1].Values[perDecade])), "two samples have no p90")
	assert.Equal(t, []string{"percentile", "many", "few"}, c.Table.Columns)
	assert.Equal(t, []string{"100%", "1,000 ms", "8 ms"}, c.Table.Rows[len(c.Table.Rows)-1].Cells)
	assert.Nil(t, percentiles("id", "title", trend{"none", nil}))
}

func TestHistogram(t *testing.T) {
	t.Parallel()
	c := histogram("id", "title", trend{"a", valuesOf(10.1, 10.2, 10.3, 99)}, trend{"b", valuesOf(0)})
	var sums [2]float64
	for i, l := range c.Lines {
		for at, v := range l.Values {
			sums[i] += float64(v)
			if v == 75 {
				assert.InEpsilon(t, 10, float64(c.At[at]), 1e-9)
			}
		}
	}
	assert.InDeltaSlice(t, []float64{100, 100}, sums[:], 1e-9)
	assert.Contains(t, c.Lines[0].Values, number(75))
	var table float64
	for _, row := range c.Table.Rows {
		if row.Cells[1] == "75%" || row.Cells[1] == "25%" {
			table++
		}
	}
	assert.Equal(t, 2.0, table)
	assert.LessOrEqual(t, len(c.Table.Rows), 2*chartRows)
	assert.Nil(t, histogram("id", "title"))
}

// The axis of a histogram begins with the first bar, and ends where the last one does.
func TestAxisOfAHistogram(t *testing.T) {
	t.Parallel()
	c := histogram("id", "title", trend{"a", valuesOf(10.1, 99)})
	require.Len(t, c.At, perDecade+1)
	assert.InEpsilon(t, 10, float64(c.At[0]), 1e-9)
	assert.InEpsilon(t, 100, float64(c.At[perDecade]), 1e-9)
	assert.Len(t, c.Table.Rows, perDecade+1, "few bars have a row each")
	for milliseconds, want := range map[float64]int{
		-1: -120, 0: -120, 1e-9: -120, 0.95: -1, 1: 0, 1.1: 0, 9.95: 19, 10: 20, 10.1: 20, 1e12: 220,
	} {
		assert.Equal(t, want, barOf(milliseconds), milliseconds)
	}
}

// Where there are many bars, a row of the table has several.
func TestRowsOfManyBars(t *testing.T) {
	t.Parallel()
	w := wider(&chart{At: []number{0, 1, 2, 3, 4}, Lines: []line{{Label: "a", Values: []number{1, 2, 3, 4, 5}}}}, 2)
	assert.Equal(t, []number{0, 2, 4}, w.At)
	assert.Equal(t, []line{{Label: "a", Values: []number{3, 7, 5}}}, w.Lines)
	c := histogram("id", "title", trend{"a", valuesOf(1.01, 9500)}) // 81 ends of bars
	assert.Len(t, c.Table.Rows, 41)
	assert.Equal(t, []string{"1 ms", "50%"}, c.Table.Rows[0].Cells)
}

// A quantile is drawn as far as it differs from the largest sample.
func TestEndOfAPercentileCurve(t *testing.T) {
	t.Parallel()
	v := valuesOf(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	for at, want := range map[float64]float64{1: 1, 2: 5, 10: 9, 11.2: 9, 11.3: math.NaN()} {
		if got := upTo(v, at); math.IsNaN(want) {
			assert.True(t, math.IsNaN(got), at)
		} else {
			assert.InDelta(t, want, got, 0.6, at)
		}
	}
}

func TestLifetimes(t *testing.T) {
	t.Parallel()
	c := lifetimes("id", "title", "", trend{"granted", valuesOf(5000, 5000)},
		trend{"left", valuesOf(-1000, 1000, 2000, 4000)})
	granted, left := c.Lines[0].Values, c.Lines[1].Values
	assert.Equal(t, number(-1000), c.At[0], "an expired token has less than nothing left")
	assert.InDelta(t, 0, float64(granted[len(granted)-2]), 1e-9)
	assert.InDelta(t, 100, float64(granted[len(granted)-1]), 1e-9)
	assert.InDelta(t, 25, float64(left[20]), 1e-9, "at 0 s")
	assert.InDelta(t, 75, float64(left[80]), 1e-9, "at 3 s")
	assert.Equal(t, []string{"0.2 s", "0%", "25%"}, c.Table.Rows[4].Cells)
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"12.35 ms": milliseconds.format(12.345678), "1,234 ms": milliseconds.format(1234.4),
		"12.35 s": milliseconds.format(12345),
		"0.5%":    percent.format(0.5), "1,234,567": plain.format(1234567), "-1,234 B": bytesOf.format(-1234),
		"2/s": perSecond.format(2),
		none:  plain.format(math.NaN()), "0:05": clock(5), "59:59": clock(3599), "1:00:05": clock(3605),
		"26:46:40": clock(96400),
		"9,999 ms": milliseconds.format(9999), "10 s": milliseconds.format(10_000), "-10 s": milliseconds.format(-10_000),
		"999.9": plain.format(999.9), "1,000": plain.format(1000), "100,000": plain.format(100_000), "-1,000": plain.format(-1000),
		"1,000,000": plain.format(1_000_000), "0:00": clock(0), "0:59": clock(59), "1:00": clock(60), "1:00:00": clock(3600),
		"2026-01-02 03:04:05 UTC": moment(testStart.In(time.FixedZone("", 3600))),
	} {
		assert.Equal(t, want, got)
	}
}

// TestRunsOfASide: records that overlap are of one run.
func TestRunsOfASide(t *testing.T) {
	t.Parallel()
	at := func(second int) *runrecord.Record {
		return load{start: testStart.Add(time.Duration(second) * time.Second), seconds: 10, slower: 1}.record()
	}
	s, err := newGroup("base", []*runrecord.Record{at(100), at(0), at(5), at(15)})
	require.NoError(t, err)
	assert.Len(t, s.runs, 3)
	assert.InDelta(t, 800.0/35, s.perSecond(800), 1e-9)
	assert.EqualValues(t, 15, s.seconds(), "the longest")
	assert.Equal(t, testStart.Unix(), s.begin)
	assert.Equal(t, "base p50", s.label("p50"))
}
