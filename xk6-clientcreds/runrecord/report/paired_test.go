package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord/compare"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// pairedRecord is the record of a run that loads two versions at once, and counts. Every fifth second is base's alone.
func pairedRecord(seconds int, slower float64) *runrecord.Record {
	b := runrecord.NewBuilder()
	for second := range seconds {
		at := testStart.Add(time.Duration(second) * time.Second)
		latencies := map[runrecord.Side]float64{runrecord.Base: 20, runrecord.Head: 20 * slower}
		if second%5 == 4 {
			latencies = map[runrecord.Side]float64{runrecord.BaseAlone: 20}
		}
		for side, latency := range latencies {
			tag := func(name string) string {
				return map[string]string{"scenario": "token", runrecord.SideTag: string(side)}[name]
			}
			for i := range 20 {
				b.Cell(metricname.Requests, runrecord.Counter, "default", tag).Observe(1, at)
				b.Cell(metricname.RequestFailed, runrecord.Rate, "default", tag).Observe(0, at)
				b.Cell(metricname.RequestDuration, runrecord.Trend, "time", tag).Observe(latency+float64((i+second)%7)/10, at)
			}
		}
	}
	end := testStart.Add(time.Duration(seconds) * time.Second)
	r := &runrecord.Record{
		Format: runrecord.Format, Version: runrecord.Version,
		Run:       runrecord.Run{Start: testStart, End: end, Script: "pairs.js", Completed: true},
		Instances: []runrecord.Instance{{K6: "v2.2.0", Start: testStart, End: end}},
		Validity:  validity.Validity{Verdict: validity.Pass},
	}
	b.Fill(r, &r.Instances[0])
	return r
}

// The verdict on the page is the verdict of the comparison, although the run counts in each case.
func TestPaired(t *testing.T) {
	t.Parallel()
	rule, err := compare.ReadRules(strings.NewReader("rules:\n  p50 of clientcreds_request_duration: +10%\n"))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		seconds int
		slower  float64
		verdict string
		says    string
	}{
		"slower":    {60, 1.2, "✗ Verdict: FAIL", "Decided: 1 of 1 rules broken, with 95% confidence, after "},
		"the same":  {60, 1, "✓ Verdict: PASS", "Decided: every rule holds, with 95% confidence, after "},
		"too short": {10, 1, "! Verdict: UNCLEAR", "Not decided: 1 of 1 rules unclear after "},
	} {
		var out bytes.Buffer
		require.NoError(t, WritePaired(&out, pairedRecord(c.seconds, c.slower), rule), name)
		d := parsed(t, out.String())
		assert.Equal(t, []string{"Comparison: pairs.js"}, d.texts("h1"), name)
		assert.Equal(t, c.verdict, d.texts("h2")[0], name)
		assert.Contains(t, strings.Join(d.texts("dd"), "\n"), c.says, name)
		assert.Equal(t, "p50 of clientcreds_request_duration", d.rows(t, "Rules and what came of them")[1][0], name)
		sides := d.rows(t, "Latency of token requests, scenario token")
		assert.Equal(t, []string{"from", "base p50", "base p95", "head p50", "head p95"}, sides[0], name)
	}
}

// The intervals that led to the decision, one row for each look.
func TestIntervalsOverTime(t *testing.T) {
	t.Parallel()
	f := compare.Finding{
		Rule: compare.Rule{Limit: compare.Limit{Amount: 0.1, Relative: true}}, Unit: compare.Milliseconds,
		Course: []compare.Look{
			{After: 15, Interval: compare.Interval{Change: 0.02, Low: -0.2, High: 0.3, Relative: true}},
			{After: 16, Interval: compare.Interval{Change: 0.01, Low: -0.05, High: 0.08, Relative: true}},
		},
	}
	c := intervalOf("i", &f)
	require.NotNil(t, c)
	assert.Equal(t, []unit{percent}, c.Units)
	var rows [][]string
	for _, r := range c.Table.Rows {
		rows = append(rows, r.Cells)
	}
	assert.Equal(t, [][]string{{"0:15", "2%", "-20%", "30%", "10%"}, {"0:16", "1%", "-5%", "8%", "10%"}}, rows)
	f.Rule.Limit = compare.Limit{Amount: 5}
	for i := range f.Course {
		f.Course[i].Relative = false
	}
	c = intervalOf("i", &f)
	assert.Equal(t, []unit{milliseconds}, c.Units)
	assert.Equal(t, number(5), c.Lines[3].Values[0])
	f.Rule.Limit.Down = true
	assert.Equal(t, number(-5), intervalOf("i", &f).Lines[3].Values[0])
	f.Course = f.Course[:1]
	assert.Nil(t, intervalOf("i", &f), "one look has no course")
}
