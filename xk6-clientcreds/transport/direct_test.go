//go:build unix

package transport

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// socket is a connection's own socket.
func socket(conn net.Conn) syscall.Conn {
	s, _ := conn.(syscall.Conn)
	return s
}

// k6Transport has the settings of k6's own transport.
func k6Transport(t *testing.T) *http.Transport {
	t.Helper()
	base := &http.Transport{
		DialContext: new(net.Dialer).DialContext, DisableCompression: true, MaxIdleConns: 20, MaxIdleConnsPerHost: 6,
		ForceAttemptHTTP2: true, TLSClientConfig: new(tls.Config),
	}
	t.Cleanup(base.CloseIdleConnections)
	return base
}

// direct is a Direct as an http.RoundTripper, for comparisons with one.
type direct struct{ *Direct }

func newDirect(t *testing.T, base *http.Transport) direct {
	t.Helper()
	d, ok := NewDirect(base, socket).(*Direct)
	require.True(t, ok)
	t.Cleanup(d.CloseIdleConnections)
	return direct{d}
}

// RoundTrip implements http.RoundTripper.
func (d direct) RoundTrip(req *http.Request) (*http.Response, error) {
	trace := httptrace.ContextClientTrace(req.Context())
	if trace == nil {
		trace = new(httptrace.ClientTrace)
	}
	bare := untraced{req.Context()}
	return d.Send(bare, req.WithContext(bare), hooks{trace})
}

// hooks calls the hooks of a trace.
type hooks struct{ trace *httptrace.ClientTrace }

func (h hooks) GetConn(hostPort string) {
	if h.trace.GetConn != nil {
		h.trace.GetConn(hostPort)
	}
}

func (hooks) TLSHandshakeStart() {}

func (hooks) TLSHandshakeDone(tls.ConnectionState, error) {}

func (h hooks) GotConn(info httptrace.GotConnInfo) {
	if h.trace.GotConn != nil {
		h.trace.GotConn(info)
	}
}

func (h hooks) WroteRequest(info httptrace.WroteRequestInfo) {
	if h.trace.WroteRequest != nil {
		h.trace.WroteRequest(info)
	}
}

func (h hooks) GotFirstResponseByte() {
	if h.trace.GotFirstResponseByte != nil {
		h.trace.GotFirstResponseByte()
	}
}

func (h hooks) Trace() *httptrace.ClientTrace { return h.trace }

// script is a server that answers the n-th request of all with the n-th text, as it stands.
type script struct {
	url         string
	connections atomic.Int64
	requests    []string // heads and bodies that came
	mu          sync.Mutex
}

// play answers with texts. A text that ends in "\x00" ends the connection, and one that ends in "\x01" resets it. The
// server sends the part behind "\x02" without a request.
func play(t *testing.T, texts ...string) *script {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &script{url: "http://" + listener.Addr().String() + "/token"}
	next := make(chan string, len(texts))
	for _, text := range texts {
		next <- text
	}
	var all sync.WaitGroup
	ended, end := context.WithCancel(context.Background())
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.connections.Add(1)
			context.AfterFunc(ended, func() { _ = conn.Close() })
			all.Go(func() { s.serve(conn, next) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		end()
		all.Wait()
	})
	return s
}

func (s *script) serve(conn net.Conn, next <-chan string) {
	defer conn.Close()
	for r := bufio.NewReader(conn); ; {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		body, _ := io.ReadAll(req.Body)
		s.mu.Lock()
		s.requests = append(s.requests, fmt.Sprintf("%s %s %s %v %s", req.Method, req.Host, req.URL, req.Header, body))
		s.mu.Unlock()
		var text string
		select {
		case text = <-next:
		default:
			return
		}
		text, unasked, _ := strings.Cut(text, "\x02")
		_, _ = io.WriteString(conn, strings.TrimRight(text, "\x00\x01"))
		if unasked != "" {
			_, _ = io.WriteString(conn, unasked)
		}
		switch {
		case strings.HasSuffix(text, "\x01"):
			_ = conn.(*net.TCPConn).SetLinger(0)
			return
		case strings.HasSuffix(text, "\x00"):
			return
		}
	}
}

