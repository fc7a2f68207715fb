package runrecord

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A record may reach each bound, but not exceed it.
func TestRecordsAtTheBounds(t *testing.T) {
	t.Parallel()
	bins := strings.TrimSuffix(strings.Repeat(`[1,1],`, maxBins), ",")
	sketch := func(s string) string {
		return `"metrics":{"m":{"type":"trend","all":{"samples":1,"sum":1,"min":1,"max":1,"sketch":` + s + `}}}`
	}
	for name, members := range map[string]string{
		"metrics":          `"metrics":{` + manyMetrics(maxMetrics) + `}`,
		"least accuracy":   sketch(`{"accuracy":0.5,"bins":[[1,1]]}`),
		"best accuracy":    sketch(`{"accuracy":0.0001,"bins":[[1,1]]}`),
		"bins":             sketch(`{"accuracy":0.01,"bins":[` + bins + `]}`),
		"negative bins":    sketch(`{"accuracy":0.01,"bins":[],"negative":[` + bins + `]}`),
		"the first time":   `"series":{"s":{"type":"counter","points":[{"t":0,"samples":1,"sum":1}]}}`,
		"the last time":    `"series":{"s":{"type":"counter","points":[{"t":253402300799,"samples":1,"sum":1}]}}`,
		"no metric at all": `"metrics":{}`,
	} {
		_, err := Decode(strings.NewReader(`{"format":"clientcreds-record","version":1,"interval":1,"validity":{"verdict":"PASS"},` + members + `}`))
		assert.NoError(t, err, name)
	}
}

// The largest record is written, and read again.
func TestLargestRecord(t *testing.T) { //nolint:paralleltest // it needs much memory for a moment
	document := `{"format":"clientcreds-record","version":1,"interval":1,"validity":{"verdict":"PASS"},"metrics":{` + manyMetrics(maxMetrics) + `}}`
	r, err := Decode(strings.NewReader(document))
	require.NoError(t, err)
	r.Run.Commit = "x"
	var text bytes.Buffer
	require.NoError(t, r.Encode(&text))
	r.Run.Commit = strings.Repeat("x", 1+MaxSize-text.Len())
	path := filepath.Join(t.TempDir(), "largest.json")
	require.NoError(t, r.Write(path))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.EqualValues(t, MaxSize, info.Size())
	_, err = Read(path)
	require.NoError(t, err)

	r.Run.Commit += "x"
	require.Error(t, r.Write(path))
	r.Run.Commit = ""
	r.Metrics["one-more"] = r.Metrics["m0"]
	require.Error(t, r.Write(path))
}

// The values of a tag that comes from outside are kept up to a bound.
func TestNumberOfSeries(t *testing.T) {
	t.Parallel()
	all := make(map[string]*timeline)
	m := &metricBuilder{kind: Counter}
	for i := range maxSeries {
		assert.Len(t, line(all, strconv.Itoa(i), m, maxSeries), 1, i)
	}
	assert.Empty(t, line(all, "one more", m, maxSeries))
	assert.Len(t, line(all, "0", m, maxSeries), 1, "the series is there already")
	assert.Len(t, all, maxSeries)
}

// A path can be a folder or a pattern. A file that has the name of one is itself.
func TestPatternsOfFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for i, name := range []string{"a.json", "b.json", "c[1].json", "c1.json", "d.txt"} {
		require.NoError(t, at("a.js", 0, float64(10+i)).Write(filepath.Join(folder, name)))
	}
	for pattern, want := range map[string]int{"?.json": 2, "*.json": 4, "c[1].json": 1, "[ab].json": 2, "c*": 2} {
		records, err := ReadAll([]string{filepath.Join(folder, pattern)})
		require.NoError(t, err, pattern)
		assert.Len(t, records, want, pattern)
	}
	records, err := ReadAll([]string{filepath.Join(folder, "c[1].json")})
	require.NoError(t, err)
	assert.InDelta(t, 12, records[0].Run.Duration().Seconds(), 0, "it is not c1.json")
	require.NoError(t, os.Mkdir(filepath.Join(folder, "folder.json"), 0o700))
	records, err = ReadAll([]string{folder})
	require.NoError(t, err)
	assert.Len(t, records, 4, "the files in the folder that end in .json")
	_, err = ReadAll([]string{filepath.Join(folder, "folder.json")})
	require.ErrorContains(t, err, "no file in this folder ends in .json")
	_, err = ReadAll([]string{filepath.Join(folder, "e*")})
	require.ErrorContains(t, err, "no file matches this pattern")
	_, err = ReadAll([]string{filepath.Join(folder, "e.json")})
	require.ErrorIs(t, err, os.ErrNotExist)
}

// The mean and both ends are exact, whatever the accuracy of the sketch between them.
func TestExactStatistics(t *testing.T) {
	t.Parallel()
	var samples []sample
	for _, value := range []float64{1.25, 3, 4} {
		samples = append(samples, sample{metric: "m", kind: Trend, value: value, at: testStart})
	}
	v := recordOf(samples...).Metric("m").All
	assert.InDelta(t, 2.75, v.Mean(), 0)
	for q, want := range map[float64]float64{-1: 1.25, 0: 1.25, 1: 4, 2: 4} {
		assert.InDelta(t, want, v.Quantile(q), 0, q)
	}
}
