package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

// scrapeInterval is the interval of a Prometheus which watches a load test.
const scrapeInterval = time.Second

// accept is the Accept header of Prometheus 3 when it scrapes native histograms.
const accept = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6," +
	"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"

// scraper scrapes an exporter as Prometheus does, but only in blocks of its variant: of these, laid
// end to end, every interval begins with a scrape.
type scraper struct {
	url      string
	variant  string
	interval time.Duration
	path     string        // of the pipe
	pipe     io.ReadCloser // announces blocks; see probe.Schedule
	client   http.Client
	cancel   context.CancelFunc
	done     sync.WaitGroup

	left time.Duration   // of these blocks until the next scrape
	took []time.Duration // by the scrapes
	size int64           // of the last one, as it was sent
	err  error
}

// startScraper makes the pipe at path and listens to it.
func startScraper(ctx context.Context, path, address, variant string) (*scraper, error) {
	if err := makePipe(path); err != nil {
		return nil, fmt.Errorf("pipe %s: %w", path, err)
	}
	// For reading and writing: else both sides would wait for each other.
	pipe, err := os.OpenFile(path, os.O_RDWR, 0) // #nosec G304 -- made here
	if err != nil {
		return nil, err
	}
	s := &scraper{
		url: "http://" + address + "/metrics", variant: variant, interval: scrapeInterval, path: path,
		pipe: pipe,
	}
	s.client = http.Client{Timeout: 10 * time.Second}
	ctx, s.cancel = context.WithCancel(ctx)
	s.done.Go(func() { s.listen(ctx) })
	return s, nil
}

// stop ends the scraper and returns how long its scrapes took and how large the last one was. That
// there were none is an error.
func (s *scraper) stop() ([]time.Duration, int64, error) {
	s.cancel()
	_ = s.pipe.Close()
	s.done.Wait()
	_ = os.Remove(s.path)
	s.client.CloseIdleConnections()
	if s.err == nil && len(s.took) == 0 {
		s.err = errors.New("nothing was scraped")
	}
	return s.took, s.size, s.err
}

// listen follows the announcements until the pipe is closed.
func (s *scraper) listen(ctx context.Context) {
	var over, ended chan struct{} // of the block that is followed
	end := func() {
		if over != nil {
			close(over)
			<-ended
			over = nil
		}
	}
	defer end()
	for lines := bufio.NewScanner(s.pipe); lines.Scan(); {
		end()
		if lines.Text() == s.variant {
			over, ended = make(chan struct{}), make(chan struct{})
			go func() {
				defer close(ended)
				s.follow(ctx, over)
			}()
		}
	}
}

// follow scrapes until the block is over. A scrape that is under way then goes on.
func (s *scraper) follow(ctx context.Context, over <-chan struct{}) {
	for {
		began := time.Now()
		timer := time.NewTimer(s.left)
		select {
		case <-timer.C:
			began = time.Now()
			s.note(s.scrape(ctx))
			s.left = s.interval - time.Since(began)
		case <-over:
			timer.Stop()
			s.left -= time.Since(began)
			return
		}
	}
}

// note keeps what one scrape was like.
func (s *scraper) note(took time.Duration, size int64, err error) {
	if err != nil {
		s.err = errors.Join(s.err, err)
		return
	}
	s.took, s.size = append(s.took, took), size
}

func (s *scraper) scrape(ctx context.Context) (took time.Duration, size int64, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return 0, 0, err
	}
	req.Header.Set("Accept", accept)
	req.Header.Set("Accept-Encoding", "gzip") // set here it stays compressed: unpacking is not k6's business
	began := time.Now()
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return 0, 0, fmt.Errorf("the exporter answered %s", resp.Status)
	}
	size, err = io.Copy(io.Discard, resp.Body)
	return time.Since(began), size, err
}
