package runrecord

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
)

// scraped is the record of a run in which a server's measurements were recorded once per second.
func scraped(t *testing.T, measurements map[string][]float64) *Record {
	t.Helper()
	b := NewBuilder()
	for name, values := range measurements {
		m, _ := KnownServerMetric(ServerMetricName("idp", name))
		for i, value := range values {
			b.Cell(ServerMetricName("idp", name), Trend, m.Contains, func(string) string { return "" }).
				Observe(value, testStart.Add(time.Duration(i)*time.Second))
		}
	}
	r := &Record{Instances: make([]Instance, 1)}
	b.Fill(r, &r.Instances[0])
	return r
}

func TestServerUsages(t *testing.T) {
	t.Parallel()
	r := scraped(t, map[string][]float64{
		"cpu_usage": {0.1, 0.8, 1}, "cpu": {1, 8, 10}, "gc": {1, 1, 1}, "connections_usage": {0, 0, 0.5}, "custom": {1},
	})
	end := testStart.Add(time.Hour)
	usages := r.ServerUsages(testStart.Add(time.Second), end)
	require.Len(t, usages, 2)
	assert.Equal(t, runinfo.ServerUsage{Server: "idp", Resource: "connections", Usage: 0.25}, usages[0])
	assert.Equal(t, "cpu", usages[1].Resource)
	assert.InDelta(t, 0.9, usages[1].Usage, 1e-9)
	assert.Empty(t, r.ServerUsages(end, end))
	assert.Equal(t, []string{"idp"}, Servers([]*Record{r, {}}))
}

// The whole run has a distribution. Over time, several processes see one server, which does not add up.
func TestServerMetricsAreNotAddedUp(t *testing.T) {
	t.Parallel()
	r := scraped(t, map[string][]float64{"cpu": {1, 3}})
	m := r.Metric("server:idp:cpu")
	assert.Equal(t, Trend, m.Type)
	assert.InDelta(t, 2, m.Mean(), 1e-9)
	assert.NotContains(t, r.Series, "server:idp:cpu")
	assert.Equal(t, Gauge, r.Instances[0].Series["server:idp:cpu"].Type)
}

// The series of servers have a bound of their own: the load generator's series are always there.
func TestNumberOfServerSeries(t *testing.T) {
	t.Parallel()
	many := make(map[string][]float64)
	for i := range 2 * maxServerSeries {
		many["m"+strconv.Itoa(i)] = []float64{1}
	}
	r := scraped(t, many)
	assert.LessOrEqual(t, len(r.Instances[0].Series), maxServerSeries+len(gaugesOverTime))
	assert.Len(t, r.Metrics, 2*maxServerSeries)
}

func TestNamesOfServerMetrics(t *testing.T) {
	t.Parallel()
	_, _, ok := ParseServerMetric("vus")
	assert.False(t, ok)
	server, measurement, ok := ParseServerMetric("server:idp:jvm:x")
	assert.True(t, ok)
	assert.Equal(t, []string{"idp", "jvm:x"}, []string{server, measurement})
	_, known := KnownServerMetric("server:idp:jvm:x")
	assert.False(t, known)
	_, known = KnownServerMetric("vus")
	assert.False(t, known)
}
