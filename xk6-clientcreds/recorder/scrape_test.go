package recorder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/v2/output"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// observed takes what a scraper observes of expositions that are two seconds apart.
func observed(t *testing.T, target scrapeTarget, texts ...string) (values map[string]float64, kinds map[string]string) {
	t.Helper()
	values, kinds = make(map[string]float64), make(map[string]string)
	target.name = "idp"
	s := newScraper(target, false)
	s.observe = func(metric, contains string, value float64, _ time.Time) {
		values[metric], kinds[metric] = value, contains
	}
	for i, text := range texts {
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(strings.NewReader(text))
		require.NoError(t, err)
		s.take(families, testStart.Add(time.Duration(i)*2*time.Second))
	}
	return values, kinds
}

// measured is observed without the kinds of values, and for a target without options.
func measured(t *testing.T, texts ...string) map[string]float64 {
	t.Helper()
	values, _ := observed(t, scrapeTarget{}, texts...)
	return values
}

func TestMetricsOfServers(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[string]float64{
		"server:idp:cpu": 0.5, "server:idp:memory": 100, "server:idp:threads": 7, "server:idp:requests": 15,
		"server:idp:gc": 0.25,
	}, measured(t,
		"process_cpu_seconds_total 10\nhttp_requests_total{code=\"200\"} 10\nhttp_requests_total{code=\"400\"} 5\n"+
			"# TYPE go_gc_duration_seconds summary\ngo_gc_duration_seconds_sum 1\ngo_gc_duration_seconds_count 3\n",
		"process_cpu_seconds_total 11\nhttp_requests_total{code=\"200\"} 30\nhttp_requests_total{code=\"400\"} 15\n"+
			"process_resident_memory_bytes 100\ngo_goroutines 7\n"+
			"# TYPE go_gc_duration_seconds summary\ngo_gc_duration_seconds_sum 1.5\ngo_gc_duration_seconds_count 4\n"), "Go")
	require.Equal(t, map[string]float64{
		"server:idp:cpu_usage": 0.75, "server:idp:memory": 30, "server:idp:threads": 9, "server:idp:requests": 10,
		"server:idp:connections": 4,
	}, measured(t,
		"# TYPE http_server_requests_seconds summary\nhttp_server_requests_seconds_count 5\n"+
			"http_server_requests_seconds_sum 9\n",
		"process_cpu_usage 0.75\njvm_memory_used_bytes{area=\"heap\"} 10\njvm_memory_used_bytes{area=\"nonheap\"} 20\n"+
			"jvm_threads_live_threads 9\nagroal_active_count 4\n"+
			"# TYPE http_server_requests_seconds summary\nhttp_server_requests_seconds_count 25\n"+
			"http_server_requests_seconds_sum 9\n"),
		"Java")
	require.Equal(t, map[string]float64{"server:idp:node_cpu": 1, "server:idp:node_cpu_usage": 1, "server:idp:event_loop_lag": 20}, measured(t,
		"node_cpu_seconds_total{mode=\"idle\"} 1\nnode_cpu_seconds_total{mode=\"user\"} 1\n",
		"node_cpu_seconds_total{mode=\"idle\"} 100\nnode_cpu_seconds_total{mode=\"user\"} 3\n"+
			"nodejs_eventloop_lag_p99_seconds 0.02\n"),
		"node")
	require.Equal(t, map[string]float64{"server:idp:threads": 3}, measured(t, "process_cpu_seconds_total NaN\n",
		"process_cpu_seconds_total 5\nprocess_cpu_usage NaN\nprocess_resident_memory_bytes +Inf\ngo_goroutines 3\n"),
		"what the server does not know")
	require.Equal(t, map[string]float64{
		"server:idp:cpu": 0.5, "server:idp:cpu_usage": 0.25, "server:idp:threads_usage": 0.75, "server:idp:connections": 9,
		"server:idp:connections_usage": 0.9, "server:idp:connections_waiting": 3, "server:idp:node_cpu_usage": 0.5,
	}, measured(t, "process_cpu_time_ns_total 1e9\nsystem_cpu_count 2\n",
		"process_cpu_time_ns_total 2e9\nsystem_cpu_count 2\nprocess_cpu_usage 0.1\ntomcat_threads_busy_threads 150\n"+
			"tomcat_threads_config_max_threads 200\nhikaricp_connections_active 9\nhikaricp_connections_max 10\n"+
			"hikaricp_connections_pending 3\nsystem_cpu_usage 0.5\n"), "Spring")
	require.Equal(t, map[string]float64{"server:idp:connections": 5, "server:idp:cpu": 1, "server:idp:cpu_usage": 0.5},
		measured(t, "process_cpu_seconds_total 1\ngo_sched_gomaxprocs_threads 2\n",
			"process_cpu_seconds_total 3\ngo_sched_gomaxprocs_threads 2\ngo_sql_in_use_connections 5\n"+
				"go_sql_max_open_connections 0\n"), "a pool without a limit is not used up")
	require.Equal(t, map[string]float64{"server:idp:cpu": 1, "server:idp:cpu_usage": 1, "server:idp:event_loop_usage": 0.9},
		measured(t, "process_cpu_seconds_total 1\nnodejs_version_info{version=\"v24\"} 1\n",
			"process_cpu_seconds_total 3\nnodejs_version_info{version=\"v24\"} 1\nnodejs_eventloop_utilization 0.9\n"), "Node.js")
	told, kinds := observed(t, scrapeTarget{cpus: 4}, "process_cpu_seconds_total 1\ngo_sched_gomaxprocs_threads 64\n",
		"process_cpu_seconds_total 5\ngo_sched_gomaxprocs_threads 64\nprocess_resident_memory_bytes 1\n")
	require.Equal(t, map[string]float64{"server:idp:cpu": 2, "server:idp:cpu_usage": 0.5, "server:idp:memory": 1}, told)
	require.Equal(t, map[string]string{
		"server:idp:cpu": "default", "server:idp:cpu_usage": "share", "server:idp:memory": "data",
	}, kinds)
	restarted := measured(t, "process_cpu_seconds_total 10\n", "process_cpu_seconds_total 1\n")
	require.Empty(t, restarted)
}

