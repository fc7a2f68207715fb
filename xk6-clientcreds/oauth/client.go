package oauth

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Doer sends one HTTP request and returns the answer. It must not follow redirects: credentials
// go to the token endpoint or nowhere.
type Doer func(*http.Request) (*http.Response, error)

// Client sends the token request that a Config describes. It is safe for concurrent use.
type Client struct {
	config   Config
	url      *url.URL
	form     url.Values  // without credentials
	header   http.Header // without credentials
	scope    string
	grant    string    // GrantClientCredentials or GrantTokenExchange
	source   *Token    // in return for which an exchange gives one; else nil
	prepared *prepared // with credentials; nil when they change with every request
	prover   *Prover   // nil for tokens that are not bound to a key
}

// prepared is a token request, ready to be sent any number of times.
type prepared struct {
	url    *url.URL
	header http.Header
	body   []byte
	signed time.Duration // how long that took
}

// NewClient prepares the token request of c. Its errors name the option of the JavaScript API, the
// problem and what is allowed.
func NewClient(c Config) (*Client, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	u, err := checkURL("tokenUrl", c.TokenURL)
	if err != nil {
		return nil, err
	}
	client := &Client{config: c, url: u, scope: strings.Join(c.Scope, " "), grant: GrantClientCredentials}
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

// Grant sends the token request once (RFC 6749 §4.4.2), and that of an Exchange. An error is always
// an *Error.
func (c *Client) Grant(ctx context.Context, do Doer) (*Token, error) {
	return c.GrantWithRetry(ctx, do, Retry{}, nil)
}

// attempt sends one request, whatever it takes to find an open connection for it. Each is made anew: of
// an assertion or a proof the server may have taken note.
func (c *Client) attempt(ctx context.Context, do Doer) Attempt {
	a, _ := resend(ctx, func(ctx context.Context) (Attempt, *Error) {
		a := c.attemptOnce(ctx, do)
		return a, a.Err
	})
	return a
}

func (c *Client) attemptOnce(ctx context.Context, do Doer) Attempt {
	p := c.prepared
	if p == nil {
		var err error
		if p, err = c.prepare(ctx); err != nil {
			return Attempt{Err: authError(ctx, err)}
		}
	}
	p, err := c.proven(p)
	if err != nil {
		return Attempt{Err: authError(ctx, err)}
	}
	a := c.send(ctx, do, p)
	a.Signing = p.signed
	return a
}

// send sends p.
func (c *Client) send(ctx context.Context, do Doer, p *prepared) (a Attempt) {
	requestedAt := time.Now()
	resp, err := do(p.request(ctx))
	if err != nil {
		return Attempt{Err: sendError(ctx, err)}
	}
	defer resp.Body.Close() // read to its end, or given up
	a.nonce = c.learn(p, resp)
	a.Status, a.Clock = resp.StatusCode, ReadClock(resp.Header.Get("Date"), requestedAt, time.Now())
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

// read makes an answer a token or an error.
func (c *Client) read(ctx context.Context, resp *http.Response) (*Token, *Error) {
	body, failure := readAnswer(ctx, resp)
	if failure != nil {
		return nil, failure
	}
	token, failure := parseResponse(resp, body)
	if failure == nil {
		failure = c.checkIssued(resp, token)
	}
	if failure == nil {
		failure = c.config.checkBinding(resp, token)
	}
	if failure == nil {
		failure = checkKeyBinding(resp, token, c.prover)
	}
	if failure != nil {
		return nil, failure
	}
	return token, nil
}

// sendError is TransportError for a request under ctx: when that ended a transport returns its
// cause, which can be any error.
func sendError(ctx context.Context, err error) *Error {
	e := TransportError(err)
	if ended := ctx.Err(); ended != nil && e.Code != CodeTimeout && e.Code != CodeCanceled {
		return TransportError(ended)
	}
	return e
}

// authError makes an error of ClientAuth.Apply an *Error: of a class of its own, because nothing
// was sent. When ctx ended it is that.
func authError(ctx context.Context, err error) *Error {
	if e := new(Error); errors.As(err, &e) {
		return e
	}
	if ended := ctx.Err(); ended != nil {
		return TransportError(ended)
	}
	return &Error{Code: CodeClientAuth, Description: Printable(err.Error(), maxDescription), cause: err}
}

// retryAfter reads a Retry-After header (RFC 9110 §10.2.3): seconds, or a date.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), maxTTL)
	}
	if value == "" || strings.Trim(value, "0123456789") != "" {
		return 0
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if limit := int64(maxTTL / time.Second); err != nil || n > limit {
		n = limit
	}
	return time.Duration(n) * time.Second
}