func post(ctx context.Context, t *testing.T, address string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader("grant_type=client_credentials"))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Basic YTpi")
	return req
}

// answered is an answer as a caller sees it, or its error.
func answered(resp *http.Response, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	text := fmt.Sprintf("%s %s %v %q", resp.Proto, resp.Status, resp.Header, body)
	if err != nil {
		text += " " + err.Error()
	}
	return text
}

// TestDirectReadsWhatNetHTTPReads: the answers, the errors, the requests, and the number of connections for two
// requests are the same.
func TestDirectReadsWhatNetHTTPReads(t *testing.T) {
	t.Parallel()
	for name, texts := range map[string][2]string{
		"length":          {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\n{}"},
		"chunks":          {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"},
		"trailer":         {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n2\r\n{}\r\n0\r\nT: u\r\n\r\n"},
		"until the end":   {"HTTP/1.1 200 OK\r\n\r\n{}\x00"},
		"no content":      {"HTTP/1.1 204 No Content\r\n\r\n"},
		"empty":           {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
		"interim":         {"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"},
		"close":           {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"},
		"HTTP/1.0":        {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"},
		"without notice":  {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}\x00"},
		"cut":             {"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}\x00"},
		"cut chunk":       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\x00"},
		"cut head":        {"HTTP/1.1 200 OK\r\nContent-Le\x00"},
		"nothing":         {"\x00"},
		"not HTTP":        {"SSH-2.0-OpenSSH_9.6\r\n\x00"},
		"bad status":      {"HTTP/1.1 abc\r\n\r\n\x00"},
		"bad header":      {"HTTP/1.1 200 OK\r\nno colon\r\n\r\n\x00"},
		"two lengths":     {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}\x00"},
		"redirect":        {"HTTP/1.1 302 Found\r\nLocation: http://other.test/\r\nContent-Length: 0\r\n\r\n"},
		"refusal":         {"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 2\r\n\r\n{}"},
		"endless interim": {strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 9) + "\x00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if texts[1] == "" {
				texts[1] = texts[0]
			}
			outcome := func(over http.RoundTripper) (seen []string, connections int64, requests []string) {
				s := play(t, texts[:]...)
				for range texts {
					seen = append(seen, answered(over.RoundTrip(post(t.Context(), t, s.url))))
					time.Sleep(20 * time.Millisecond) // net/http notices the end of an idle connection meanwhile
				}
				host := strings.TrimPrefix(strings.TrimSuffix(s.url, "/token"), "http://")
				for _, request := range s.requests {
					requests = append(requests, strings.ReplaceAll(request, host, "HOST"))
				}
				for i := range seen {
					seen[i] = strings.ReplaceAll(seen[i], host, "HOST")
				}
				return seen, s.connections.Load(), requests
			}
			want, connections, requests := outcome(k6Transport(t))
			got, directConnections, directRequests := outcome(newDirect(t, k6Transport(t)))
			assert.Equal(t, connections, directConnections)
			assert.Equal(t, requests, directRequests)
			for i := range want {
				// The words of an error are net/http's own business; whether it is one is not.
				if strings.HasPrefix(want[i], "error: ") {
					assert.Regexp(t, "^error: ", got[i], want[i])
				} else {
					assert.Equal(t, want[i], got[i])
				}
			}
		})
	}
}

const good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

// TestDirectAndClosedConnections: a connection that the server has ended, or on which it has said something, is not
// used again.
func TestDirectAndClosedConnections(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first       string
		connections int64
	}{
		"open": {good, 1}, "closed": {good + "\x00", 2}, "reset": {good + "\x01", 2},
		"unasked": {good + "\x02HTTP/1.1 408 Request Timeout\r\n\r\n", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := play(t, c.first, good)
			d := newDirect(t, k6Transport(t))
			for range 2 {
				assert.Equal(t, `HTTP/1.1 200 OK map[Content-Length:[2]] "{}"`, answered(d.RoundTrip(post(t.Context(), t, s.url))))
				time.Sleep(20 * time.Millisecond)
			}
			assert.Equal(t, c.connections, s.connections.Load())
		})
	}
}

// TestDirectSendsNothingTwice: the server ends a used connection after it has read the request.
func TestDirectSendsNothingTwice(t *testing.T) {
	t.Parallel()
	s := play(t, good, "\x00")
	d := newDirect(t, k6Transport(t))
	assert.Contains(t, answered(d.RoundTrip(post(t.Context(), t, s.url))), "200 OK")
	_, err := d.RoundTrip(post(t.Context(), t, s.url)) //nolint:bodyclose // there is none
	require.ErrorIs(t, err, io.EOF)
	assert.Len(t, s.requests, 2)
}

func TestDirectHeadIsBounded(t *testing.T) {
	t.Parallel()
	s := play(t, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("a", maxHeader)+"\r\n\r\n\x00")
	_, err := newDirect(t, k6Transport(t)).RoundTrip(post(t.Context(), t, s.url)) //nolint:bodyclose // there is none
	assert.ErrorContains(t, err, "response headers exceeded")
}

// TestDirectEndsWithItsContext: before an answer, and in the middle of its body.
func TestDirectEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no answer": "", "half a head": "HTTP/1.1 200 OK\r\n", "half a body": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
	} {
		for _, timeout := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, timeout %t", name, timeout), func(t *testing.T) {
				t.Parallel()
				s := play(t, text, good)
				d := newDirect(t, k6Transport(t))
				ctx, cancel := context.WithCancel(t.Context())
				want := context.Canceled
				if timeout {
					ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
					want = context.DeadlineExceeded
				} else {
					time.AfterFunc(50*time.Millisecond, cancel)
				}
				defer cancel()
				resp, err := d.RoundTrip(post(ctx, t, s.url))
				if err == nil {
					_, err = io.ReadAll(resp.Body)
					require.NoError(t, resp.Body.Close())
				}
				require.ErrorIs(t, err, want)
				assert.Contains(t, answered(d.RoundTrip(post(t.Context(), t, s.url))), "200 OK", "on another connection")
				assert.EqualValues(t, 2, s.connections.Load())
			})
		}
	}
	_, err := newDirect(t, k6Transport(t)).RoundTrip(post(t.Context(), t, "http://127.0.0.1:1/")) //nolint:bodyclose // none
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}

