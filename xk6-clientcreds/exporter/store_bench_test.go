package exporter

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/procinfo"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit/k6kit"
)

// httpSamples are the samples of one HTTP request with each of n label sets.
func httpSamples(n int) []metrics.SampleContainer {
	registry := metrics.NewRegistry()
	builtin := metrics.RegisterBuiltinMetrics(registry)
	var containers []metrics.SampleContainer
	for i := range n {
		tags := registry.RootTagSet().With("name", fmt.Sprintf("https://api.example.com/orders/%d", i)).
			With("method", "GET").With("status", "200").With("scenario", "default").
			With("proto", "HTTP/2.0").With("expected_response", "true")
		var samples metrics.Samples
		for j, m := range []*metrics.Metric{
			builtin.HTTPReqs, builtin.HTTPReqDuration, builtin.HTTPReqBlocked, builtin.HTTPReqConnecting,
			builtin.HTTPReqTLSHandshaking, builtin.HTTPReqSending, builtin.HTTPReqWaiting,
			builtin.HTTPReqReceiving, builtin.HTTPReqFailed,
		} {
			samples = append(samples, metrics.Sample{
				TimeSeries: metrics.TimeSeries{Metric: m, Tags: tags},
				Time:       time.Unix(1_700_000_000, 0),
				Value:      float64((i*7+j*13)%1000) / 10,
			})
		}
		containers = append(containers, samples)
	}
	return containers
}

func benchExporter(b testing.TB, argument string) *exporter {
	b.Helper()
	e, err := configure(k6kit.Params(argument), nil, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	return e
}

// BenchmarkAddMetricSamples measures the cost of one sample.
func BenchmarkAddMetricSamples(b *testing.B) {
	for _, kind := range []histogramKind{histogramsBoth, histogramsNative, histogramsClassic} {
		b.Run(string(kind), func(b *testing.B) {
			e := benchExporter(b, "histograms="+string(kind))
			containers := httpSamples(100)
			e.AddMetricSamples(containers)
			b.ReportAllocs()
			began := procinfo.CPUTime()
			for b.Loop() {
				e.AddMetricSamples(containers)
			}
			b.ReportMetric(float64((procinfo.CPUTime()-began).Nanoseconds())/float64(b.N*900), "cpu-ns/sample")
		})
	}
}

// BenchmarkScrape measures the cost of a scrape of 10,000 k6 series, and their memory.
func BenchmarkScrape(b *testing.B) {
	for format, accept := range map[string]string{
		"text":     acceptText,
		"protobuf": acceptProtobuf,
	} {
		b.Run(format, func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			e := benchExporter(b, "runtimeMetrics=false")
			containers := httpSamples(10_000 / 9)
			for i := range 20 {
				for _, c := range containers {
					for j := range c.GetSamples() {
						c.GetSamples()[j].Value = float64((j*13+i*7)%100) * 1.7
					}
				}
				e.AddMetricSamples(containers)
			}
			handler := e.handler()
			size := 0
			request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
			request.Header.Set("Accept", accept)
			began := procinfo.CPUTime()
			for b.Loop() {
				w := &discardResponse{header: make(http.Header)}
				handler.ServeHTTP(w, request)
				size = w.size
			}
			b.ReportMetric((procinfo.CPUTime()-began).Seconds()*1e3/float64(b.N), "cpu-ms/scrape")
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/10_000, "B/series")
			b.ReportMetric(float64(size), "B/scrape")
			runtime.KeepAlive(e)
		})
	}
}

type discardResponse struct {
	header http.Header
	size   int
}

func (w *discardResponse) Header() http.Header { return w.header }
func (w *discardResponse) WriteHeader(int)     {}
func (w *discardResponse) Write(p []byte) (int, error) {
	w.size += len(p)
	return len(p), nil
}
