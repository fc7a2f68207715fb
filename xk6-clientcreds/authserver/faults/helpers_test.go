package faults

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// answerText is the answer of the endpoint behind the faults.
const answerText = "an answer that is long enough to be cut, sent slowly or not sent at all"

var endpoint = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("X-Read", string(body))
	_, _ = io.WriteString(w, answerText)
})

// byHeader names the client in a header, and the body where it has none.
func byHeader(_ Endpoint, r *http.Request, body []byte) string {
	if id := r.Header.Get("X-Client"); id != "" {
		return id
	}
	return string(body)
}

// with returns an injector with this document.
func with(t *testing.T, now func() time.Time, document string) *Injector {
	t.Helper()
	i := New(now, byHeader)
	i.rest = time.Sleep // which the fake clock of synctest applies to
	require.NoError(t, i.Put([]byte(document)))
	return i
}

// pipes is a listener whose connections are in memory, so that they live by the clock of a synctest bubble.
type pipes struct {
	accept chan net.Conn
	done   chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{accept: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (*pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.accept <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// inMemory serves the endpoint e behind the injector's faults until the test ends. It is for a synctest bubble.
func inMemory(t *testing.T, i *Injector, e Endpoint) *http.Client {
	t.Helper()
	listener := newPipes()
	server := &http.Server{Handler: i.Wrap(e, endpoint), ConnContext: ConnContext, ReadHeaderTimeout: time.Hour}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	transport := &http.Transport{DialContext: listener.dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-done, http.ErrServerClosed)
	})
	return &http.Client{Transport: transport}
}

// overTCP serves the endpoint e behind the injector's faults until the test ends, and returns its URL.
func overTCP(t *testing.T, i *Injector, e Endpoint, secure bool) (*http.Client, string) {
	t.Helper()
	server := httptest.NewUnstartedServer(i.Wrap(e, endpoint))
	server.Config.ConnContext = ConnContext
	if secure {
		server.EnableHTTP2 = true
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server.Client(), server.URL
}

type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a POST. The error comes from the request or from reading the answer.
func ask(t *testing.T, client *http.Client, url, body string, header ...string) (answer, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	for n := 0; n < len(header); n += 2 {
		r.Header.Set(header[n], header[n+1])
	}
	resp, err := client.Do(r)
	if err != nil {
		return answer{}, err
	}
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(text)}, errors.Join(err, resp.Body.Close())
}

// direct lets the handler answer without a network.
func direct(h http.Handler, header ...string) answer {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("body"))
	for n := 0; n < len(header); n += 2 {
		r.Header.Set(header[n], header[n+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answer{w.Code, w.Header(), w.Body.String()}
}

// clock is one that tests move.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) now() time.Time { return c.at }

func (c *clock) move(d time.Duration) { c.at = c.at.Add(d) }

func results(i *Injector, e Endpoint) map[string]int64 {
	m := make(map[string]int64)
	i.AddResults(e, m)
	return m
}

var insecure = &tls.Config{InsecureSkipVerify: true} // #nosec G402 -- the pipe has no name
