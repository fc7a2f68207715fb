package exporter

import (
	"context"
	"net/http"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/errext"
)

// maxAutoLinger bounds what auto waits for.
const maxAutoLinger = time.Minute

// linger is how long the endpoint stays up after the test, so that what came after the last scrape
// is scraped too.
type linger struct {
	// auto waits for one more scrape, if there have been two or more: at most twice as long as
	// the last two were apart.
	auto   bool
	atMost time.Duration
}

// scrapes keeps the times of the last two scrapes.
type scrapes struct {
	now func() time.Time

	mu           sync.Mutex
	last, before time.Time
	awaited      chan struct{} // closed by a scrape that began after it was made
}

// watch notes the scrapes that h serves.
func (s *scrapes) watch(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		awaited := s.begin()
		h.ServeHTTP(w, r)
		s.end(awaited)
	})
}

func (s *scrapes) begin() (awaited chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before, s.last = s.last, s.now()
	return s.awaited
}

func (s *scrapes) end(awaited chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if awaited != nil && awaited == s.awaited {
		close(awaited)
		s.awaited = nil
	}
}

// await returns what the end of the next whole scrape closes, and how long it may take until then.
func (s *scrapes) await() (next <-chan struct{}, within time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.awaited = make(chan struct{})
	if s.before.IsZero() {
		return s.awaited, 0
	}
	return s.awaited, min(2*s.last.Sub(s.before), maxAutoLinger)
}

// wait lingers. A signal ends it, and k6 goes on to its summary: k6 has let go of signals when it
// stops its outputs, so that without this one Ctrl-C would end the process. Where a signal stopped
// the test there is no linger at all.
func (l linger) wait(s *scrapes, testErr error, log logrus.FieldLogger) {
	next, within := s.await()
	if !l.auto {
		next, within = nil, l.atMost
	}
	if within <= 0 || abortedBy(testErr, errext.AbortedByUser) {
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	log.Infof("The test is over. Metrics can be scraped for up to %s more; Ctrl-C ends the wait", within)
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-next:
	case <-timer.C:
	case <-ctx.Done():
	}
}
