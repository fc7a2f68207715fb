package exporter

import (
	"net/http"
	"strconv"
	"time"
)

const (
	// scrapeTimeoutHeader is how Prometheus and other collectors say how long they wait, in seconds.
	scrapeTimeoutHeader = "X-Prometheus-Scrape-Timeout-Seconds"
	// defaultScrapeTime is for a scraper that does not say.
	defaultScrapeTime = 10 * time.Second
	// maxScrapeTime is also the server's limit for every answer.
	maxScrapeTime = time.Minute
)

// inTime ends the answers of h that their scraper does not read in time. Only maxScrapes are served at once: clients
// that do not read must not keep Prometheus away for long.
func inTime(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		deadline := time.Now().Add(scrapeTime(r.Header.Get(scrapeTimeoutHeader)))
		// A writer that has no deadline is not a connection.
		_ = http.NewResponseController(w).SetWriteDeadline(deadline)
		h.ServeHTTP(w, r)
	})
}

func scrapeTime(header string) time.Duration {
	seconds, err := strconv.ParseFloat(header, 64)
	if err != nil || !(seconds > 0) {
		return defaultScrapeTime
	}
	return time.Duration(min(seconds, maxScrapeTime.Seconds()) * float64(time.Second))
}
