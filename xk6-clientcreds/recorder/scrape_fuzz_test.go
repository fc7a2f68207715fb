package recorder

import (
	"bytes"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// answers is a server whose every answer has that body.
type answers string

func (a answers) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(a)))}, nil
}

// Whatever a server answers: the record gets numbers only, and an error shows nothing of the answer.
func FuzzExposition(f *testing.F) {
	f.Add([]byte("process_cpu_seconds_total 10\n"), []byte("process_cpu_seconds_total 11\n"))
	f.Add([]byte("# TYPE http_server_requests_seconds histogram\nhttp_server_requests_seconds_bucket{le=\"+Inf\"} 1e308\n"),
		[]byte("go_goroutines NaN\ngo_goroutines -Inf\n"))
	f.Add([]byte("# HELP a \x1b[2J\n# TYPE a summary\na{quantile=\"0.5\"} 1\n"), []byte("{\"node_cpu_seconds_total\",mode=\"x\"} 1\n"))
	f.Add([]byte("<html>"), []byte{0xff, 0})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		at := testStart
		target, err := parseTarget("idp=http://127.0.0.1/metrics")
		require.NoError(t, err)
		s := &scraper{
			target: target, before: make(map[string]reading), client: newScrapeClient(),
			now: func() time.Time { at = at.Add(time.Second); return at },
			observe: func(metric string, value float64, _ time.Time) {
				require.True(t, strings.HasPrefix(metric, "server:idp:"))
				require.False(t, math.IsNaN(value) || math.IsInf(value, 0), "%s %v", metric, value)
			},
		}
		for _, body := range [][]byte{first, second} {
			s.client.Transport = answers(body)
			if err := s.scrape(t.Context()); err != nil {
				require.False(t, len(body) > 3 && bytes.Contains([]byte(err.Error()), body), err)
			}
		}
	})
}