// Each measurement has sources, and each source has a measurement. The documentation lists them with their units.
func TestSourcesOfMeasurements(t *testing.T) {
	t.Parallel()
	units := map[string]string{
		"cpu": "cores", "node_cpu": "cores", "share": "share", "data": "bytes", "time": "ms", "rate": "per second", "default": "number",
	}
	var names, documented, expected []string
	for _, m := range runrecord.ServerMetrics() {
		names = append(names, m.Name)
		expected = append(expected, m.Name+" "+cmp.Or(units[m.Name], units[m.Contains]))
	}
	require.ElementsMatch(t, names, slices.Collect(maps.Keys(sources)))
	_, table, _ := strings.Cut(testkit.Read(t, "docs/reference/record.md"), "| Measurement |")
	table, _, _ = strings.Cut(table, "\n\n")
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([a-z ]+) \\|").FindAllStringSubmatch(table, -1) {
		documented = append(documented, row[1]+" "+row[2])
	}
	require.Equal(t, expected, documented)
}

func TestChosenMetrics(t *testing.T) {
	t.Parallel()
	values, kinds := observed(t, scrapeTarget{globs: []string{"tokens_*", "queue_[ab]*", "login_seconds*", "gc.pause"}},
		"# TYPE tokens_issued_total counter\ntokens_issued_total{client=\"a\"} 1\ntokens_issued_total{client=\"b\"} 1\n"+
			"# TYPE login_seconds histogram\nlogin_seconds_bucket{le=\"+Inf\"} 10\nlogin_seconds_sum 1\nlogin_seconds_count 10\n",
		"# TYPE tokens_issued_total counter\ntokens_issued_total{client=\"a\"} 5\ntokens_issued_total{client=\"b\"} 3\n"+
			"# TYPE queue_a_bytes gauge\nqueue_a_bytes 10\n# TYPE queue_b_ratio gauge\nqueue_b_ratio 0.5\n"+
			"# TYPE queue_c gauge\nqueue_c 1\n# TYPE \"gc.pause\" gauge\n{\"gc.pause\"} 4\n"+
			"# TYPE login_seconds histogram\nlogin_seconds_bucket{le=\"+Inf\"} 14\nlogin_seconds_sum 2\nlogin_seconds_count 14\n")
	require.Equal(t, map[string]float64{
		"server:idp:tokens_issued_total": 3, "server:idp:queue_a_bytes": 10, "server:idp:queue_b_ratio": 0.5,
		"server:idp:login_seconds": 250, "server:idp:login_seconds_count": 2, "server:idp:gc_pause": 4,
	}, values)
	require.Equal(t, map[string]string{
		"server:idp:tokens_issued_total": "rate", "server:idp:queue_a_bytes": "data", "server:idp:queue_b_ratio": "share",
		"server:idp:login_seconds": "time", "server:idp:login_seconds_count": "rate", "server:idp:gc_pause": "default",
	}, kinds)
}

