package oauth

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
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
	prepared *prepared // with credentials; nil when they change with every request
}

// prepared is a token request, ready to be sent any number of times.
type prepared struct {
	url    *url.URL
	header http.Header
	body   []byte
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
	client := &Client{config: c, url: u, scope: strings.Join(c.Scope, " ")}
	client.form = url.Values{"grant_type": {"client_credentials"}}
	for name, values := range c.Params {
		client.form[name] = values
	}
	if client.scope != "" {
		client.form.Set("scope", client.scope)
	}
	if len(c.Audience) > 0 {
		client.form["audience"] = c.Audience
	}
	if len(c.Resource) > 0 {
		client.form["resource"] = c.Resource
	}
	client.header = http.Header{"Accept": {"application/json"}}
	for name, values := range c.Header {
		client.header[http.CanonicalHeaderKey(name)] = values
	}
	client.header["Content-Type"] = []string{"application/x-www-form-urlencoded"}
	if c.Auth.Static {
		if client.prepared, err = client.prepare(context.Background()); err != nil {
			return nil, err
		}
	}
	return client, nil
}

// prepare makes a token request with the client's credentials.
func (c *Client) prepare(ctx context.Context) (*prepared, error) {
	form := make(url.Values, len(c.form)+4)
	for name, values := range c.form {
		form[name] = values
	}
	u := *c.url
	r := &TokenRequest{URL: &u, Form: form, Header: c.header.Clone()}
	if err := c.config.Auth.Apply(ctx, r); err != nil {
		return nil, err
	}
	return &prepared{url: r.URL, header: r.Header, body: []byte(r.Form.Encode())}, nil
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

// Grant sends the token request once (RFC 6749 §4.4.2). An error is always an *Error.
func (c *Client) Grant(ctx context.Context, do Doer) (*Token, error) {
	token, _, err := c.grant(ctx, do)
	if err != nil {
		return nil, err
	}
	return token, nil
}

// grant is Grant, with the status of the answer; 0 when there was none.
func (c *Client) grant(ctx context.Context, do Doer) (*Token, int, *Error) {
	p := c.prepared
	if p == nil {
		var err error
		if p, err = c.prepare(ctx); err != nil {
			return nil, 0, TransportError(err)
		}
	}
	requestedAt := time.Now()
	resp, err := do(p.request(ctx))
	if err != nil {
		return nil, 0, TransportError(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end, or given up
	body, err := readBody(resp.Body)
	if err != nil {
		e := TransportError(err)
		e.Status = resp.StatusCode
		return nil, resp.StatusCode, e
	}
	token, failure := parseResponse(resp, body)
	if failure != nil {
		failure.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), time.Now())
		return nil, resp.StatusCode, failure
	}
	token.RequestedAt = requestedAt
	if token.Scope == "" {
		token.Scope = c.scope
	}
	return token, resp.StatusCode, nil
}

// retryAfter reads a Retry-After header (RFC 9110 §10.2.3): seconds, or a date.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0
	}
	if n, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
