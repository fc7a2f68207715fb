package recorder

import (
	"math"
	"net/http"
	"net/url"
	"testing"
	"time"

	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"
)

// Whatever a server answers: the record gets numbers only, and an error shows nothing of the answer.
func FuzzExposition(f *testing.F) {
	f.Add([]byte("process_cpu_seconds_total 10\n"), []byte("process_cpu_seconds_total 11\n"))
	f.Add([]byte("# TYPE http_server_requests_seconds histogram\nhttp_server_requests_seconds_bucket{le=\"+Inf\"} 1e308\n"),
		[]byte("go_goroutines NaN\ngo_goroutines -Inf\n"))
	f.Add([]byte("# HELP a \x1b[2J\n# TYPE a summary\na{quantile=\"0.5\"} 1\n"), []byte("{\"node_cpu_seconds_total\",mode=\"x\"} 1\n"))
	f.Add([]byte("<html>"), []byte{0xff, 0})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		at := testStart
		target := scrapeTarget{name: "idp", url: &url.URL{Scheme: "http", Host: "idp.test"}, globs: []string{"*"}}
		s := newScraper(target, false)
		s.log, _ = logtest.NewNullLogger()
		s.now = func() time.Time { at = at.Add(time.Second); return at }
		s.observe = func(metric, _ string, value float64, _ time.Time) {
			require.Regexp(t, "^server:idp:[A-Za-z0-9_:]+$", metric)
			require.False(t, math.IsNaN(value) || math.IsInf(value, 0), "%s %v", metric, value)
		}
		for _, body := range [][]byte{first, second} {
			s.client.Transport = answers(func(*http.Request) (*http.Response, error) {
				return answer(http.StatusOK, string(body)), nil
			})
			if err := s.scrape(t.Context()); err != nil {
				require.EqualError(t, err, "the answer is not in the text format of Prometheus")
			}
		}
	})
}
