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
	next         chan struct{} // closed by the next one
}

func newScrapes(now func() time.Time) *scrapes {
	return &scrapes{now: now, next: make(chan struct{})}
}

// watch notes when h has served a scrape.
func (s *scrapes) watch(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.now()
		h.ServeHTTP(w, r)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.before, s.last = s.last, began
		close(s.next)
		s.next = make(chan struct{})
	})
}

// forecast returns what the next scrape closes, and how long it may take.
func (s *scrapes) forecast() (next <-chan struct{}, within time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.before.IsZero() {
		return s.next, 0
	}
	return s.next, min(2*s.last.Sub(s.before), maxAutoLinger)
}

// wait lingers. A signal ends it, and k6 goes on to its summary: k6 has let go of signals when it
// stops its outputs, so that without this one Ctrl-C would end the process. Where a signal stopped
// the test there is no linger at all.
func (l linger) wait(s *scrapes, testErr error, log logrus.FieldLogger) {
	next, within := s.forecast()
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
