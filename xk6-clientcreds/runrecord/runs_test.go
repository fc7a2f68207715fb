package runrecord

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// at is a record of a script that ran from one second to another.
func at(script string, from, to float64) *Record {
	r := recordOf(sample{metric: "iterations", kind: Counter, value: 1, at: testStart})
	r.Run.Script = script
	r.Run.Start = testStart.Add(time.Duration(from * float64(time.Second)))
	r.Run.End = testStart.Add(time.Duration(to * float64(time.Second)))
	r.Instances[0].Start, r.Instances[0].End = r.Run.Start, r.Run.End
	return r
}

func TestRuns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		records []*Record
		want    []int // processes of each run
	}{
		"one after the other": {
			[]*Record{at("a.js", 0, 10), at("a.js", 10, 20), at("a.js", 30, 40)},
			[]int{1, 1, 1},
		},
		"at the same time": {[]*Record{at("a.js", 0, 10), at("a.js", 0, 10), at("a.js", 1, 11)}, []int{3}},
		"in no order": {[]*Record{
			at("a.js", 21, 30), at("a.js", 0, 10), at("a.js", 20, 29),
			at("a.js", 9, 11),
		}, []int{2, 2}},
		"one after the other, beside one": {[]*Record{at("a.js", 0, 100), at("a.js", 10, 20), at("a.js", 30, 40)}, []int{3}},
		"each overlaps the next":          {[]*Record{at("a.js", 0, 10), at("a.js", 9, 19), at("a.js", 18, 28)}, []int{3}},
		"two scripts at the same time": {[]*Record{
			at("a.js", 0, 10), at("b.js", 1, 11), at("a.js", 2, 12),
			at("b.js", 3, 13),
		}, []int{2, 2}},
		"processes that ended at once":   {[]*Record{at("a.js", 5, 5), at("a.js", 5, 5), at("a.js", 6, 6)}, []int{2, 1}},
		"no record":                      {nil, []int{}},
		"another script does not end it": {[]*Record{at("a.js", 0, 10), at("b.js", 1, 2), at("a.js", 5, 15)}, []int{2, 1}},
		"a later run of the same script": {[]*Record{
			at("a.js", 0, 10), at("a.js", 0, 5), at("a.js", 11, 12),
			at("a.js", 11.5, 13),
		}, []int{2, 2}},
		"the end of the longest one holds": {[]*Record{
			at("a.js", 0, 20), at("a.js", 1, 2), at("a.js", 19, 22),
			at("a.js", 22.1, 23),
		}, []int{3, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runs, err := Runs(c.records)
			require.NoError(t, err)
			got := []int{}
			var processes float64
			for i, r := range runs {
				got = append(got, len(r.Instances))
				processes += r.Metric("iterations").Count()
				if i > 0 {
					assert.False(t, r.Run.Start.Before(runs[i-1].Run.Start), "in the order of time")
				}
			}
			assert.Equal(t, c.want, got)
			assert.Equal(t, float64(len(c.records)), processes, "no sample is lost")
		})
	}
}

// The verdict of a run in one process is the one that its record has, be it by rules of another version.
func TestRunOfOneProcessIsItsRecord(t *testing.T) {
	t.Parallel()
	r := at("a.js", 0, 10)
	r.Validity = validity.Validity{Verdict: validity.Invalid, Reasons: []validity.Reason{{Rule: "another"}}}
	runs, err := Runs([]*Record{r})
	require.NoError(t, err)
	assert.Same(t, r, runs[0])
}

func TestRunsThatDoNotAddUp(t *testing.T) {
	t.Parallel()
	odd := at("a.js", 1, 10)
	odd.Metrics["iterations"] = recordOf(sample{metric: "iterations", kind: Trend, at: testStart}).Metrics["iterations"]
	_, err := Runs([]*Record{at("a.js", 0, 10), odd})
	assert.EqualError(t, err, `the records that overlap at 2026-01-02T03:04:05Z are not of one run: `+
		`record 2: metric "iterations": a counter and a trend do not add up`)
}

// A process that is in two records would count twice.
func TestRecordsAreReadOnce(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name string, r *Record) string {
		path := filepath.Join(folder, name)
		require.NoError(t, r.Write(path))
		return path
	}
	first, second := at("a.js", 0, 10), at("a.js", 0, 10)
	second.Instances[0].Segment = "1/2:1"
	merged, err := Merge(first, second)
	require.NoError(t, err)
	a, b, both, twin := write("a.json", first), write("b.json", second), write("both.json", merged), write("twin.json",
		first)
	later := write("later.json", at("a.js", 0, 10.5))
	untimed := at("a.js", 0, 10)
	untimed.Instances[0].Start, untimed.Instances[0].End = time.Time{}, time.Time{}
	undated, alsoUndated := write("undated.json", untimed), write("also-undated.json", untimed)
	for want, paths := range map[string][]string{
		"": {a, b, later, undated, alsoUndated},
		a + ": the record is given twice; name each record once":                                       {a, a},
		a + " and " + twin + " both hold the k6 process that started at 2026-01-02T03:04:05Z; " + once: {a, twin},
		b + " and " + both + " both hold the k6 process that started at 2026-01-02T03:04:05Z; " + once: {b, both},
	} {
		records, err := ReadAll(paths)
		if want == "" {
			require.NoError(t, err)
			assert.Len(t, records, len(paths))
			continue
		}
		assert.EqualError(t, err, want)
	}

	var sides Reader
	_, err = sides.ReadAll([]string{a})
	require.NoError(t, err)
	_, err = sides.ReadAll([]string{b})
	require.NoError(t, err)
	_, err = sides.ReadAll([]string{twin})
	require.ErrorContains(t, err, a+" and "+twin, "of another side")
	require.NoError(t, os.Remove(twin))
}

const once = "name each record once, and not beside a record that it was merged into"
