package exporter

import (
	"context"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pipeListener accepts the server's end of one pipe, which needs no network.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { close(l.closed); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// TestScrapeThatDoesNotEnd: the end of the test waits for it, but not for ever.
func TestScrapeThatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		entered, ended := make(chan struct{}), make(chan struct{})
		hanging := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(entered)
			<-r.Context().Done()
			close(ended)
		})
		l := &pipeListener{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
		s := &server{
			http: &http.Server{Handler: hanging, ReadHeaderTimeout: time.Second}, listener: l,
			done: make(chan error, 1),
		}
		go func() {
			s.done <- s.http.Serve(l)
			close(s.done)
		}()
		scraper, conn := net.Pipe()
		defer scraper.Close()
		l.conns <- conn
		_, err := scraper.Write([]byte("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"))
		require.NoError(t, err)
		<-entered

		began := time.Now()
		require.ErrorIs(t, s.shutdown(), context.DeadlineExceeded)
		<-ended
		assert.Equal(t, shutdownTimeout, time.Since(began))
	})
}
