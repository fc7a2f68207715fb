package exporter

import (
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	// maxScrapers bounds the scrapers that are told apart.
	maxScrapers = 16
	// goneAfter is how many of its own pauses a scraper may miss before nobody waits for it.
	goneAfter = 3
)

// scrapes keeps who scraped and when, to know what to wait for in the end.
type scrapes struct {
	now func() time.Time

	mu       sync.Mutex
	scrapers []*scraper
}

// scraper is one that scrapes again and again. It is known by its connection, which Prometheus keeps
// open: two of one host are two then. One that closes it after each scrape is known by its host.
type scraper struct {
	host, connection string
	closed           bool
	last             time.Time
	pause            time.Duration // between its last two scrapes; 0 after the first
	awaited          chan struct{} // closed by a scrape that began after it was made
}

// watch notes the scrapes that h serves.
func (s *scrapes) watch(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		by, awaited := s.begin(r.RemoteAddr)
		h.ServeHTTP(w, r)
		s.end(by, awaited, r.Close)
	})
}

func (s *scrapes) begin(addr string) (by *scraper, awaited chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	by = s.scraper(addr)
	now := s.now()
	if !by.last.IsZero() {
		by.pause = now.Sub(by.last)
	}
	by.last = now
	return by, by.awaited
}

func (s *scrapes) end(by *scraper, awaited chan struct{}, closes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	by.closed = by.closed || closes
	if awaited != nil && awaited == by.awaited {
		close(awaited)
		by.awaited = nil
	}
}

// scraper finds or makes the one behind a connection.
func (s *scrapes) scraper(addr string) *scraper {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	i := slices.IndexFunc(s.scrapers, func(one *scraper) bool { return one.connection == addr })
	if i < 0 {
		i = slices.IndexFunc(s.scrapers, func(one *scraper) bool { return one.closed && one.host == host })
	}
	if i >= 0 {
		s.scrapers[i].connection, s.scrapers[i].closed = addr, false
		return s.scrapers[i]
	}
	if len(s.scrapers) == maxScrapers {
		oldest := slices.MinFunc(s.scrapers, func(a, b *scraper) int { return a.last.Compare(b.last) })
		s.scrapers = slices.DeleteFunc(s.scrapers, func(one *scraper) bool { return one == oldest })
	}
	one := &scraper{host: host, connection: addr}
	s.scrapers = append(s.scrapers, one)
	return one
}

// connState is the hook of http.Server.
func (s *scrapes) connState(c net.Conn, state http.ConnState) {
	if state != http.StateClosed {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	addr := c.RemoteAddr().String()
	for _, one := range s.scrapers {
		one.closed = one.closed || one.connection == addr
	}
}

// await returns what the end of the next whole scrape closes, of each scraper that still comes, and
// how long it may take until all have come.
func (s *scrapes) await() (next []<-chan struct{}, within time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, one := range s.scrapers {
		if one.pause == 0 || now.Sub(one.last) > goneAfter*one.pause {
			continue
		}
		one.awaited = make(chan struct{})
		next = append(next, one.awaited)
		within = max(within, min(2*one.pause, maxAutoLinger))
	}
	return next, within
}
