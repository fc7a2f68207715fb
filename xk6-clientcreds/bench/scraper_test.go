package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// listening returns a scraper of handler that follows what is written to the pipe, and when it has ended.
func listening(t *testing.T, interval time.Duration, handler http.HandlerFunc) (s *scraper, pipe io.WriteCloser, ended chan struct{}) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	r, w, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.Close() })
	s = &scraper{url: server.URL, variant: "mine", interval: interval, pipe: r}
	ended = make(chan struct{})
	go func() {
		defer close(ended)
		s.listen(t.Context())
	}()
	return s, w, ended
}

func say(t *testing.T, pipe io.Writer, line string) {
	t.Helper()
	_, err := io.WriteString(pipe, line+"\n")
	require.NoError(t, err)
}

func TestScrapesFallIntoBlocksOfTheVariant(t *testing.T) {
	t.Parallel()
	asked := make(chan http.Header, 10)
	s, pipe, ended := listening(t, time.Hour, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 123))
		asked <- r.Header
	})
	say(t, pipe, "other")
	say(t, pipe, "")
	require.Empty(t, asked)
	say(t, pipe, "mine")
	header := <-asked
	require.Equal(t, "gzip", header.Get("Accept-Encoding"))
	require.Regexp(t, `^application/vnd.google.protobuf;`, header.Get("Accept"))
	for _, line := range []string{"", "mine", "", "other", "mine"} { // the hour is not over
		say(t, pipe, line)
	}
	require.NoError(t, pipe.Close())
	<-ended
	require.Empty(t, asked)
	require.Len(t, s.took, 1)
	require.EqualValues(t, 123, s.size)
	require.NoError(t, s.err)
	require.Less(t, s.left, time.Hour, "the blocks of the variant use the interval up")
}

func TestScrapesGoOnThroughALongBlock(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	s, pipe, ended := listening(t, time.Millisecond, func(http.ResponseWriter, *http.Request) { asked <- struct{}{} })
	say(t, pipe, "mine")
	for range 3 {
		<-asked
	}
	require.NoError(t, pipe.Close())
	for done := false; !done; { // the last scrape may be under way
		select {
		case <-asked:
		case <-ended:
			done = true
		}
	}
	require.GreaterOrEqual(t, len(s.took), 3)
}

func TestAScrapeThatFailsIsAnError(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1)
	s, pipe, ended := listening(t, time.Hour, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		asked <- struct{}{}
	})
	say(t, pipe, "mine")
	<-asked
	require.NoError(t, pipe.Close())
	<-ended
	require.EqualError(t, s.err, "the exporter answered 503 Service Unavailable")
	require.Empty(t, s.took)
}

func TestNoScrapeAtAllIsAnError(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pipe")
	s, err := startScraper(t.Context(), path, "127.0.0.1:1", "mine")
	require.NoError(t, err)
	_, err = startScraper(t.Context(), path, "127.0.0.1:1", "mine")
	require.ErrorIs(t, err, os.ErrExist)
	_, _, err = s.stop()
	require.EqualError(t, err, "nothing was scraped")
	require.NoFileExists(t, path)
}