// A server can have any number of metrics, and a pattern can match nothing. Both are logged once.
func TestBoundsOfChosenMetrics(t *testing.T) {
	t.Parallel()
	log, logs := logtest.NewNullLogger()
	s := newScraper(scrapeTarget{name: "idp", url: &url.URL{Scheme: "http", Host: "idp.test"}, globs: []string{"a*", "b*"}}, false)
	s.log, s.now = log, time.Now
	values := make(map[string]bool)
	s.observe = func(metric, _ string, _ float64, _ time.Time) { values[metric] = true }
	var text strings.Builder
	for i := range 2 * maxChosen {
		fmt.Fprintf(&text, "a%d 1\n", i)
	}
	s.client.Transport = answers(func(*http.Request) (*http.Response, error) {
		return answer(http.StatusOK, text.String()), nil
	})
	for range 3 {
		require.NoError(t, s.scrape(t.Context()))
	}
	require.Len(t, values, maxChosen)
	(&scrapers{stop: func() {}, all: []*scraper{s}}).close()
	require.Len(t, logs.AllEntries(), 2)
	require.Contains(t, logs.AllEntries()[0].Message, `more than 40 metrics of the server "idp"`)
	require.Contains(t, logs.AllEntries()[1].Message, `the pattern "b*" of scrapeMetrics matches no metric`)
}

// answers is a server.
type answers func(*http.Request) (*http.Response, error)

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }

func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body))}
}

// stuck is the body of an answer that does not end before the request is given up.
type stuck struct{ request *http.Request }

func (s stuck) Read([]byte) (int, error) {
	<-s.request.Context().Done()
	return 0, s.request.Context().Err()
}
func (stuck) Close() error { return nil }

