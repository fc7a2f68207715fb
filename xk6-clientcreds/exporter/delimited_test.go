package exporter

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/proto"
)

// acceptDelimited is the Accept header of a Prometheus that scrapes native histograms.
const acceptDelimited = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"

// A scrape that takes turns has the same answer as promhttp's.
func TestDelimitedAsPromhttp(t *testing.T) {
	t.Parallel()
	e := benchExporter(t, "runtimeMetrics=false")
	e.AddMetricSamples(httpSamples(30))
	families, err := e.registry.Gather()
	require.NoError(t, err)
	var want bytes.Buffer
	encoder := expfmt.NewEncoder(&want, expfmt.NewFormat(expfmt.TypeProtoDelim))
	for _, family := range families {
		require.NoError(t, encoder.Encode(family))
	}
	fixed := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return families, nil })
	w := answerOf(t, delimited(fixed, newTurns(), e.log, http.NotFoundHandler()), "/metrics", acceptDelimited)
	assert.Equal(t, want.Bytes(), w.Body.Bytes())
	assert.Equal(t, string(expfmt.NegotiateIncludingOpenMetrics(http.Header{"Accept": {acceptDelimited}})),
		w.Header().Get("Content-Type"))
}

// All other scrapes are promhttp's.
func TestOtherFormatsArePromhttps(t *testing.T) {
	t.Parallel()
	e := benchExporter(t, "")
	promhttps := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	h := delimited(e.registry, newTurns(), e.log, promhttps)
	for _, accept := range []string{
		"", "text/plain", "application/openmetrics-text;version=1.0.0",
		"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
	} {
		assert.Equal(t, http.StatusTeapot, answerOf(t, h, "/metrics", accept).Code, accept)
	}
	assert.Equal(t, http.StatusTeapot, answerOf(t, h, "/metrics?name[]=k6_vus", acceptDelimited).Code)
	assert.Equal(t, http.StatusOK, answerOf(t, h, "/metrics", acceptDelimited).Code)
}

// An error does not hide the metrics that there are. Without any metric, the scraper learns why.
func TestDelimitedWithErrors(t *testing.T) {
	t.Parallel()
	good := &dto.MetricFamily{
		Name: proto.String("good"), Help: proto.String("help"), Type: dto.MetricType_GAUGE.Enum(),
		Metric: []*dto.Metric{{Gauge: &dto.Gauge{Value: proto.Float64(1)}}},
	}
	log, logged := logtest.NewNullLogger()
	serve := func(families ...*dto.MetricFamily) *httptest.ResponseRecorder {
		gatherer := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return families, assert.AnError })
		return answerOf(t, delimited(gatherer, newTurns(), log, http.NotFoundHandler()), "/metrics", acceptDelimited)
	}
	w := serve(good)
	require.Equal(t, http.StatusOK, w.Code)
	read := new(dto.MetricFamily)
	body := bytes.NewReader(w.Body.Bytes())
	require.NoError(t, protodelim.UnmarshalFrom(body, read))
	assert.True(t, proto.Equal(good, read))
	assert.ErrorIs(t, protodelim.UnmarshalFrom(body, read), io.EOF)
	assert.Len(t, logged.AllEntries(), 1)

	w = serve()
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	assert.Contains(t, w.Body.String(), assert.AnError.Error())
}

// The order of series is client_golang's, whatever order they came in.
func TestSeriesAreInOrder(t *testing.T) {
	t.Parallel()
	e := benchExporter(t, "")
	samples := httpSamples(50)
	slices.Reverse(samples)
	e.AddMetricSamples(samples)
	for _, f := range e.store.families {
		inOrder := f.inOrder()
		assert.True(t, slices.IsSortedFunc(inOrder, func(a, b series) int { return compareLabels(a.pairs(), b.pairs()) }))
		assert.Len(t, inOrder, 50)
	}
}

// A compressed answer is the same as one that is not compressed.
func TestCompressed(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("k6_http_reqs_total 1\n", 1000)
	h := compressed(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = fmt.Fprint(w, text)
	}))
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	for _, coding := range []string{"gzip", "identity"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		require.NoError(t, err)
		if coding == "identity" {
			req.Header.Set("Accept-Encoding", coding)
		}
		resp, err := server.Client().Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, coding == "gzip", resp.Uncompressed)
		assert.Equal(t, text, string(body))
	}
}

func answerOf(t *testing.T, h http.Handler, path, accept string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
