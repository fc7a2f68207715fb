package recorder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/sirupsen/logrus"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

const (
	scrapeEvery   = time.Second
	scrapeTimeout = 5 * time.Second
	// maxExposition bounds what is read of an answer, in bytes.
	maxExposition = 4 << 20
	// maxTargets bounds the servers of one run.
	maxTargets = 8
)

// scrapeTarget is a server under test whose metrics are recorded.
type scrapeTarget struct {
	name string
	url  *url.URL
}

// parseTarget reads NAME=URL. The error does not repeat the URL, which may have credentials.
func parseTarget(text string) (scrapeTarget, error) {
	name, address, found := strings.Cut(text, "=")
	if !found || name == "" || !isWord(name) {
		return scrapeTarget{}, errors.New(`option "scrape" must be NAME=URL, such as idp=http://127.0.0.1:9000/metrics; ` +
			"NAME has letters only")
	}
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return scrapeTarget{}, fmt.Errorf(`option "scrape" has no http or https URL for %q`, name)
	}
	return scrapeTarget{name, u}, nil
}

// serverMetric is a measurement of a server, and the metrics that have it: of Go, Java (Micrometer), Node.js, and of
// node_exporter. The first one that the server has counts.
type serverMetric struct {
	name    string
	metrics []string
	rate    bool // per second
}

var serverMetrics = []serverMetric{
	{"cpu", []string{"process_cpu_seconds_total", "process_cpu_time_ns_total"}, true},
	{"cpu_usage", []string{"process_cpu_usage"}, false},
	{"node_cpu", []string{"node_cpu_seconds_total"}, true},
	{"memory", []string{"process_resident_memory_bytes", "jvm_memory_used_bytes", "node_memory_Active_bytes"}, false},
	{"gc", []string{"go_gc_duration_seconds", "jvm_gc_pause_seconds", "nodejs_gc_duration_seconds"}, true},
	{"event_loop_lag", []string{"nodejs_eventloop_lag_p99_seconds", "nodejs_eventloop_lag_seconds"}, false},
	{"threads", []string{"go_goroutines", "jvm_threads_live_threads"}, false},
	{"connections", []string{"agroal_active_count", "hikaricp_connections_active", "go_sql_in_use_connections"}, false},
	{"requests", []string{"http_server_requests_seconds", "http_requests_total"}, true},
}

// scraper reads the metrics of a server once per second. It logs the first failure, and no failure affects the run.
type scraper struct {
	target  scrapeTarget
	client  *http.Client
	log     logrus.FieldLogger
	now     func() time.Time
	observe func(metric string, value float64, at time.Time)

	before map[string]reading
	failed bool
}

// reading is the value of a counter.
type reading struct {
	value float64
	at    time.Time
}

// scrapers reads the metrics of all servers of a run.
type scrapers struct {
	stop    context.CancelFunc
	running sync.WaitGroup
}

// startScrapers reads the metrics of all targets until stopped.
func (r *recorder) startScrapers() {
	ctx, stop := context.WithCancel(context.Background())
	r.scrapers = &scrapers{stop: stop}
	for _, target := range r.options.Scrape {
		s := &scraper{
			target: target, log: r.log, now: r.now, observe: r.observeServer, before: make(map[string]reading),
			client: newScrapeClient(),
		}
		r.scrapers.running.Go(func() { s.run(ctx) })
	}
}

// newScrapeClient returns a client that follows no redirects: credentials in a URL go to its server only.
func newScrapeClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment}, Timeout: scrapeTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (s *scrapers) close() {
	if s == nil {
		return
	}
	s.stop()
	s.running.Wait()
}

// observeServer records a measurement of a server.
func (r *recorder) observeServer(metric string, value float64, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	cell := r.samples.builder.Cell(metric, runrecord.Gauge, "default", func(string) string { return "" })
	cell.Observe(value, at)
}

func (s *scraper) run(ctx context.Context) {
	defer s.client.CloseIdleConnections()
	ticker := time.NewTicker(scrapeEvery)
	defer ticker.Stop()
	for {
		if err := s.scrape(ctx); err != nil && ctx.Err() == nil && !s.failed {
			s.failed = true
			s.log.Warnf("the metrics of the server %q could not be read, and may be missing in the record: %s",
				s.target.name, reasonOf(err))
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// reasonOf is an error without the URL, which may have credentials.
func reasonOf(err error) error {
	if of := (*url.Error)(nil); errors.As(err, &of) {
		return of.Err
	}
	return err
}

// scrape reads the metrics once.
func (s *scraper) scrape(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.target.url.String(), http.NoBody)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "text/plain; version=0.0.4")
	resp, err := s.client.Do(req) // #nosec G704 -- the user names the target
	if err != nil {
		return err
	}
	defer resp.Body.Close() // only read
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("HTTP %d", resp.StatusCode)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	body := &io.LimitedReader{R: resp.Body, N: maxExposition}
	families, err := parser.TextToMetricFamilies(body)
	switch {
	case body.N == 0:
		return fmt.Errorf("the answer is longer than %d MiB", maxExposition>>20)
	case err != nil:
		return errors.New("the answer is not in the text format of Prometheus")
	}
	s.take(families, s.now())
	return nil
}

// take observes what is measured.
func (s *scraper) take(families map[string]*dto.MetricFamily, at time.Time) {
	for _, m := range serverMetrics {
		family := m.of(families)
		if family == nil {
			continue
		}
		name, value := runrecord.ServerPrefix+s.target.name+":"+m.name, sumOf(family)
		if math.IsNaN(value) || math.IsInf(value, 0) {
			continue // the server does not know the value; the record loses nothing
		}
		if !m.rate {
			s.observe(name, value, at)
			continue
		}
		before, known := s.before[m.name]
		s.before[m.name] = reading{value, at}
		if seconds := at.Sub(before.at).Seconds(); known && seconds > 0 && value >= before.value {
			s.observe(name, (value-before.value)/seconds, at)
		}
	}
}

// of returns the family that has the measurement, or nil.
func (m serverMetric) of(families map[string]*dto.MetricFamily) *dto.MetricFamily {
	for _, name := range m.metrics {
		if family := families[name]; family != nil {
			return family
		}
	}
	return nil
}

// sumOf adds up the series of a family: of times their sums, of durations of requests how many there were. The CPU does
// nothing while it is idle.
func sumOf(family *dto.MetricFamily) float64 {
	var sum float64
	counts := strings.Contains(family.GetName(), "requests")
	for _, m := range family.GetMetric() {
		if isIdle(m) {
			continue
		}
		count, total := m.GetSummary().GetSampleCount(), m.GetSummary().GetSampleSum()
		if m.Histogram != nil {
			count, total = m.GetHistogram().GetSampleCount(), m.GetHistogram().GetSampleSum()
		}
		if counts {
			total = float64(count)
		}
		sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue() + total
	}
	if strings.HasSuffix(family.GetName(), "_ns_total") {
		sum /= float64(time.Second)
	}
	return sum
}

func isIdle(m *dto.Metric) bool {
	for _, l := range m.GetLabel() {
		if l.GetName() == "mode" && (l.GetValue() == "idle" || l.GetValue() == "iowait") {
			return true
		}
	}
	return false
}
