package doctor

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// maxBody bounds what is read of an answer.
const maxBody = 1 << 20

// userAgent says to a server's log who asked.
const userAgent = "k6-clientcreds-doctor"

// httpProbe sends requests, one after the other, and remembers the last round trip.
type httpProbe struct {
	client *http.Client
	last   *roundTrip
}

// roundTrip is a request and its answer, as the probe saw them.
type roundTrip struct {
	status         int
	header         http.Header
	body           []byte    // without its content codings, where they are understood
	sent, received time.Time // began, and headers arrived
	connecting     time.Duration
	handshaking    time.Duration
	duration       time.Duration // to the end of the answer
	reused         bool          // the connection of an earlier request
}

// newHTTPProbe returns a probe that shows the certificate, unless that is nil.
func newHTTPProbe(cfg Config, certificate *oauth.ClientCertificate) *httpProbe {
	config := &tls.Config{RootCAs: cfg.RootCAs, MinVersion: tls.VersionTLS12}
	show(config, certificate, nil)
	base := &http.Transport{
		Proxy:              cfg.Proxy,
		DialContext:        new(net.Dialer).DialContext,
		TLSClientConfig:    config,
		ForceAttemptHTTP2:  true,
		DisableCompression: true, // as k6, which does not ask for it
	}
	return &httpProbe{last: new(roundTrip), client: &http.Client{
		Transport: cfg.AllowHosts.Guard(base),
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // neither credentials nor tokens follow a redirect
		},
	}}
}

func (p *httpProbe) close() { p.client.CloseIdleConnections() }

// do is an oauth.Doer.
func (p *httpProbe) do(req *http.Request) (*http.Response, error) {
	x := &roundTrip{sent: time.Now()}
	p.last = x
	conn := new(connection)
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), conn.trace()))
	if req.Header.Get("User-Agent") == "" {
		req.Header = req.Header.Clone()
		req.Header.Set("User-Agent", userAgent)
	}
	resp, err := p.client.Do(req) // #nosec G704 -- the user chooses the target on purpose
	if err != nil {
		return nil, err
	}
	x.received = time.Now()
	conn.measured(x)
	x.status, x.header = resp.StatusCode, resp.Header
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	x.duration = time.Since(x.sent)
	x.body = body
	if plain, err := oauth.Decode(resp.Header, body); err == nil {
		x.body = plain
	}
	resp.Body = &rest{Reader: bytes.NewReader(body), err: err, body: resp.Body}
	return resp, nil
}

// rest is a body that has been read, with the error that ended it.
type rest struct {
	*bytes.Reader

	err  error
	body io.Closer
}

func (r *rest) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if err != nil && r.err != nil {
		err = r.err
	}
	return n, err
}

func (r *rest) Close() error { return r.body.Close() }

// connection measures how a connection came to be. Dialing may go on in the background, hence the lock.
type connection struct {
	mu                      sync.Mutex
	connect, handshake      time.Time
	connecting, handshaking time.Duration
	reused                  bool
}

func (c *connection) trace() *httptrace.ClientTrace {
	locked := func(f func()) {
		c.mu.Lock()
		defer c.mu.Unlock()
		f()
	}
	return &httptrace.ClientTrace{
		GotConn:           func(i httptrace.GotConnInfo) { locked(func() { c.reused = i.Reused }) },
		ConnectStart:      func(string, string) { locked(func() { c.connect = time.Now() }) },
		ConnectDone:       func(string, string, error) { locked(func() { c.connecting = time.Since(c.connect) }) },
		TLSHandshakeStart: func() { locked(func() { c.handshake = time.Now() }) },
		TLSHandshakeDone: func(tls.ConnectionState, error) {
			locked(func() { c.handshaking = time.Since(c.handshake) })
		},
	}
}

// measured copies what was measured to x.
func (c *connection) measured(x *roundTrip) {
	c.mu.Lock()
	defer c.mu.Unlock()
	x.connecting, x.handshaking, x.reused = c.connecting, c.handshaking, c.reused
}

// get asks for a URL, with an Authorization header and a DPoP proof unless they are empty.
func (p *httpProbe) get(ctx context.Context, target, authorization, proof string) (*roundTrip, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return nil, err
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	if proof != "" {
		req.Header.Set(oauth.HeaderDPoP, proof)
	}
	resp, err := p.do(req)
	if err != nil {
		return nil, err
	}
	return p.last, resp.Body.Close()
}