// TestDirectGivesUpBodies: a body that is not read to its end takes its connection with it.
func TestDirectGivesUpBodies(t *testing.T) {
	t.Parallel()
	s := play(t, good, good)
	d := newDirect(t, k6Transport(t))
	resp, err := d.RoundTrip(post(t.Context(), t, s.url))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	n, err := resp.Body.Read(make([]byte, 1))
	assert.Zero(t, n)
	require.ErrorIs(t, err, io.EOF)
	assert.Contains(t, answered(d.RoundTrip(post(t.Context(), t, s.url))), "200 OK")
	assert.EqualValues(t, 2, s.connections.Load())
}

// TestDirectKeepsIdleConnections: as many for each origin, and in sum, as the transport.
func TestDirectKeepsIdleConnections(t *testing.T) {
	t.Parallel()
	server := func() (address string, connections *atomic.Int64) {
		connections = new(atomic.Int64)
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(50 * time.Millisecond) // so that requests are under way at once
			_, _ = io.WriteString(w, "{}")
		}))
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				connections.Add(1)
			}
		}
		s.Start()
		t.Cleanup(s.Close)
		return s.URL, connections
	}
	burst := func(over http.RoundTripper, address string) {
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { assert.Contains(t, answered(over.RoundTrip(post(t.Context(), t, address))), "200 OK") })
		}
		all.Wait()
	}
	base := k6Transport(t)
	d := newDirect(t, base)
	address, connections := server()
	burst(d, address)
	burst(d, address)
	assert.EqualValues(t, 14, connections.Load(), "6 of 10 are kept")

	base = k6Transport(t)
	base.MaxIdleConns = 8
	d = newDirect(t, base)
	other, others := server()
	burst(d, address)
	burst(d, other)
	connections.Store(0)
	burst(d, address)
	assert.EqualValues(t, 8, connections.Load(), "2 of 6 are kept, because the other origin has been used since")
	assert.EqualValues(t, 10, others.Load())
}

