package oauth

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Sender sends token requests. It must not follow redirects: credentials go to the token endpoint or
// nowhere. trace holds its measurements of this one request, nil if nothing was sent; the Attempt carries it to its
// observer. It is complete when the answer's body has been closed, or with the error.
type Sender interface {
	Send(req *http.Request) (answer *http.Response, trace Trace, err error)
}

// Trace holds a Sender's measurements of one request.
type Trace interface {
	// ConnReused reports whether the request was sent on the connection of an earlier one.
	ConnReused() bool
}

// Doer sends one HTTP request and returns the answer. It must not follow redirects. It is a Sender that
// measures nothing.
type Doer func(*http.Request) (*http.Response, error)

// Send implements Sender.
func (do Doer) Send(req *http.Request) (answer *http.Response, trace Trace, err error) {
	t := new(connTrace)
	answer, err = do(req.WithContext(t.in(req.Context())))
	return answer, t, err
}

// connTrace is the trace of a Doer.
type connTrace struct{ reused bool }

// ConnReused implements Trace.
func (t *connTrace) ConnReused() bool { return t.reused }

// in returns ctx with a hook that records whether the connection was reused.
func (t *connTrace) in(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { t.reused = info.Reused },
	})
}

// Client sends the token request that a Config describes. It is safe for concurrent use.
type Client struct {
	config   Config
	url      *url.URL
	form     url.Values  // without credentials
	header   http.Header // without credentials
	scope    string
	prepared *prepared   // with credentials; nil when they change with every request
	dpop     *DPoPSigner // nil for tokens that are not bound to a key

	grantType string // GrantClientCredentials or GrantTokenExchange
	source    *Token // the token that an exchange exchanges; else nil
}

// prepared is a token request, ready to be sent any number of times.
type prepared struct {
	url    *url.URL
	header http.Header
	body   []byte
	signed time.Duration // how long that took
}

// NewClient prepares the token request of c. A configuration that cannot be used is a *ConfigError.
func NewClient(c Config) (*Client, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	u, err := checkURL(FieldTokenURL, c.TokenURL)
	if err != nil {
		return nil, err
	}
	client := &Client{config: c, url: u, scope: strings.Join(c.Scope, " "), grantType: GrantClientCredentials}
	client.form = url.Values{"grant_type": {GrantClientCredentials}}
	for name, values := range c.Params {
		client.form[name] = slices.Clone(values)
	}
	if client.scope != "" {
		client.form.Set("scope", client.scope)
	}
	if len(c.Audience) > 0 {
		client.form["audience"] = slices.Clone(c.Audience)
	}
	if len(c.Resource) > 0 {
		client.form["resource"] = slices.Clone(c.Resource)
	}
	if c.AuthorizationDetails != "" {
		client.form.Set("authorization_details", c.AuthorizationDetails)
	}
	client.header = requestHeader(c.Header)
	if c.Auth.Static {
		if client.prepared, err = client.prepare(context.Background()); err != nil {
			return nil, err
		}
	}
	return client, nil
}

// requestHeader is the header of a request with a form, without credentials.
func requestHeader(further http.Header) http.Header {
	header := http.Header{"Accept": {"application/json"}}
	for name, values := range further {
		header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	header["Content-Type"] = []string{"application/x-www-form-urlencoded"}
	return header
}

// prepare makes a token request with the client's credentials.
func (c *Client) prepare(ctx context.Context) (*prepared, error) {
	form := make(url.Values, len(c.form)+4)
	for name, values := range c.form {
		form[name] = slices.Clone(values) // Apply may add to them
	}
	u := *c.url
	r := &TokenRequest{URL: &u, Form: form, Header: c.header.Clone()}
	begin := time.Now()
	if err := c.config.Auth.Apply(ctx, r); err != nil {
		return nil, err
	}
	p := &prepared{}
	if c.config.Auth.Signs {
		p.signed = time.Since(begin)
	}
	p.url, p.header, p.body = r.URL, r.Header, []byte(r.Form.Encode())
	return p, nil
}

// request makes the http.Request of p. Requests share URL and header, which a transport does not
// change.
func (p *prepared) request(ctx context.Context) *http.Request {
	body := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(p.body)), nil }
	req := &http.Request{
		Method:        http.MethodPost,
		URL:           p.url,
		Host:          p.url.Host,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        p.header,
		ContentLength: int64(len(p.body)),
		GetBody:       body, // so that a request may move on from a connection that the server has just closed
	}
	req.Body, _ = body()
	return req.WithContext(ctx)
}

