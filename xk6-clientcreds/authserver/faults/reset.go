package faults

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
)

// reset cuts the connection of a share of the requests, before the answer.
type reset struct {
	rate    float64
	sampler *sampler
}

func readReset(r *reader, name string, b builder) step {
	if r = r.child(name); r == nil {
		return nil
	}
	s := &reset{r.rate(), b.sampler(r.path)}
	r.finish()
	return s
}

func (s *reset) serve(x *request) bool {
	if !s.sampler.hit(s.rate) {
		return false
	}
	x.fault(resetKind)
	x.cut()
	return true
}

// connKey is the context key of a request's connection.
type connKey struct{}

// ConnContext makes the connection known to the requests on it. It is for
// [http.Server.ConnContext].
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// abort ends a request without an answer. A connection that is closed with
// nothing lingering sends RST instead of FIN, as a crashed process does; the
// other streams of an HTTP/2 connection go with it.
func abort(ctx context.Context) {
	c, _ := ctx.Value(connKey{}).(net.Conn)
	if secured, ok := c.(*tls.Conn); ok {
		c = secured.NetConn()
	}
	if plain, ok := c.(*net.TCPConn); ok {
		_ = plain.SetLinger(0) // the connection may be gone already
		_ = plain.Close()
	}
	panic(http.ErrAbortHandler)
}
