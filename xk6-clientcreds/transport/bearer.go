// Package transport has the HTTP transports that make the requests of a test carry a token.
//
// They sit below k6's HTTP client: there the token is in no request object that a script can log and in
// no dump of --http-debug, and a redirect cannot take it to another origin. [Bearer] adds the token (RFC
// 6750 §2.1), [DPoP] the proof that a bound token requires (RFC 9449 §7.1), and [WithCertificate] shows
// the client's certificate in TLS handshakes (RFC 8705). They fail closed: no request goes out without
// the credentials that it should have.
//
// The package knows neither JavaScript nor k6. It reports what happens through functions.
package transport

import (
	"net/http"
	"net/url"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// Bearer adds an access token to requests (RFC 6750 §2.1). Redirected requests carry it only while they
// stay at the origin that the script named: no other origin may see it, not even another port of the
// same host. All fields are required.
type Bearer struct {
	// Base sends the requests that carry the token.
	Base http.RoundTripper
	// Elsewhere sends redirected requests to other origins.
	Elsewhere http.RoundTripper
	// Token is the token to carry, and ExpiresAt is when it expires.
	Token     *oauth.Token
	ExpiresAt time.Time

	// OnRequest is called before each request, with and without the token.
	OnRequest func(*url.URL)
	// OnExpired is called before each request that carries the token after its expiry.
	OnExpired func()
	// OnAnswer is called after each answer to a request that carried the token.
	OnAnswer func(u *url.URL, status int)
}

// RoundTrip implements http.RoundTripper.
func (t *Bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	t.OnRequest(req.URL)
	if first := firstOf(req); first != req && Origin(first.URL) != Origin(req.URL) {
		return t.Elsewhere.RoundTrip(req)
	}
	if !time.Now().Before(t.ExpiresAt) {
		t.OnExpired()
	}
	authorized := req.Clone(req.Context())
	authorized.Header.Set("Authorization", t.Token.Authorization())
	resp, err := t.Base.RoundTrip(authorized)
	if resp != nil {
		resp.Request = req // readers of the response need not see the token
		t.OnAnswer(req.URL, resp.StatusCode)
	}
	return resp, err
}

// firstOf returns the request that the script made and that led, over redirects, to req.
func firstOf(req *http.Request) *http.Request {
	for req.Response != nil && req.Response.Request != nil {
		req = req.Response.Request
	}
	return req
}

// Failing sends nothing: every request fails with Err.
type Failing struct{ Err error }

// RoundTrip implements http.RoundTripper.
func (t Failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, t.Err }