// attempt sends one request, as often as it takes to find a connection that is still open. Each is made
// from the beginning: the server may have noted the assertion or the proof.
func (c *Client) attempt(ctx context.Context, s Sender) Attempt {
	for {
		if a := c.attemptOnce(ctx, s); a.Trace == nil || !neverArrived(ctx, a.Err, a.Trace) {
			return a
		}
	}
}

func (c *Client) attemptOnce(ctx context.Context, s Sender) Attempt {
	p := c.prepared
	if p == nil {
		var err error
		if p, err = c.prepare(ctx); err != nil {
			return Attempt{Err: authError(ctx, err)}
		}
	}
	if c.dpop != nil {
		var err error
		if p, err = c.withProof(p); err != nil {
			return Attempt{Err: authError(ctx, err)}
		}
	}
	a := c.send(ctx, s, p)
	a.Signing = p.signed
	return a
}

// send sends p.
func (c *Client) send(ctx context.Context, s Sender, p *prepared) (a Attempt) {
	requestedAt := time.Now()
	resp, trace, err := s.Send(p.request(ctx))
	a.Trace = trace
	if err != nil {
		a.Err = sendError(ctx, err)
		return a
	}
	defer resp.Body.Close() // read to its end, or given up
	a.Status, a.Clock = resp.StatusCode, ReadClock(resp.Header.Get("Date"), requestedAt, time.Now())
	if c.dpop != nil {
		a.nonce = c.dpop.Learn(p.url, resp.Header, "")
	}
	if a.Token, a.Err = c.read(ctx, resp); a.Err != nil {
		a.Err.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), time.Now())
		return a
	}
	a.Token.RequestedAt = requestedAt
	if a.Err = c.checkLifetime(a.Token, time.Now()); a.Err != nil {
		a.Token, a.Err.Status = nil, resp.StatusCode
		return a
	}
	if a.Token.Scope == "" {
		a.Token.Scope = c.scope
	}
	return a
}

// read reads a token or an error from an answer.
func (c *Client) read(ctx context.Context, resp *http.Response) (*Token, *Error) {
	body, failure := readAnswer(ctx, resp)
	if failure != nil {
		return nil, failure
	}
	token, failure := parseResponse(resp, body)
	if failure == nil {
		failure = c.check(resp, token)
	}
	if failure != nil {
		return nil, failure
	}
	return token, nil
}

// neverArrived reports whether a request met a connection of an earlier one that the server had closed meanwhile: then
// it has not failed, and is sent again. net/http does so for requests that it takes for idempotent, which a POST is
// not.
//
// A server may also have closed the connection after it had read the request. Nobody can tell the two
// apart, and a token request changes nothing. A connection that is reset is another matter: that is how
// processes die, and net/http would hide it. It is a failure.
func neverArrived(ctx context.Context, err *Error, t Trace) bool {
	return err != nil && err.Status == 0 && t.ConnReused() && closedWhileIdle(err.cause) && ctx.Err() == nil
}

// serverClosedIdle is the text of an error that net/http does not export.
const serverClosedIdle = "http: server closed idle connection"

// closedWhileIdle reports whether err is an orderly end of the connection before any byte of an answer.
func closedWhileIdle(err error) bool {
	return err != nil && (errors.Is(err, io.EOF) || errors.Is(err, syscall.EPIPE) || err.Error() == serverClosedIdle)
}
