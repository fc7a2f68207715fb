package report

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// reading is a record of a run that read the metrics of a server under test.
func reading(cpu float64) *runrecord.Record {
	r := load{seconds: 8, slower: 1}.record()
	b := runrecord.NewBuilder()
	for second := range 8 {
		for _, m := range []struct {
			name, contains string
			value          float64
		}{
			{"cpu", "default", cpu},
			{"cpu_usage", "share", cpu / 2},
			{"memory", "data", 2_000_000},
			{"requests", "rate", 10},
			{"logins_total", "rate", 3},
			{"hits_ratio", "share", 0.5},
		} {
			b.Cell(runrecord.ServerMetricName("idp", m.name), runrecord.Trend, m.contains, func(string) string { return "" }).
				Observe(m.value, testStart.Add(time.Duration(second)*time.Second))
		}
	}
	var more runrecord.Record
	instance := runrecord.Instance{}
	b.Fill(&more, &instance)
	for name, m := range more.Metrics {
		r.Metrics[name] = m
	}
	for name, s := range instance.Series {
		r.Instances[0].Series[name] = s
	}
	return r
}

// The server's metrics are below the latency, on the same time axis, and in their own units.
func TestServersUnderTest(t *testing.T) {
	t.Parallel()
	d := pageOf(t, reading(1.5))
	charts := make(map[string]map[string]any)
	for _, c := range chartsOf(t, d) {
		charts[c["id"].(string)] = c
	}
	order := chartIDs(t, d)
	for id, expected := range map[string]struct {
		unit  string
		value float64
	}{
		"server-idp-usage": {"%", 75}, "server-idp-cpu": {"", 1.5}, "server-idp-memory": {"B", 2e6},
		"server-idp-requests": {"/s", 10}, "server-idp-chosen-0": {"%", 50}, "server-idp-chosen-1": {"/s", 3},
	} {
		c := charts[id]
		require.NotNil(t, c, id)
		assert.Equal(t, []any{expected.unit}, c["units"], id)
		assert.InDelta(t, expected.value, c["lines"].([]any)[0].(map[string]any)["values"].([]any)[3], 1e-9, id)
		assert.Equal(t, charts["api-latency"]["at"], c["at"], id)
	}
	assert.Contains(t, order, "api-latency")
	assert.Less(t, slices.Index(order, "api-latency"), slices.Index(order, "server-idp-usage"))
	assert.Less(t, slices.Index(order, "server-idp-usage"), slices.Index(order, "histogram"))
	assert.Contains(t, d.rows(t, "Memory of idp"), []string{"0:03", "2 MB"})
	trends := d.rows(t, "Trends")
	assert.Contains(t, trends, []string{"server:idp:cpu_usage", "8", "75%", "75%", "75%", "75%", "75%", "75%", "75%"})
	assert.NotContains(t, chartIDs(t, pageOf(t, load{seconds: 8, slower: 1}.record())), "server-idp-usage")
}

func TestServersOfBothSides(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, WriteComparison(&out, []*runrecord.Record{reading(1)}, []*runrecord.Record{reading(2)}, nil))
	rows := parsed(t, out.String()).rows(t, "CPU cores used by idp")
	assert.Equal(t, []string{"from", "base server", "head server"}, rows[0])
	assert.Equal(t, []string{"0:03", "1", "2"}, rows[4])
}

func chartIDs(t *testing.T, d document) []string {
	t.Helper()
	var ids []string
	for _, c := range chartsOf(t, d) {
		ids = append(ids, c["id"].(string))
	}
	return ids
}