// A failing scrape is logged once, without the URL. The next scrapes go on.
func TestFailingScrapes(t *testing.T) {
	t.Parallel()
	for problem, fails := range map[string]answers{
		"HTTP 401; if the server requires a bearer token, set it in K6_CLIENTCREDS_RECORD_SCRAPE_TOKEN_IDP": func(
			*http.Request,
		) (*http.Response, error) {
			return answer(http.StatusUnauthorized, ""), nil
		},
		"not in the text format of Prometheus": func(*http.Request) (*http.Response, error) {
			return answer(http.StatusOK, "<html>"), nil
		},
		"HTTP 307": func(*http.Request) (*http.Response, error) { return answer(http.StatusTemporaryRedirect, ""), nil },
		"longer than 4 MiB": func(*http.Request) (*http.Response, error) {
			return answer(http.StatusOK, "# "+strings.Repeat("x", maxExposition)), nil
		},
		"a complete answer within 5s": func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: stuck{r}}, nil
		},
		"the server did not send a complete answer within 5s": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		},
		"connection refused": func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") },
	} {
		synctest.Test(t, func(t *testing.T) {
			log, logs := logtest.NewNullLogger()
			target := scrapeTarget{name: "idp", url: &url.URL{Scheme: "http", Host: "idp.test", RawQuery: "key=s3cr3t"}}
			s := newScraper(target, false)
			observed := 0
			s.log, s.now, s.observe = log, time.Now, func(string, string, float64, time.Time) { observed++ }
			requests := 0
			s.client.Transport = answers(func(r *http.Request) (*http.Response, error) {
				if requests++; requests < 4 {
					return fails(r)
				}
				return answer(http.StatusOK, "go_goroutines 3\n"), nil
			})
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			go s.run(ctx)
			time.Sleep(time.Minute)
			synctest.Wait()
			require.Len(t, logs.AllEntries(), 1, problem)
			require.Contains(t, logs.LastEntry().Message, `the metrics of the server "idp" could not be read`)
			require.Contains(t, logs.LastEntry().Message, problem)
			require.NotContains(t, logs.LastEntry().Message, "s3cr3t")
			require.Greater(t, observed, 40, problem)
		})
	}
}

// Nothing listens: the recorder logs it, and ends as always.
func TestDeadServer(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(p *output.Params) {
		p.ConfigArgument = "file=" + filepath.Join(t.TempDir(), "r.json") + ",scrape=idp=http://127.0.0.1:1/metrics?key=s3cr3t"
	})
	require.Eventually(t, func() bool { return len(r.logs.AllEntries()) > 0 }, 30*time.Second, time.Millisecond)
	require.Contains(t, r.logs.LastEntry().Message, `the metrics of the server "idp" could not be read`)
	record := r.stop(nil)
	require.Empty(t, record.Metrics)
	for _, entry := range r.logs.AllEntries() {
		require.NotContains(t, entry.Message, "s3cr3t")
	}
}

// A bearer token comes from the environment, or from a file that can be replaced.
func TestBearerTokens(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	sent := func(target scrapeTarget) (header string, err error) {
		s := newScraper(target, false)
		s.now = time.Now
		s.client.Transport = answers(func(r *http.Request) (*http.Response, error) {
			header = r.Header.Get("Authorization")
			return answer(http.StatusOK, ""), nil
		})
		return header, s.scrape(t.Context())
	}
	write("first\n")
	o, err := resolveOptions(nil, map[string]string{tokenPrefix + "API": "of-the-api"},
		"file="+t.TempDir()+"/r.json,scrape=idp=http://idp.test,scrape=api=http://api.test,scrape=open=http://open.test,scrapeToken=idp="+file)
	require.NoError(t, err)
	require.Len(t, o.targets, 3)
	for i, expected := range []string{"Bearer of-the-api", "Bearer first", ""} {
		header, err := sent(o.targets[i])
		require.NoError(t, err)
		require.Equal(t, expected, header, o.targets[i].name)
	}
	write("second")
	header, err := sent(o.targets[1])
	require.NoError(t, err)
	require.Equal(t, "Bearer second", header)
	for text, problem := range map[string]string{
		"s3cr3t s3cr3t": "is not a bearer token", "s3cr3t\x00": "is not a bearer token", "\n": "is empty",
		strings.Repeat("s3cr3t", maxToken): "is not a bearer token",
	} {
		write(text)
		_, err := sent(o.targets[1])
		require.ErrorContains(t, err, problem)
		require.NotContains(t, err.Error(), "s3cr3t")
	}
}

