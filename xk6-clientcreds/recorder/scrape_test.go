package recorder

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"
)

// observed takes what a scraper observes of two expositions that are two seconds apart.
func observed(t *testing.T, first, second string) map[string]float64 {
	t.Helper()
	values := make(map[string]float64)
	s := &scraper{
		target: scrapeTarget{name: "idp"}, before: make(map[string]reading),
		observe: func(metric string, value float64, _ time.Time) { values[metric] = value },
	}
	for i, text := range []string{first, second} {
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(strings.NewReader(text))
		require.NoError(t, err)
		s.take(families, testStart.Add(time.Duration(i)*2*time.Second))
	}
	return values
}

func TestMetricsOfServers(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[string]float64{
		"server:idp:cpu": 0.5, "server:idp:memory": 100, "server:idp:threads": 7, "server:idp:requests": 15,
		"server:idp:gc": 0.25,
	}, observed(t,
		"process_cpu_seconds_total 10\nhttp_requests_total{code=\"200\"} 10\nhttp_requests_total{code=\"400\"} 5\n"+
			"# TYPE go_gc_duration_seconds summary\ngo_gc_duration_seconds_sum 1\ngo_gc_duration_seconds_count 3\n",
		"process_cpu_seconds_total 11\nhttp_requests_total{code=\"200\"} 30\nhttp_requests_total{code=\"400\"} 15\n"+
			"process_resident_memory_bytes 100\ngo_goroutines 7\n"+
			"# TYPE go_gc_duration_seconds summary\ngo_gc_duration_seconds_sum 1.5\ngo_gc_duration_seconds_count 4\n"), "Go")
	require.Equal(t, map[string]float64{
		"server:idp:cpu_usage": 0.75, "server:idp:memory": 30, "server:idp:threads": 9, "server:idp:requests": 10,
		"server:idp:connections": 4,
	}, observed(t,
		"# TYPE http_server_requests_seconds summary\nhttp_server_requests_seconds_count 5\n"+
			"http_server_requests_seconds_sum 9\n",
		"process_cpu_usage 0.75\njvm_memory_used_bytes{area=\"heap\"} 10\njvm_memory_used_bytes{area=\"nonheap\"} 20\n"+
			"jvm_threads_live_threads 9\nagroal_active_count 4\n"+
			"# TYPE http_server_requests_seconds summary\nhttp_server_requests_seconds_count 25\n"+
			"http_server_requests_seconds_sum 9\n"),
		"Java")
	require.Equal(t, map[string]float64{"server:idp:node_cpu": 1, "server:idp:event_loop_lag": 0.02}, observed(t,
		"node_cpu_seconds_total{mode=\"idle\"} 1\nnode_cpu_seconds_total{mode=\"user\"} 1\n",
		"node_cpu_seconds_total{mode=\"idle\"} 100\nnode_cpu_seconds_total{mode=\"user\"} 3\n"+
			"nodejs_eventloop_lag_p99_seconds 0.02\n"),
		"node")
	require.Equal(t, map[string]float64{"server:idp:threads": 3}, observed(t, "process_cpu_seconds_total NaN\n",
		"process_cpu_seconds_total 5\nprocess_cpu_usage NaN\nprocess_resident_memory_bytes +Inf\ngo_goroutines 3\n"),
		"what the server does not know")
	restarted := observed(t, "process_cpu_seconds_total 10\n", "process_cpu_seconds_total 1\n")
	require.Empty(t, restarted)
}

// A failing scrape is logged once, without the URL.
func TestFailingScrapes(t *testing.T) {
	t.Parallel()
	for problem, answer := range map[string]http.HandlerFunc{
		"HTTP 401": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
		"not in the text format of Prometheus": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<html>"))
		},
		"HTTP 307": http.RedirectHandler("/elsewhere", http.StatusTemporaryRedirect).ServeHTTP,
		"longer than 4 MiB": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(bytes.Repeat([]byte("x 1\n"), maxExposition/4+1))
		},
	} {
		server := httptest.NewServer(answer)
		t.Cleanup(server.Close)
		target, err := parseTarget("idp=" + server.URL + "/metrics?key=s3cr3t")
		require.NoError(t, err)
		s := &scraper{target: target, client: newScrapeClient(), now: time.Now}
		require.ErrorContains(t, s.scrape(t.Context()), problem)
	}
	log, logs := logtest.NewNullLogger()
	r := newRig(t)
	r.log = logrus.NewEntry(log)
	target, err := parseTarget("idp=http://127.0.0.1:1/metrics?key=s3cr3t")
	require.NoError(t, err)
	r.options.Scrape = []scrapeTarget{target}
	r.startScrapers()
	require.Eventually(t, func() bool { return len(logs.AllEntries()) > 0 }, 30*time.Second, time.Millisecond)
	r.scrapers.close()
	require.Len(t, logs.AllEntries(), 1)
	require.Contains(t, logs.LastEntry().Message, `the metrics of the server "idp" could not be read`)
	require.NotContains(t, logs.LastEntry().Message, "s3cr3t")
}

func TestScrapeOption(t *testing.T) {
	t.Parallel()
	o, err := resolveOptions(nil, nil,
		"file="+t.TempDir()+"/r.json,scrape=a=http://127.0.0.1:1/m,scrape=b=https://b.test/m")
	require.NoError(t, err)
	require.Len(t, o.Scrape, 2)
	require.Equal(t, "https://b.test/m", o.Scrape[1].url.String())
	for _, wrong := range []string{"x", "=http://a", "a=ftp://a", "a=:", "a1=http://a"} {
		_, err := parseTarget(wrong)
		require.ErrorContains(t, err, `option "scrape"`)
	}
}
