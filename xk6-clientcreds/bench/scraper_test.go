package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// roundTrip answers requests without a network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// listening starts a scraper of answer that follows what is written to the pipe. It has ended when
// ended is closed.
func listening(t *testing.T, answer roundTrip) (s *scraper, pipe *io.PipeWriter, ended chan struct{}) {
	t.Helper()
	r, w := io.Pipe()
	s = &scraper{
		url: "http://exporter.test/metrics", variant: "mine", interval: time.Second, pipe: r,
		client: http.Client{Transport: answer},
	}
	ended = make(chan struct{})
	go func() {
		defer close(ended)
		s.listen(t.Context())
	}()
	return s, w, ended
}

func response(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: strconv.Itoa(status) + " " + http.StatusText(status),
		Body: io.NopCloser(strings.NewReader(body)),
	}
}

func TestScrapesComeEverySecondOfTheVariantsBlocks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		scrapes := 0
		s, pipe, ended := listening(t, func(r *http.Request) (*http.Response, error) {
			require.Equal(t, "gzip", r.Header.Get("Accept-Encoding"))
			require.Regexp(t, `^application/vnd.google.protobuf;`, r.Header.Get("Accept"))
			scrapes++
			time.Sleep(100 * time.Millisecond) // of the bubble: what a scrape takes
			return response(http.StatusOK, strings.Repeat("x", 100+scrapes)), nil
		})
		for _, block := range []struct {
			variant string
			lasts   time.Duration
			scrapes int // by its end
		}{
			{"other", 10 * time.Second, 0},
			{"mine", 3500 * time.Millisecond, 4}, // at 0, 1, 2 and 3
			{"", time.Hour, 4},
			{"mine", 400 * time.Millisecond, 4},
			{"other", 10 * time.Second, 4},
			{"mine", 250 * time.Millisecond, 5}, // at 4, after 100 ms
		} {
			_, err := io.WriteString(pipe, block.variant+"\n")
			require.NoError(t, err)
			time.Sleep(block.lasts)
			synctest.Wait()
			require.Equal(t, block.scrapes, scrapes, "%+v", block)
		}
		require.NoError(t, pipe.Close())
		<-ended
		require.NoError(t, s.err)
		require.Len(t, s.took, 5)
		require.Equal(t, 100*time.Millisecond, s.took[4])
		require.EqualValues(t, 105, s.size)
	})
}

func TestAScrapeThatFailsIsAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, pipe, ended := listening(t, func(*http.Request) (*http.Response, error) {
			return response(http.StatusServiceUnavailable, ""), nil
		})
		_, err := io.WriteString(pipe, "mine\n")
		require.NoError(t, err)
		time.Sleep(time.Millisecond)
		require.NoError(t, pipe.Close())
		<-ended
		require.EqualError(t, s.err, "the exporter answered 503 Service Unavailable")
		require.Empty(t, s.took)
	})
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
