package jsmodule

import (
	"fmt"
	"net/http"
	"time"

	"go.k6.io/k6/v2/lib"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/transport"
)

// certifiedTransport is a VU's transport with the certificate of one client.
type certifiedTransport struct {
	http.RoundTripper

	iteration int64 // of the VU's last use
}

// transport is what the client's requests go over. It must be called on the VU's goroutine.
func (c *client) transport(state *lib.State) http.RoundTripper {
	if c.source.certificate == nil {
		return state.Transport
	}
	if c.certified == nil {
		c.certified = &certifiedTransport{transport.WithCertificate(state.Transport, c.source.certificate.TLS()), state.Iteration}
	}
	if state.Options.NoVUConnectionReuse.Bool && state.Iteration != c.certified.iteration {
		c.certified.close() // as k6 does with the VU's transport at the end of an iteration
	}
	c.certified.iteration = state.Iteration
	return c.certified.RoundTripper
}

func (t *certifiedTransport) close() {
	if t == nil {
		return
	}
	if idle, ok := t.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		idle.CloseIdleConnections()
	}
}

// warnOfCertificate warns of a certificate that most servers will refuse. The test goes on: it may be about
// just that.
func (t *tokenSource) warnOfCertificate(now time.Time) {
	c := t.certificate
	if o := t.credentials.Load().opts; c == nil && o.Certificate.Text != "" { // the one that assertions name
		c, _ = oauth.ParseClientCertificate([]byte(o.Certificate.Text), []byte(o.Key.Text))
	}
	if c == nil {
		return
	}
	if problem := c.OutOfDate(now); problem != "" {
		t.process.warnOnce(warning{"certificate", t.opts.subject()}, fmt.Sprintf("The certificate of client %q %s; servers refuse it", t.opts.ClientID, problem))
	}
}