// TestDirectLeavesTheRestToTheTransport: settings and requests that only the transport knows.
func TestDirectLeavesTheRestToTheTransport(t *testing.T) {
	t.Parallel()
	assert.Equal(t, Plain{Failing{}}, NewDirect(Failing{}, socket))
	for name, set := range map[string]func(*http.Transport){
		"DialContext":            func(b *http.Transport) { b.DialContext = nil },
		"DialTLSContext":         func(b *http.Transport) { b.DialTLSContext = new(tls.Dialer).DialContext },
		"DisableKeepAlives":      func(b *http.Transport) { b.DisableKeepAlives = true },
		"DisableCompression":     func(b *http.Transport) { b.DisableCompression = false },
		"MaxConnsPerHost":        func(b *http.Transport) { b.MaxConnsPerHost = 1 },
		"MaxIdleConnsPerHost":    func(b *http.Transport) { b.MaxIdleConnsPerHost = -1 },
		"ResponseHeaderTimeout":  func(b *http.Transport) { b.ResponseHeaderTimeout = 1 },
		"ExpectContinueTimeout":  func(b *http.Transport) { b.ExpectContinueTimeout = 1 },
		"TLSHandshakeTimeout":    func(b *http.Transport) { b.TLSHandshakeTimeout = 1 },
		"IdleConnTimeout":        func(b *http.Transport) { b.IdleConnTimeout = 1 },
		"MaxResponseHeaderBytes": func(b *http.Transport) { b.MaxResponseHeaderBytes = 1 },
		"ProxyConnectHeader":     func(b *http.Transport) { b.ProxyConnectHeader = http.Header{} },
	} {
		base := k6Transport(t)
		set(base)
		if name == "ProxyConnectHeader" {
			assert.IsType(t, new(Direct), NewDirect(base, socket), "it is about proxies, which Direct leaves to the transport")
			continue
		}
		assert.Equal(t, Plain{base}, NewDirect(base, socket), name)
	}

	through := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "proxied "+r.URL.String())
	}))
	t.Cleanup(through.Close)
	base := k6Transport(t)
	base.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(through.URL) }
	assert.Contains(t, answered(newDirect(t, base).RoundTrip(post(t.Context(), t, "http://idp.test/token"))),
		"proxied http://idp.test/token")

	base = k6Transport(t)
	base.Proxy = func(*http.Request) (*url.URL, error) { return nil, errors.New("no such proxy") }
	assert.Equal(t, "error: no such proxy", answered(newDirect(t, base).RoundTrip(post(t.Context(), t, "http://idp.test/"))))

	for _, name := range append(aboutConnection, "No Name") {
		req := post(t.Context(), t, through.URL)
		req.Header[name] = []string{"x"}
		d := newDirect(t, k6Transport(t))
		_ = answered(d.RoundTrip(req))
		assert.Empty(t, d.idle, name)
	}
	req := post(t.Context(), t, through.URL)
	req.Header.Set("X", "a\nb")
	assert.Contains(t, answered(newDirect(t, k6Transport(t)).RoundTrip(req)), `invalid header field value for "X"`)
}

