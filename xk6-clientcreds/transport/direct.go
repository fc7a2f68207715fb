package transport

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/http/httpguts"
)

// Direct sends HTTP/1.1 requests on the goroutine of the caller. An [http.Transport] hands each request over to two
// goroutines of the connection and back again, which is most of the CPU time of a short request.
//
// It uses the dialer and the TLS configuration of a transport, so that all their settings apply. The transport itself
// sends what Direct cannot: requests through a proxy, over HTTP/2, and with headers that are about the connection. Over
// TLS it also sends the first request, which shows what the server speaks.
//
// Like [http.Transport], Direct keeps idle connections, obeys deadlines and cancellation, and calls hooks. Unlike it,
// Direct never sends a request again.
type Direct struct {
	base *http.Transport
	raw  func(net.Conn) syscall.Conn

	perOrigin, all int // how many idle connections are kept; 0 for no limit of all

	mu      sync.Mutex
	origins map[origin]*originFacts
	idle    []*directConn // the last one was used last
}

// origin is where a connection leads.
type origin struct{ scheme, host string }

// originFacts holds what a Direct knows of an origin.
type originFacts struct {
	proxied bool // its requests go through a proxy
	http1   bool // it speaks HTTP/1.1; over TLS, that must be seen first
}

// NewDirect returns a Direct with the settings of base, or base itself if it has settings that only it follows. raw
// returns the socket of a connection that base's dialer made, or nil.
func NewDirect(base http.RoundTripper, raw func(net.Conn) syscall.Conn) Carrier {
	t, ok := base.(*http.Transport)
	if !ok || !canPeek || t.DialContext == nil || t.DialTLSContext != nil || t.DisableKeepAlives ||
		!t.DisableCompression || t.MaxConnsPerHost != 0 || t.MaxIdleConnsPerHost < 0 || t.MaxResponseHeaderBytes != 0 ||
		t.TLSHandshakeTimeout != 0 || t.ExpectContinueTimeout != 0 || t.ResponseHeaderTimeout != 0 ||
		t.IdleConnTimeout != 0 {
		return Plain{base}
	}
	d := &Direct{
		base: t, raw: raw, perOrigin: t.MaxIdleConnsPerHost, all: t.MaxIdleConns, origins: make(map[origin]*originFacts),
	}
	if d.perOrigin == 0 {
		d.perOrigin = http.DefaultMaxIdleConnsPerHost
	}
	return d
}

// Send implements Carrier.
func (d *Direct) Send(ctx context.Context, req *http.Request, hooks Hooks) (*http.Response, error) {
	to := origin{req.URL.Scheme, req.URL.Host}
	if !d.carries(req, to) {
		resp, err := Plain{d.base}.Send(ctx, req, hooks)
		if err == nil && resp.TLS != nil {
			d.note(to, resp.ProtoMajor == 1)
		}
		return resp, err
	}
	hooks.GetConn(to.host)
	c := d.take(to)
	if c == nil {
		var err error
		if c, err = d.dial(ctx, req, to, hooks); err != nil {
			if errors.Is(err, errNotHTTP1) { // nothing was sent
				d.note(to, false)
				return Plain{d.base}.Send(ctx, req, hooks)
			}
			closeBody(req)
			return nil, ofContext(ctx, err)
		}
	}
	hooks.GotConn(httptrace.GotConnInfo{Conn: c.Conn, Reused: c.used, WasIdle: c.used})
	return c.exchange(ctx, d, req, hooks)
}

// CloseIdleConnections closes the idle connections that do not belong to the transport.
func (d *Direct) CloseIdleConnections() {
	d.mu.Lock()
	idle := d.idle
	d.idle = nil
	d.mu.Unlock()
	for _, c := range idle {
		_ = c.Close()
	}
}

