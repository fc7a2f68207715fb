package oauth

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Endpoint is an endpoint that takes one token from an authenticated client: that of introspection
// (RFC 7662) or of revocation (RFC 7009). It is safe for concurrent use.
type Endpoint struct {
	url    *url.URL
	auth   ClientAuth
	header http.Header
}

// NewEndpoint returns the endpoint at address, where the client of c authenticates as it does at
// the token endpoint and sends the same further headers. field is FieldIntrospectionURL or FieldRevocationURL.
func NewEndpoint(field Field, address string, c Config) (*Endpoint, error) {
	u, err := checkURL(field, address)
	if err != nil {
		return nil, err
	}
	if err := c.checkCertificate(field, u); err != nil {
		return nil, err
	}
	return &Endpoint{url: u, auth: c.Auth, header: requestHeader(c.Header)}, nil
}

// reply is the answer of an Endpoint that claims success.
type reply struct {
	status int
	body   []byte
}

// post sends token in the body of a request (RFC 7662 §2.1, RFC 7009 §2.1).
func (e *Endpoint) post(ctx context.Context, do Doer, token string) (*reply, *Error) {
	return resend(ctx, func(ctx context.Context) (*reply, *Error) { return e.postOnce(ctx, do, token) })
}

func (e *Endpoint) postOnce(ctx context.Context, do Doer, token string) (*reply, *Error) {
	u := *e.url
	r := &TokenRequest{
		URL:    &u,
		Form:   url.Values{"token": {token}, "token_type_hint": {"access_token"}},
		Header: e.header.Clone(),
	}
	if err := e.auth.Apply(ctx, r); err != nil {
		return nil, authError(ctx, err)
	}
	p := &prepared{url: r.URL, header: r.Header, body: []byte(r.Form.Encode())}
	resp, err := do(p.request(ctx))
	if err != nil {
		return nil, sendError(ctx, err)
	}
	defer resp.Body.Close() // read to its end, or given up
	answer, failure := readReply(ctx, resp)
	if failure != nil {
		failure.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), time.Now())
		return nil, failure
	}
	return answer, nil
}

// readReply tells success from failure.
func readReply(ctx context.Context, resp *http.Response) (*reply, *Error) {
	body, failure := readAnswer(ctx, resp)
	if failure != nil {
		return nil, failure
	}
	m, object := parseMembers(resp.Header.Get("Content-Type"), body)
	if failure := refusal(resp, body, m, object, "the endpoint"); failure != nil {
		return nil, failure
	}
	return &reply{status: resp.StatusCode, body: body}, nil
}
