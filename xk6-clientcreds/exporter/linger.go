package exporter

import (
	"context"
	"os/signal"
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
	// auto waits for one more scrape of each scraper that has come twice or more: at most twice as
	// long as its last two scrapes were apart.
	auto   bool
	atMost time.Duration
}

// wait lingers. A signal ends it, and k6 goes on to its summary: k6 has let go of signals when it
// stops its outputs, so that without this one Ctrl-C would end the process. Where a signal stopped
// the test there is no linger at all.
func (l linger) wait(s *scrapes, testErr error, log logrus.FieldLogger) {
	next, within := s.await()
	if !l.auto {
		next, within = []<-chan struct{}{nil}, l.atMost // no matter who scrapes
	}
	if within <= 0 || abortedBy(testErr, errext.AbortedByUser) {
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	log.Infof("The test is over. Metrics can be scraped for up to %s more; Ctrl-C ends the wait", within)
	timer := time.NewTimer(within)
	defer timer.Stop()
	for _, scraped := range next {
		select {
		case <-scraped:
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