func TestScrapeOptions(t *testing.T) {
	t.Parallel()
	file := "file=" + filepath.Join(t.TempDir(), "r.json")
	o, err := resolveOptions([]byte(`{"scrape": "a=http://json.test/m b=http://b.test/m", "scrapeMetrics": "x*"}`),
		map[string]string{
			"K6_CLIENTCREDS_RECORD_SCRAPE": "a=http://a.test/m c=http://c.test/m", "K6_CLIENTCREDS_RECORD_SCRAPE_CPUS": "a=1",
		},
		file+",scrape=c=http://127.0.0.1:1/m,scrape=d=https://d.test/m,scrapeMetrics=http_* jvm_[a-c]?,scrapeCPUs=c=0.5")
	require.NoError(t, err)
	var all []string
	for _, target := range o.targets {
		all = append(all, fmt.Sprint(target.name, " ", target.url, " ", target.cpus, " ", target.globs))
	}
	require.Equal(t, []string{
		"a http://a.test/m 1 [http_* jvm_[a-c]?]", "b http://b.test/m 0 [http_* jvm_[a-c]?]",
		"c http://127.0.0.1:1/m 0.5 [http_* jvm_[a-c]?]", "d https://d.test/m 0 [http_* jvm_[a-c]?]",
	}, all)

	const idp = "scrape=idp=http://idp.test"
	for wrong, problem := range map[string]string{
		"scrape=x":                               "must be NAME=URL",
		"scrape==http://s3cr3t":                  "must be NAME=URL",
		"scrape=a1=http://s3cr3t":                "must be NAME=URL",
		"scrape=a=ftp://s3cr3t":                  "no http or https URL",
		"scrape=a=http://u:s3cr3t@[a":            "no http or https URL",
		"scrape=":                                "is empty",
		idp + ",scrape=IDP=http://s3cr3t":        "two values for the server \"IDP\"",
		idp + ",scrapeMetrics=[":                 "is not a pattern",
		"scrapeMetrics=a":                        "without option \"scrape\"",
		idp + ",scrapeCPUs=idp=none":             "not a number of CPUs",
		idp + ",scrapeCPUs=idp=0":                "not a number of CPUs",
		idp + ",scrapeCPUs=other=1":              "\"scrapeCPUs\" names the server \"other\"",
		idp + ",scrapeToken=idp=/no/such":        "cannot be read",
		idp + ",scrapeToken=other=/no/such":      "\"scrapeToken\" names the server \"other\"",
		idp + ",scrapeToken=/no/such":            "must be NAME=FILE",
		idp + "," + strings.Repeat("x", 5):       "has no \"=\"",
		strings.Repeat(idp+",", 1) + "scrap=a=b": "did you mean \"scrape\"?",
	} {
		_, err := resolveOptions(nil, nil, file+","+wrong)
		require.ErrorContains(t, err, problem, wrong)
		require.NotContains(t, err.Error(), "s3cr3t")
	}
	many := file
	for i := range maxTargets + 1 {
		many += ",scrape=" + strings.Repeat("a", i+1) + "=http://idp.test"
	}
	_, err = resolveOptions(nil, nil, many)
	require.ErrorContains(t, err, "at most 8 are read")

	for problem, env := range map[string]map[string]string{
		"SCRAPE_TOKEN_OTHER is set, but option \"scrape\" has no server": {tokenPrefix + "OTHER": "s3cr3t"},
		"SCRAPE_TOKEN_IDP is not a bearer token":                         {tokenPrefix + "IDP": "s3cr3t s3cr3t"},
	} {
		_, err := resolveOptions(nil, env, file+","+idp)
		require.ErrorContains(t, err, problem)
		require.NotContains(t, err.Error(), "s3cr3t")
	}
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("a"), 0o600))
	_, err = resolveOptions(nil, map[string]string{tokenPrefix + "IDP": "s3cr3t"}, file+","+idp+",scrapeToken=idp="+token)
	require.ErrorContains(t, err, "are both set")
}
