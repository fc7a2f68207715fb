package results

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestComparedIsTheMedianOfTheRoundsRatios(t *testing.T) {
	t.Parallel()
	// The machine gets five times slower on the way: the ratio is 1.1 in each round but one.
	references := []float64{10, 20, 30, 40, 50, 10, 20, 30}
	values := []float64{11, 22, 33, 44, 55, 11, 22, 300}
	r := Compared("mine", "ns", values, "theirs", references)
	require.InDelta(t, 1.1, *r.Ratio, 1e-9)
	require.InDelta(t, 27.5, r.Value, 1e-9)
	require.Equal(t, "theirs", r.Reference)
	require.InDelta(t, 1.1, r.CI[0], 1e-9)
	require.Panics(t, func() { Compared("mine", "ns", values, "theirs", references[:3]) })
}

func TestTooFewValuesHaveNoInterval(t *testing.T) {
	t.Parallel()
	r := Measured("weight", "kB", []float64{3, 1, 2})
	require.InDelta(t, 2.0, r.Value, 1e-9)
	require.Nil(t, r.CI)
}

func TestTargets(t *testing.T) {
	t.Parallel()
	ratio := 1.5
	r := Result{Name: "x", Value: 7, Unit: "kB", Reference: "y", Ratio: &ratio}
	for _, c := range []struct {
		of, is string
		limit  float64
		pass   bool
	}{
		{OfRatio, AtMost, 1.5, true},
		{OfRatio, AtMost, 1.4, false},
		{OfRatio, AtLeast, 1.5, true},
		{OfRatio, AtLeast, 1.6, false},
		{OfValue, AtMost, 7, true},
		{OfValue, AtMost, 6, false},
		{OfValue, AtLeast, 8, false},
	} {
		require.Equal(t, c.pass, *r.With(NewTarget(c.of, c.is, c.limit)).Pass, "%+v", c)
	}
	require.Panics(t, func() { Result{Name: "x"}.With(NewTarget(OfRatio, AtMost, 1)) })
}

func tables() []Table {
	fast := Compared("fast", "ns", []float64{1, 1, 1, 1, 1, 1}, "slow", []float64{2, 2, 2, 2, 2, 2})
	return []Table{{Title: "Speed", Results: []Result{
		Measured("slow", "ns", []float64{1234, 1234, 1234, 1234, 1234, 1234}),
		fast.With(NewTarget(OfRatio, AtMost, 0.6)),
		fast.With(NewTarget(OfRatio, AtMost, 0.4)),
	}}, {Title: "Weight", Results: []Result{
		Measured("module", "kB", []float64{8.125}).With(NewTarget(OfValue, AtMost, 8)),
	}}}
}

func TestJSONIsOneArray(t *testing.T) {
	t.Parallel()
	text, err := JSON(tables())
	require.NoError(t, err)
	var results []map[string]any
	require.NoError(t, json.Unmarshal(text, &results))
	require.Equal(t, map[string]any{
		"name": "slow", "value": 1234.0, "unit": "ns", "ratio": nil, "ci": []any{1234.0, 1234.0},
		"target": nil, "pass": nil,
	}, results[0])
	require.Equal(t, map[string]any{
		"name": "fast", "value": 1.0, "unit": "ns", "reference": "slow", "ratio": 0.5, "ci": []any{0.5, 0.5},
		"target": 0.4, "target_of": "ratio", "target_is": "at most", "pass": false,
	}, results[2])
	require.Len(t, results, 4)

	text, err = JSON(nil)
	require.NoError(t, err)
	require.Equal(t, "[]\n", string(text))
}

func TestVerdictNamesWhatWasMissed(t *testing.T) {
	t.Parallel()
	err := Verdict(tables())
	require.ErrorIs(t, err, ErrMissed)
	require.EqualError(t, err, "target missed: fast: ratio to slow 0.500, must be at most 0.4\n"+
		"target missed: module: 8.12 kB, must be at most 8")
	met := tables()
	met[0].Results = met[0].Results[:2]
	require.NoError(t, Verdict(met[:1]))
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	require.Equal(t, `### Speed

| | value | reference | ratio | 95% interval | target | |
| --- | ---: | --- | ---: | ---: | --- | --- |
| slow | 1234 ns |  |  | 1234–1234 |  |  |
| fast | 1.00 ns | slow | 0.500 | 0.500–0.500 | at most 0.6 | met |
| fast | 1.00 ns | slow | 0.500 | 0.500–0.500 | at most 0.4 | **missed** |

### Weight

| | value | reference | ratio | 95% interval | target | |
| --- | ---: | --- | ---: | ---: | --- | --- |
| module | 8.12 kB |  |  |  | at most 8 | **missed** |

`, Markdown(tables()))
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for want, x := range map[string]float64{
		"0": 0, "0.001": 0.00123, "0.123": 0.1234, "1.23": 1.234, "12.3": 12.34, "123": 123.4, "12345": 12345.4,
		"-1.23": -1.234,
	} {
		require.Equal(t, want, Number(x))
	}
}

func TestSpliceLeavesTheRestOfTheDocument(t *testing.T) {
	t.Parallel()
	document := []byte("# Title\n\n" + Begin + "\nold\n" + End + "\n\nThe end.\n")
	once, err := splice(document, "new table\n\n")
	require.NoError(t, err)
	require.Equal(t, "# Title\n\n"+Begin+"\n\nnew table\n\n"+End+"\n\nThe end.\n", string(once))
	twice, err := splice(once, "new table")
	require.NoError(t, err)
	require.Equal(t, string(once), string(twice))

	for _, bad := range []string{"", Begin, End + Begin} {
		_, err := splice([]byte(bad), "table")
		require.ErrorIs(t, err, ErrNoMarkers)
	}
}

func TestMachineNamesTheVersions(t *testing.T) {
	t.Parallel()
	require.Regexp(t, `^\d+ cores, .+, \w+/\w+, go1\.\S+, k6 `, Machine())
}
