package jsmodule

import (
	"net/url"
	"slices"
	"strings"

	"github.com/grafana/sobek"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
)

const headerDPoP = "DPoP"

// headersFor is client.headers(method, url, extra?): the headers of one request, with its own proof
// where tokens are bound to a key (RFC 9449 §7.1). Where they are not, method and url make no difference.
func (c *client) headersFor(call sobek.FunctionCall) sobek.Value {
	rt := c.m.vu.Runtime()
	method, address, extra := call.Argument(0), call.Argument(1), call.Argument(2)
	if !jsoption.IsString(method) || !isHTTPMethod(method.String()) {
		panic(rt.NewTypeError("client.headers(method, url, extra): method must be an HTTP method such as 'GET'"))
	}
	u, err := url.Parse(address.String())
	if !jsoption.IsString(address) || err != nil || u.Host == "" ||
		!slices.Contains([]string{"http", "https", "ws", "wss"}, strings.ToLower(u.Scheme)) {
		panic(rt.NewTypeError("client.headers(method, url, extra): url must be the absolute http, https, ws or wss URL of " +
			"the request"))
	}
	if err := c.m.process.hosts.Check(u); err != nil {
		return c.endTest(err)
	}
	if sobek.IsUndefined(extra) {
		extra = rt.NewObject()
	}
	if !jsoption.IsObject(extra) {
		panic(rt.NewTypeError(
			"client.headers(method, url, extra): extra is %s; it must be an object of header names and values",
			jsoption.Describe(extra)))
	}
	v, err := c.usable()
	if err != nil {
		return c.fail(err)
	}
	headers := c.mergedHeaders(v.lease.Token, extra)
	if v.lease.Token.DPoP == nil {
		return headers
	}
	proof, err := c.proof(c.m.vu.State(), strings.ToUpper(method.String()), u, v.lease.Token)
	if err != nil {
		return c.fail(err)
	}
	mustSet(headers, headerDPoP, proof)
	return headers
}

// isHTTPMethod keeps a URL in the wrong place from being taken for a method (RFC 9110 §9.1).
func isHTTPMethod(s string) bool {
	return s != "" && len(s) <= 32 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '_'
	})
}

// needsRequest says what to do instead where headers() was called without the request they are for.
func (c *client) needsRequest() {
	panic(c.m.vu.Runtime().NewTypeError("client.headers() with dpop needs the request that the headers are for, because " +
		"each has a proof of its own: " +
		"call client.headers(method, url, extra), or use a function of the client such as client.get(url)"))
}

// isManagedHeader reports whether the module sets that header, and a script's own gives way.
func (c *client) isManagedHeader(name string) bool {
	return strings.EqualFold(name, headerAuthorization) || (c.signer != nil && strings.EqualFold(name, headerDPoP))
}
