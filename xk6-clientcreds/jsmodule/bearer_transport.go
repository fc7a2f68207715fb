package jsmodule

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
)

// bearerTransport adds the token of a view to requests (RFC 6750 §2.1), and to redirected ones
// only while they stay at the origin that the script named: another one must not see it, not even
// another port of the same host.
type bearerTransport struct {
	base      http.RoundTripper // shows the client's certificate and adds a DPoP proof, if it has them
	elsewhere http.RoundTripper // for other origins
	view      *view
	late      func()                       // called for a request that carries an expired token
	answered  func(u *url.URL, status int) // called for each answer to a request that carries the token
	apis      *runinfo.Origins
}

// refusingTransport sends nothing.
type refusingTransport struct{}

var errNotSent = errors.New("a request that a response's own function makes, such as submitForm or clickLink, has no token and was not sent; " +
	"call a function of the client with its URL instead")

// RoundTrip implements http.RoundTripper.
func (refusingTransport) RoundTrip(*http.Request) (*http.Response, error) { return nil, errNotSent }

// RoundTrip implements http.RoundTripper.
func (t *bearerTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	t.apis.Add(req.URL)
	if first := first(req); first != req && origin(first.URL) != origin(req.URL) {
		return t.elsewhere.RoundTrip(req)
	}
	if sinceEpoch() >= t.view.expires {
		t.late()
	}
	authorized := req.Clone(req.Context())
	authorized.Header.Set(headerAuthorization, t.view.lease.Token.Authorization())
	resp, err := t.base.RoundTrip(authorized)
	if resp != nil {
		resp.Request = req // whoever looks at the response need not see the token
		t.answered(req.URL, resp.StatusCode)
	}
	return resp, err
}

// first returns the request that the script made and that led, over redirects, to req.
func first(req *http.Request) *http.Request {
	for req.Response != nil && req.Response.Request != nil {
		req = req.Response.Request
	}
	return req
}

// origin is scheme, host and port, the latter unless it is the scheme's own (RFC 6454 §6.2).
func origin(u *url.URL) string {
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname())
	if strings.Contains(host, ":") {
		host = "[" + host + "]" // IPv6
	}
	if port := u.Port(); port != "" && port != map[string]string{"http": "80", "https": "443"}[scheme] {
		host += ":" + port
	}
	return scheme + "://" + host
}

// originOf is origin for a URL in text.
func originOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "an unknown origin"
	}
	return origin(u)
}
