package jsmodule

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"time"

	"go.k6.io/k6/v2/lib"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// certifiedTransport is a VU's transport with the certificate of one client, and with connections of
// its own: one that was opened with a certificate must carry no request of another client. hosts,
// dns, proxies, insecureSkipTLSVerify and the other options of k6 apply as in the VU's transport,
// which it is a copy of.
type certifiedTransport struct {
	*http.Transport

	iteration int64 // of the VU's last use
}

var errForeignTransport = &oauth.Error{
	Code:        oauth.CodeClientAuth,
	Description: "the certificate cannot be shown: something has replaced k6's own transport",
}

// transport is what the client's requests go over. It must be called on the VU's goroutine.
func (c *client) transport(state *lib.State) http.RoundTripper {
	if c.source.certificate == nil {
		return state.Transport
	}
	if c.certified == nil {
		base, ok := state.Transport.(*http.Transport)
		if !ok {
			return failingTransport{errForeignTransport}
		}
		c.certified = &certifiedTransport{certify(base, c.source.certificate.TLS()), state.Iteration}
	}
	if state.Options.NoVUConnectionReuse.Bool && state.Iteration != c.certified.iteration {
		c.certified.close() // as k6 does with the VU's own at the end of an iteration
	}
	c.certified.iteration = state.Iteration
	return c.certified.Transport
}

// certify returns a copy of base that shows pair to every server that asks for a certificate. A list
// of certificates, which k6's tlsAuth sets, would be shown only to servers that name its issuer:
// the handshake would go on without, and the answer not say why.
func certify(base *http.Transport, pair *tls.Certificate) *http.Transport {
	t := base.Clone()
	if t.TLSClientConfig == nil {
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	t.TLSClientConfig.Certificates = nil
	t.TLSClientConfig.NameToCertificate = nil //nolint:staticcheck // k6 sets it where tlsAuth has domains
	t.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return pair, nil }
	return t
}

func (t *certifiedTransport) close() {
	if t != nil {
		t.CloseIdleConnections()
	}
}

// failingTransport sends nothing.
type failingTransport struct{ err error }

// RoundTrip implements http.RoundTripper.
func (t failingTransport) RoundTrip(*http.Request) (*http.Response, error) { return nil, t.err }

// warnOfCertificate says what most servers will refuse. To test that one does is a good reason to go on.
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
