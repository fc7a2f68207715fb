package exporter

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"
	"go.uber.org/goleak"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit/k6kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	acceptText        = "text/plain"
	acceptOpenMetrics = "application/openmetrics-text; version=1.0.0"
	acceptProtobuf    = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
)

// testStart is when the tests' clocks start.
var testStart = time.Unix(1_700_000_000, 0)

// rig is an exporter with a registry of k6 metrics and a clock that tests move.
type rig struct {
	*exporter

	t        testing.TB
	registry *metrics.Registry
	builtin  *metrics.BuiltinMetrics
	logs     *logtest.Hook
	time     time.Time
}

func newRig(t testing.TB, argument string, change ...func(*output.Params)) *rig {
	t.Helper()
	r := &rig{t: t, registry: metrics.NewRegistry(), time: testStart}
	r.builtin = metrics.RegisterBuiltinMetrics(r.registry)
	params := k6kit.Params(argument, change...)
	r.logs = logtest.NewLocal(params.Logger.(*logrus.Logger))
	e, err := configure(params, nil, func() time.Time { return r.time })
	require.NoError(t, err)
	r.exporter = e
	return r
}

// metric registers a metric with k6.
func (r *rig) metric(name string, typ metrics.MetricType, contains ...metrics.ValueType) *metrics.Metric {
	r.t.Helper()
	m, err := r.registry.NewMetric(name, typ, contains...)
	require.NoError(r.t, err)
	return m
}

// tags makes a tag set of names and values in turn.
func (r *rig) tags(pairs ...string) *metrics.TagSet {
	return k6kit.Tags(r.registry, pairs...)
}

// sample makes a sample of now.
func (r *rig) sample(m *metrics.Metric, value float64, tags ...string) metrics.Sample {
	return k6kit.Sample(r.registry, m, r.time, value, tags...)
}

// add hands one sample to the exporter.
func (r *rig) add(m *metrics.Metric, value float64, tags ...string) {
	r.AddMetricSamples([]metrics.SampleContainer{r.sample(m, value, tags...)})
}

// scrape returns what a scrape gets.
func (r *rig) scrape(accept string) string {
	r.t.Helper()
	request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	request.Header.Set("Accept", accept)
	response := httptest.NewRecorder()
	r.handler().ServeHTTP(response, request)
	require.Equal(r.t, http.StatusOK, response.Code, response.Body.String())
	for _, warning := range r.warnings() {
		require.NotRegexp(r.t, "error (gathering|encoding) metric", warning, "a series is missing")
	}
	return response.Body.String()
}

// warnings returns what was logged at warning level or above.
func (r *rig) warnings() []string {
	var texts []string
	for _, entry := range r.logs.AllEntries() {
		if entry.Level <= logrus.WarnLevel {
			texts = append(texts, entry.Message)
		}
	}
	return texts
}
