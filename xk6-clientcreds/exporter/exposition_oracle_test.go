package exporter

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
)

// A scrape has the answer of promhttp, to the byte, in each format.
func TestExpositionAsPromhttp(t *testing.T) {
	t.Parallel()
	for _, argument := range []string{"", ",histograms=native", ",histograms=classic"} {
		r := exampleRun(t, argument)
		addEverything(r)
		r.AddMetricSamples(httpSamples(300))
		for i := range 40 { // longer than a part of a text
			r.add(r.builtin.Checks, float64(i%2), "check", strings.Repeat("x", 600)+strconv.Itoa(i))
		}
		promhttps := promhttp.HandlerFor(r.all, promhttp.HandlerOpts{EnableOpenMetrics: true})
		unused := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("not streamed") })
		own := exposition{r.store, r.others, r.log, unused}
		for _, accept := range []string{
			acceptText, acceptOpenMetrics, acceptProtobuf, "", "application/openmetrics-text; version=0.0.1",
			acceptOpenMetrics + "; escaping=allow-utf-8", acceptProtobuf + "; escaping=values",
		} {
			want, got := answerOf(t, promhttps, "/metrics", accept), answerOf(t, own, "/metrics", accept)
			assert.Equal(t, want.Header(), got.Header(), accept)
			if accept != acceptProtobuf {
				assert.Equal(t, want.Body.String(), got.Body.String(), accept)
			}
			assert.True(t, bytes.Equal(want.Body.Bytes(), got.Body.Bytes()), "%s%s", accept, argument)
			assert.Greater(t, got.Body.Len(), 2*partSize)
		}
	}
}

// All other scrapes are promhttp's.
func TestOtherFormatsArePromhttps(t *testing.T) {
	t.Parallel()
	e := benchExporter(t, "")
	promhttps := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	x := exposition{e.store, e.others, e.log, promhttps}
	for _, encoding := range []string{"text", "compact-text"} {
		accept := strings.Replace(acceptProtobuf, "delimited", encoding, 1)
		assert.Equal(t, http.StatusTeapot, answerOf(t, x, "/metrics", accept).Code, accept)
	}
	assert.Equal(t, http.StatusTeapot, answerOf(t, x, "/metrics?name[]=k6_vus", acceptProtobuf).Code)
	assert.Equal(t, http.StatusOK, answerOf(t, x, "/metrics", acceptProtobuf).Code)
}

// An error does not hide the metrics that there are. Without any metric, the scraper learns why.
func TestExpositionWithErrors(t *testing.T) {
	t.Parallel()
	good := &dto.MetricFamily{
		Name: proto.String("good"), Help: proto.String("help"), Type: dto.MetricType_GAUGE.Enum(),
		Metric: []*dto.Metric{{Gauge: &dto.Gauge{Value: proto.Float64(1)}}},
	}
	log, logged := logtest.NewNullLogger()
	serve := func(families ...*dto.MetricFamily) *httptest.ResponseRecorder {
		gatherer := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return families, assert.AnError })
		x := exposition{benchExporter(t, "").store, gatherer, log, http.NotFoundHandler()}
		return answerOf(t, x, "/metrics", acceptProtobuf)
	}
	w := serve(good)
	require.Equal(t, http.StatusOK, w.Code)
	families := parseProtobuf(t, w.Body.String())
	require.Len(t, families, 1)
	assert.True(t, proto.Equal(good, families[0]))
	assert.Len(t, logged.AllEntries(), 1)

	w = serve()
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	assert.Contains(t, w.Body.String(), assert.AnError.Error())
}

// A series that cannot be encoded hides no other one, wherever it is. There is one warning for its metric.
func TestSeriesThatCannotBeEncoded(t *testing.T) {
	t.Parallel()
	metric := func(label string) *dto.Metric {
		return &dto.Metric{
			Label: []*dto.LabelPair{{Name: proto.String("label"), Value: proto.String(label)}},
			Gauge: &dto.Gauge{Value: proto.Float64(1)},
		}
	}
	bad := metric("bad")
	bad.Gauge = nil
	log, logged := logtest.NewNullLogger()
	gatherer := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		return []*dto.MetricFamily{{
			Name: proto.String("name"), Help: proto.String("help"), Type: dto.MetricType_GAUGE.Enum(),
			Metric: []*dto.Metric{bad, metric("a"), bad, metric("b"), bad},
		}}, nil
	})
	x := exposition{benchExporter(t, "").store, gatherer, log, http.NotFoundHandler()}
	assert.Equal(t, "# HELP name help\n# TYPE name gauge\nname{label=\"a\"} 1\nname{label=\"b\"} 1\n",
		answerOf(t, x, "/metrics", acceptText).Body.String())
	require.Len(t, logged.AllEntries(), 1)
	assert.Contains(t, logged.LastEntry().Message, "metric name")
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
