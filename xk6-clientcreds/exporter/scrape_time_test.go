package exporter

import (
	"bufio"
	"net"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestScrapeTime(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"": 10 * time.Second, "0.5": 500 * time.Millisecond, "30": 30 * time.Second, "1e9": time.Minute, "+Inf": time.Minute,
		"0": 10 * time.Second, "-1": 10 * time.Second, "NaN": 10 * time.Second, "5s": 10 * time.Second,
	} {
		assert.Equal(t, want, scrapeTime(header), header)
	}
}

// TestClientsThatDoNotRead keep Prometheus away for as long as they may take, and not longer.
func TestClientsThatDoNotRead(t *testing.T) {
	r := newRig(t, "")
	for i := range 200 {
		r.add(r.metric("m"+strconv.Itoa(i), 0), 1)
	}
	synctest.Test(t, func(t *testing.T) {
		l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
		server := &http.Server{
			Handler:           r.handler(),
			ReadHeaderTimeout: time.Minute, WriteTimeout: maxScrapeTime,
		}
		served := make(chan error, 1)
		go func() { served <- server.Serve(l) }()
		ask := func(header string) net.Conn {
			client, conn := net.Pipe()
			l.conns <- conn
			_, err := client.Write([]byte("GET /metrics HTTP/1.1\r\nHost: k6\r\n" + header + "\r\n"))
			require.NoError(t, err)
			return client
		}
		status := func() int {
			conn := ask("Connection: close\r\n")
			defer conn.Close()
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			defer response.Body.Close()
			return response.StatusCode
		}
		for range maxScrapes {
			conn := ask(scrapeTimeoutHeader + ": 5\r\n")
			t.Cleanup(func() { assert.NoError(t, conn.Close()) })
		}
		synctest.Wait()
		assert.Equal(t, http.StatusServiceUnavailable, status(), "all places are taken")
		time.Sleep(5*time.Second + time.Millisecond)
		synctest.Wait()
		assert.Equal(t, http.StatusOK, status())
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-served, http.ErrServerClosed)
	})
}
