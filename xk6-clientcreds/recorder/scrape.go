package recorder

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
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
)

// scraper reads the metrics of a server once per second. It logs the first failure, and no failure affects the run.
type scraper struct {
	target  scrapeTarget
	client  *http.Client
	log     logrus.FieldLogger
	now     func() time.Time
	observe func(metric, contains string, value float64, at time.Time)

	before  map[string]reading
	choice  choice
	failed  bool
	scrapes int
}

// reading is the value of a counter, or the total of a number of samples.
type reading struct {
	value, samples float64
	at             time.Time
}

// scrapers reads the metrics of all servers of a run.
type scrapers struct {
	stop    context.CancelFunc
	running sync.WaitGroup
	all     []*scraper
}

// startScrapers reads the metrics of all targets until stopped.
func (r *recorder) startScrapers() {
	ctx, stop := context.WithCancel(context.Background())
	r.scrapers = &scrapers{stop: stop}
	for _, target := range r.options.targets {
		s := newScraper(target, r.insecure)
		s.log, s.now, s.observe = r.log, r.now, r.observeServer
		r.scrapers.all = append(r.scrapers.all, s)
		r.scrapers.running.Go(func() { s.run(ctx) })
	}
}

func newScraper(target scrapeTarget, insecure bool) *scraper {
	return &scraper{target: target, client: newScrapeClient(insecure), before: make(map[string]reading)}
}

// newScrapeClient returns a client that follows no redirects: credentials go to the server that the user names only.
// insecure is k6's option insecureSkipTLSVerify.
func newScrapeClient(insecure bool) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment,
			// #nosec G402 -- only if the user asks for it
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: insecure},
		},
		Timeout:       scrapeTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// close ends the scrapes, and says which patterns have matched nothing.
func (s *scrapers) close() {
	if s == nil {
		return
	}
	s.stop()
	s.running.Wait()
	s.reportUnmatched()
}

// observeServer records a measurement of a server.
func (r *recorder) observeServer(metric, contains string, value float64, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.samples.builder.Cell(metric, runrecord.Trend, contains, func(string) string { return "" }).Observe(value, at)
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

var errTooLong = fmt.Errorf("the server did not send a complete answer within %s", scrapeTimeout)

// reasonOf is an error without the URL, which may have credentials.
func reasonOf(err error) error {
	of := (*url.Error)(nil)
	switch {
	case isTimeout(err):
		return errTooLong
	case errors.As(err, &of):
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
	if s.target.token != nil {
		token, err := s.target.token()
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := s.client.Do(req) // #nosec G704 -- the user names the target
	if err != nil {
		return err
	}
	defer resp.Body.Close() // only read
	switch {
	case resp.StatusCode == http.StatusUnauthorized && s.target.token == nil && s.target.url.User == nil:
		return fmt.Errorf("HTTP 401; if the server requires a bearer token, set it in %s", tokenVariable(s.target.name))
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("HTTP %d", resp.StatusCode)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	body := &io.LimitedReader{R: resp.Body, N: maxExposition}
	families, err := parser.TextToMetricFamilies(body)
	switch {
	case body.N == 0:
		return fmt.Errorf("the answer is longer than %d MiB", maxExposition>>20)
	case isTimeout(err):
		return errTooLong
	case err != nil:
		return errors.New("the answer is not in the text format of Prometheus")
	}
	s.scrapes++
	s.take(families, s.now())
	return nil
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

// take observes what is measured.
func (s *scraper) take(families map[string]*dto.MetricFamily, at time.Time) {
	e := exposition{families, s.target.cpus}
	for _, m := range runrecord.ServerMetrics() {
		for i, source := range sources[m.Name] {
			if value, found := s.value(fmt.Sprint(m.Name, i), source, e, at); found {
				s.record(m.Name, m.Contains, value, at)
				break
			}
		}
	}
	s.takeChosen(e, at)
}

// record observes a measurement, unless the server does not know the value.
func (s *scraper) record(name, contains string, value float64, at time.Time) {
	if !math.IsNaN(value) && !math.IsInf(value, 0) {
		s.observe(runrecord.ServerMetricName(s.target.name, name), contains, value, at)
	}
}

// value takes a measurement from a source, NaN if it needs another scrape. It is false if the server does not have the
// source.
func (s *scraper) value(key string, from source, e exposition, at time.Time) (value float64, found bool) {
	value, found = from.read(e)
	whole := 1.0
	if found && from.of != nil {
		whole, found = from.of(e)
	}
	if !found {
		return 0, false
	}
	if from.rate {
		value = s.growth(key, reading{value: value, at: at})
	}
	return value / whole, true
}

// growth is how fast a counter grows, per second.
func (s *scraper) growth(key string, now reading) float64 {
	before, known := s.before[key]
	s.before[key] = now
	seconds := now.at.Sub(before.at).Seconds()
	if !known || seconds <= 0 || now.value < before.value { // a counter that falls has begun again
		return math.NaN()
	}
	return (now.value - before.value) / seconds
}

// average is the average of the samples since the last scrape.
func (s *scraper) average(key string, now reading) float64 {
	before, known := s.before[key]
	s.before[key] = now
	samples := now.samples - before.samples
	if !known || samples <= 0 || now.value < before.value {
		return math.NaN()
	}
	return (now.value - before.value) / samples
}
