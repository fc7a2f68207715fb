package transport

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptrace"
)

// Carrier carries requests, and calls hooks meanwhile. ctx takes the place of the request's own context.
type Carrier interface {
	Send(ctx context.Context, req *http.Request, hooks Hooks) (*http.Response, error)
}

// Hooks are called at the steps of one request, like the hooks of [httptrace.ClientTrace].
type Hooks interface {
	GetConn(hostPort string)
	TLSHandshakeStart()
	TLSHandshakeDone(state tls.ConnectionState, err error)
	GotConn(info httptrace.GotConnInfo)
	WroteRequest(info httptrace.WroteRequestInfo)
	GotFirstResponseByte()
	// Trace returns all hooks, including the hooks that a dialer calls.
	Trace() *httptrace.ClientTrace
}

// Plain is the Carrier that hands requests to a transport.
type Plain struct{ Base http.RoundTripper }

// Send implements Carrier.
func (p Plain) Send(ctx context.Context, req *http.Request, hooks Hooks) (*http.Response, error) {
	return p.Base.RoundTrip(req.WithContext(httptrace.WithClientTrace(ctx, hooks.Trace())))
}