// aboutConnection are headers that only net/http's transport understands.
var aboutConnection = []string{"Connection", "Expect", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// carries reports whether this is a request for Direct.
func (d *Direct) carries(req *http.Request, to origin) bool {
	d.mu.Lock()
	facts := *d.factsOf(to, req)
	d.mu.Unlock()
	if facts.proxied || !facts.http1 || to.host == "" || req.Close {
		return false
	}
	for name, values := range req.Header {
		if slices.Contains(aboutConnection, name) || !httpguts.ValidHeaderFieldName(name) {
			return false // net/http has an error for what is not valid
		}
		for _, value := range values {
			if !httpguts.ValidHeaderFieldValue(value) {
				return false
			}
		}
	}
	return true
}

// factsOf returns what is known of an origin. d.mu must be locked.
func (d *Direct) factsOf(to origin, req *http.Request) *originFacts {
	facts := d.origins[to]
	if facts == nil {
		facts = &originFacts{http1: to.scheme == "http"}
		if d.base.Proxy != nil {
			proxy, err := d.base.Proxy(req) // the same for each request to a host
			facts.proxied = proxy != nil || err != nil
		}
		d.origins[to] = facts
	}
	return facts
}

// note notes whether a server, to which a request was sent, speaks HTTP/1.1.
func (d *Direct) note(to origin, http1 bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.origins[to].http1 = http1
}

// take returns an idle connection that the server has not closed, or nil.
func (d *Direct) take(to origin) *directConn {
	for {
		c := d.takeLast(to)
		if c == nil || c.isOpen() {
			return c
		}
		_ = c.Close()
	}
}

func (d *Direct) takeLast(to origin) *directConn {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, c := range slices.Backward(d.idle) {
		if c.to == to {
			d.idle = slices.Delete(d.idle, i, i+1)
			return c
		}
	}
	return nil
}

// keep makes a connection idle, and closes one that is too many.
func (d *Direct) keep(c *directConn) {
	var surplus *directConn
	d.mu.Lock()
	same := 0
	for _, other := range d.idle {
		if other.to == c.to {
			same++
		}
	}
	if same >= d.perOrigin {
		surplus = c
	} else {
		if d.all > 0 && len(d.idle) >= d.all {
			surplus = d.idle[0]
			d.idle = slices.Delete(d.idle, 0, 1)
		}
		d.idle = append(d.idle, c)
	}
	d.mu.Unlock()
	if surplus != nil {
		_ = surplus.Close()
	}
}

// errNotHTTP1 is the error of a connection over which the server has chosen HTTP/2.
var errNotHTTP1 = errors.New("the server does not speak HTTP/1.1")

// dial opens a connection.
func (d *Direct) dial(ctx context.Context, req *http.Request, to origin, hooks Hooks) (*directConn, error) {
	address := net.JoinHostPort(req.URL.Hostname(), Port(req.URL))
	conn, err := d.base.DialContext(httptrace.WithClientTrace(ctx, hooks.Trace()), "tcp", address)
	if err != nil {
		return nil, err
	}
	c := &directConn{Conn: conn, to: to}
	if socket := d.raw(conn); socket != nil {
		c.socket, _ = socket.SyscallConn()
	}
	if to.scheme == "https" {
		if err := c.handshake(ctx, req.URL.Hostname(), d.base.TLSClientConfig, hooks); err != nil {
			_ = conn.Close()
			return nil, err
		}
	}
	c.reader, c.writer = bufio.NewReader(c), bufio.NewWriter(c.Conn)
	c.interrupt = func() { _ = c.SetDeadline(time.Unix(1, 0)) } // whatever waits for the connection fails
	c.peek = c.peekSocket
	return c, nil
}

// maxHeader bounds the head of an answer, as net/http does.
const maxHeader = 10 << 20

// directConn is a connection of a Direct.
type directConn struct {
	net.Conn

	to        origin
	socket    syscall.RawConn // nil if it is unknown: the connection is used once
	state     *tls.ConnectionState
	reader    *bufio.Reader
	writer    *bufio.Writer
	left      int64 // what may still be read
	used      bool
	interrupt func()
	peek      func(uintptr) bool
	peeked    [1]byte
	open      bool // as peek saw it
}

// handshake makes the connection a TLS connection.
func (c *directConn) handshake(ctx context.Context, name string, config *tls.Config, hooks Hooks) error {
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config = config.Clone()
	if config.ServerName == "" {
		config.ServerName = name
	}
	hooks.TLSHandshakeStart()
	secured := tls.Client(c.Conn, config)
	err := secured.HandshakeContext(ctx)
	state := secured.ConnectionState()
	hooks.TLSHandshakeDone(state, err)
	if err == nil && state.NegotiatedProtocol != "" && state.NegotiatedProtocol != "http/1.1" {
		err = errNotHTTP1
	}
	c.Conn, c.state = secured, &state
	return err
}

// Read implements io.Reader for reader.
func (c *directConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, fmt.Errorf("net/http: server response headers exceeded %d bytes; aborted", maxHeader)
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.Conn.Read(p)
	c.left -= int64(n)
	return n, err
}

// isOpen reports whether an idle connection can be used: the server has neither closed it nor said anything.
func (c *directConn) isOpen() bool {
	c.open = false
	return c.socket.Read(c.peek) == nil && c.open
}

// errClosedIdle has the text of net/http's error, by which package oauth knows it.
var errClosedIdle = errors.New("http: server closed idle connection")

// exchange sends a request and reads the head of its answer.
func (c *directConn) exchange(ctx context.Context, d *Direct, req *http.Request, hooks Hooks) (*http.Response, error) {
	stop := context.AfterFunc(ctx, c.interrupt)
	fail := func(err error) (*http.Response, error) {
		stop()
		_ = c.Close()
		return nil, ofContext(ctx, err)
	}
	err := req.Write(c.writer)
	if err == nil {
		err = c.writer.Flush()
	}
	hooks.WroteRequest(httptrace.WroteRequestInfo{Err: err})
	if err != nil {
		if c.used {
			err = errClosedIdle
		}
		return fail(err)
	}
	c.left = maxHeader
	if _, err := c.reader.Peek(1); err != nil {
		return fail(err)
	}
	hooks.GotFirstResponseByte()
	resp, err := c.readHead(req)
	if err != nil {
		return fail(err)
	}
	c.left, c.used = math.MaxInt64, true
	resp.TLS = c.state
	b := &directBody{inner: resp.Body, conn: c, direct: d, ctx: ctx, stop: stop, keep: !resp.Close && c.socket != nil}
	resp.Body = b
	if b.inner == http.NoBody {
		b.end(true)
	}
	return resp, nil
}

// readHead reads the head of the answer, and skips interim answers (RFC 9110 §15.2).
func (c *directConn) readHead(req *http.Request) (*http.Response, error) {
	const maxInterim = 5 // as net/http
	for range maxInterim + 1 {
		resp, err := http.ReadResponse(c.reader, req)
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		case resp.StatusCode == http.StatusSwitchingProtocols:
			return nil, errors.New("net/http: malformed HTTP response: 101 without a request to switch protocols")
		case resp.StatusCode >= http.StatusOK:
			return resp, nil
		}
	}
	return nil, errors.New("net/http: too many 1xx informational responses")
}

// directBody is the body of an answer. Its end makes the connection idle.
type directBody struct {
	inner  io.ReadCloser
	conn   *directConn
	direct *Direct
	ctx    context.Context //nolint:containedctx // of the request
	stop   func() bool
	keep   bool
	ended  bool
}

// Read implements io.Reader.
func (b *directBody) Read(p []byte) (int, error) {
	if b.ended {
		return 0, io.EOF
	}
	n, err := b.inner.Read(p)
	if err != nil {
		whole := errors.Is(err, io.EOF)
		b.end(whole)
		if !whole {
			err = ofContext(b.ctx, err)
		}
	}
	return n, err
}

// Close implements io.Closer. The rest of a body that was not read goes with the connection.
func (b *directBody) Close() error {
	b.end(false)
	return nil
}

// end ends the exchange, of which the connection is left if the body was read as a whole.
func (b *directBody) end(whole bool) {
	if b.ended {
		return
	}
	b.ended = true
	if b.stop() && whole && b.keep && b.conn.reader.Buffered() == 0 {
		b.direct.keep(b.conn)
		return
	}
	_ = b.conn.Close()
}

// ofContext returns the error of a context that has ended, which is why the connection failed, or err.
func ofContext(ctx context.Context, err error) error {
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	return err
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}
