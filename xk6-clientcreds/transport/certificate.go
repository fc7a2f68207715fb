package transport

import (
	"crypto/tls"
	"net/http"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// errForeign is the error of a client whose certificate cannot be shown.
var errForeign = &oauth.Error{
	Code:        oauth.CodeClientAuth,
	Description: "the certificate cannot be shown: something has replaced k6's own transport",
}

// WithCertificate returns a copy of base that shows pair to every server that asks for a certificate, and
// that has connections of its own: a connection that was opened with a certificate must not carry another
// client's requests. All other settings of base apply, such as k6's options hosts, dns, proxy and
// insecureSkipTLSVerify. If base is not an *http.Transport, no request is sent.
func WithCertificate(base http.RoundTripper, pair *tls.Certificate) http.RoundTripper {
	original, ok := base.(*http.Transport)
	if !ok {
		return Failing{errForeign}
	}
	t := original.Clone()
	if t.TLSClientConfig == nil {
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	// A list of certificates, which k6's tlsAuth sets, is shown only to servers that name its issuer: the
	// handshake would continue without it, and the answer would not say why.
	t.TLSClientConfig.Certificates = nil
	t.TLSClientConfig.NameToCertificate = nil //nolint:staticcheck // k6 sets it where tlsAuth has domains
	t.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate,
		error,
	) {
		return pair, nil
	}
	return t
}
