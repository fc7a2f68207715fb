package exporter

import (
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
)

// hangupPause is the least time between two warnings of scrapers that hang up.
const hangupPause = time.Minute

// hangups warns of scrapes that could not be answered to the end. A scraper that hangs up does so again at the next
// scrape.
type hangups struct {
	log logrus.FieldLogger
	now func() time.Time

	mu     sync.Mutex
	warned time.Time
	unsaid int // since then
}

// watch hides the errors of the connection from h.
func (l *hangups) watch(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &answerWriter{ResponseWriter: w}
		h.ServeHTTP(answer, r)
		if answer.err != nil {
			l.note(r.RemoteAddr, answer.err)
		}
	})
}

func (l *hangups) note(scraper string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if !l.warned.IsZero() && now.Sub(l.warned) < hangupPause {
		l.unsaid++
		return
	}
	if host, _, splitErr := net.SplitHostPort(scraper); splitErr == nil {
		scraper = host
	}
	log := l.log.WithError(err)
	if l.unsaid > 0 {
		log = log.WithField("before", l.unsaid)
	}
	log.Warnf("The scraper at %s hung up before it had all metrics: raise its scrape_timeout, or serve fewer series by "+
		"dropMetrics or dropLabels", scraper)
	l.warned, l.unsaid = now, 0
}

// answerWriter keeps the first error of an answer, and drops what comes after it.
type answerWriter struct {
	http.ResponseWriter

	err error
}

func (w *answerWriter) Write(p []byte) (int, error) {
	if w.err == nil {
		_, w.err = w.ResponseWriter.Write(p)
	}
	return len(p), nil
}