// TestDirectOverTLS: the transport finds out what the server speaks, and its TLS settings apply.
func TestDirectOverTLS(t *testing.T) {
	t.Parallel()
	for _, http2 := range []bool{false, true} {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%s with %d certificates of the client", r.Proto, len(r.TLS.PeerCertificates))
		}))
		s.EnableHTTP2, s.TLS = http2, &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}
		s.StartTLS()
		t.Cleanup(s.Close)
		base := k6Transport(t)
		base.TLSClientConfig.RootCAs = x509.NewCertPool()
		base.TLSClientConfig.RootCAs.AddCert(s.Certificate())
		base.TLSClientConfig.Certificates = s.TLS.Certificates
		d := newDirect(t, base)
		want := "HTTP/1.1 with 1 certificates of the client"
		if http2 {
			want = "HTTP/2.0 with 1 certificates of the client"
		}
		for n := range 3 {
			var reused []bool
			req := post(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
				GotConn: func(info httptrace.GotConnInfo) { reused = append(reused, info.Reused) },
			}), t, s.URL)
			resp, err := d.RoundTrip(req)
			require.NoError(t, err)
			assert.NotNil(t, resp.TLS)
			assert.Contains(t, answered(resp, nil), want)
			// The second request of HTTP/1.1 is the first one that Direct sends.
			assert.Equal(t, []bool{n == 2 || n == 1 && http2}, reused)
		}
		if http2 {
			assert.Empty(t, d.idle)
		} else {
			assert.Len(t, d.idle, 1)
		}
	}
}

// TestDirectAndAServerThatMovesToHTTP2: nothing is lost when the server speaks HTTP/2 from now on, or has another
// certificate.
func TestDirectAndAServerThatMovesToHTTP2(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	base := k6Transport(t)
	base.TLSClientConfig.RootCAs = x509.NewCertPool()
	base.TLSClientConfig.RootCAs.AddCert(s.Certificate())
	d := newDirect(t, base)
	for range 2 {
		assert.Contains(t, answered(d.RoundTrip(post(t.Context(), t, s.URL))), `"HTTP/2.0"`)
		d.note(origin{"https", strings.TrimPrefix(s.URL, "https://")}, true) // as if it had spoken HTTP/1.1 before
		base.CloseIdleConnections()
	}
	base.TLSClientConfig.RootCAs = x509.NewCertPool()
	d.note(origin{"https", strings.TrimPrefix(s.URL, "https://")}, true)
	_, err := d.RoundTrip(post(t.Context(), t, s.URL)) //nolint:bodyclose // there is none
	var unknown x509.UnknownAuthorityError
	require.ErrorAs(t, err, &unknown)
}

// TestDirectCallsTheHooks that net/http calls, in the same order.
func TestDirectCallsTheHooks(t *testing.T) {
	t.Parallel()
	hooks := func(over http.RoundTripper) string {
		s := play(t, good, good)
		var mu sync.Mutex
		var called []string
		call := func(name string) {
			mu.Lock()
			defer mu.Unlock()
			called = append(called, name)
		}
		for range 2 {
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
				GetConn:              func(string) { call("GetConn") },
				ConnectStart:         func(string, string) { call("ConnectStart") },
				ConnectDone:          func(string, string, error) { call("ConnectDone") },
				GotConn:              func(info httptrace.GotConnInfo) { call(fmt.Sprint("GotConn ", info.Reused)) },
				WroteRequest:         func(httptrace.WroteRequestInfo) { call("WroteRequest") },
				GotFirstResponseByte: func() { call("GotFirstResponseByte") },
			})
			assert.Contains(t, answered(over.RoundTrip(post(ctx, t, s.url))), "200 OK")
			time.Sleep(20 * time.Millisecond)
		}
		return strings.Join(called, " ")
	}
	assert.Equal(t, hooks(k6Transport(t)), hooks(newDirect(t, k6Transport(t))))
}

// TestDirectWithoutASocket: without it nobody knows whether the connection is still open.
func TestDirectWithoutASocket(t *testing.T) {
	t.Parallel()
	s := play(t, good, good)
	d := direct{NewDirect(k6Transport(t), func(net.Conn) syscall.Conn { return nil }).(*Direct)}
	for range 2 {
		assert.Contains(t, answered(d.RoundTrip(post(t.Context(), t, s.url))), "200 OK")
	}
	assert.EqualValues(t, 2, s.connections.Load())
}
