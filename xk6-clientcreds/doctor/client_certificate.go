package doctor

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

func missingCertificate(c *Config) error {
	if c.Certificate == nil {
		return configError("CLIENT_CERTIFICATE_FILE",
			"is not set; set it to the file of the client's certificate, PEM, and set CLIENT_KEY_FILE to the file of its "+
				"private key")
	}
	return nil
}

// checkHTTPS holds that a certificate can be shown at what is configured (RFC 8705 §2).
func (c *Config) checkHTTPS(m method) error {
	if !m.certified {
		return nil
	}
	for _, at := range []struct{ name, url string }{{"TOKEN_URL", c.TokenURL}, {"ISSUER", c.Issuer}} {
		if strings.HasPrefix(strings.ToLower(at.url), "http:") {
			return configError(at.name, "is an http URL; %s needs https, because a certificate is shown in the TLS handshake",
				m.name)
		}
	}
	return nil
}

// shownBy is the certificate that requests show which authenticate by m; nil where they show none.
func (c *Config) shownBy(m method) *oauth.ClientCertificate {
	if !m.certified {
		return nil
	}
	return c.Certificate
}

// show makes a TLS configuration show the certificate to every server that asks for one. asked, which may
// be nil, is told what the server asks for.
func show(config *tls.Config, certificate *oauth.ClientCertificate, asked func(*tls.CertificateRequestInfo)) {
	if certificate == nil {
		return
	}
	config.GetClientCertificate = func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		if asked != nil {
			asked(info)
		}
		return certificate.TLS(), nil
	}
}

// probeOf is the probe for requests that authenticate by m: connections with the certificate are not those
// without. The caller closes it.
func (e *run) probeOf(m method) (p *httpProbe, closing func()) {
	if m.certified == e.method.certified {
		return e.probe, func() {}
	}
	other := newHTTPProbe(e.cfg, e.cfg.shownBy(m))
	return other, other.close
}

// endpointOf is the token endpoint for requests that authenticate by m.
func (e *run) endpointOf(m method) string {
	if e.metadata == nil || e.cfg.TokenURL != "" {
		return e.endpoint
	}
	published, err := e.published(m)
	if err != nil {
		return e.endpoint
	}
	return published
}

// published is the token endpoint that the metadata name for requests that authenticate by m: with a
// certificate it can be another one (RFC 8705 §5).
func (e *run) published(m method) (string, error) {
	if !m.certified {
		return e.metadata.TokenEndpoint, nil
	}
	aliased, err := e.metadata.ForCertificate()
	if err != nil {
		return "", err
	}
	return aliased.TokenEndpoint, nil
}

// checkShown looks at the certificate, and at whether the server asked for it.
func (e *run) checkShown(asked *tls.CertificateRequestInfo, now time.Time) []Result {
	certificate := e.cfg.shownBy(e.method)
	if certificate == nil {
		return nil
	}
	leaf := certificate.Certificate()
	left := leaf.NotAfter.Sub(now)
	r := Result{ID: "connection.client_certificate", Status: OK, Data: map[string]any{
		"subject": leaf.Subject.String(), "issuer": leaf.Issuer.String(),
		"not_after":  leaf.NotAfter.UTC().Format(time.RFC3339),
		"thumbprint": certificate.Thumbprint(), "asked": asked != nil,
	}}
	switch problem := certificate.OutOfDate(now); {
	case problem != "":
		r.Status, r.Summary, r.Hint = Warning, "the client's certificate "+problem, "have the certificate renewed: servers "+
			"refuse it"
	case asked == nil:
		r.Status, r.Summary = Warning, "the server does not ask for a certificate in the handshake"
		r.Hint = "check TOKEN_URL, or set ISSUER instead, whose metadata may name another place (mtls_endpoint_aliases)"
	case !named(asked, certificate.TLS()):
		r.Status = Info
		r.Summary = fmt.Sprintf("the server asks for a certificate of %s; the client's is by %s", caCount(asked), leaf.Issuer)
		r.Hint = "if the server refuses it, add the CAs between to CLIENT_CERTIFICATE_FILE"
	default:
		r.Summary = fmt.Sprintf("the server asks for a certificate; %s, by %s, %s left", leaf.Subject, leaf.Issuer,
			days(left))
	}
	if r.Status == OK && left < soonExpired {
		r.Status, r.Hint = Warning, "have the certificate renewed before a long test"
	}
	return []Result{r}
}

// named reports whether the server asks for a certificate of a CA that is in the client's chain. One that
// names no CA takes any.
func named(asked *tls.CertificateRequestInfo, pair *tls.Certificate) bool {
	if len(asked.AcceptableCAs) == 0 {
		return true
	}
	for _, der := range pair.Certificate {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			continue
		}
		for _, ca := range asked.AcceptableCAs {
			if bytes.Equal(c.RawIssuer, ca) {
				return true
			}
		}
	}
	return false
}

func caCount(asked *tls.CertificateRequestInfo) string {
	if n := len(asked.AcceptableCAs); n != 1 {
		return fmt.Sprintf("one of %d CAs", n)
	}
	return "one CA"
}

// adviseBinding says what tokens that are bound to a certificate mean for the load test (RFC 8705 §3).
func adviseBinding(_ context.Context, e *run) []Result {
	if e.token == nil {
		return nil
	}
	r := Result{ID: "advice.binding"}
	bound, opaque := "", e.claims == nil
	if !opaque {
		confirmation, _ := e.claims.payload["cnf"].(map[string]any)
		bound, _ = confirmation["x5t#S256"].(string)
	}
	r.Data = map[string]any{"certificate_bound": bound != ""}
	const use = "use client.get and the client's other HTTP methods, or k6's tlsAuth with client.headers(); a proxy " +
		"that ends TLS must forward the certificate"
	switch {
	case bound != "" && e.method.certified: // by the client's: the grant would have failed otherwise
		r.Status, r.Hint = Info, use
		r.Summary = "the token is bound to the client's certificate: the API takes it only on connections that show it"
	case bound != "":
		r.Status, r.Summary = Warning, "the token is bound to a certificate (cnf x5t#S256), and this client shows none: an "+
			"API that checks it refuses the token"
		r.Hint = "set AUTH=" + oauth.MethodTLSClientAuth +
			" with CLIENT_CERTIFICATE_FILE, or have the client registered for tokens that are not bound"
	case e.method.certified && opaque && e.metadata != nil && e.metadata.CertificateBoundTokens:
		r.Status, r.Hint = Info, use
		r.Summary = "the server can bind tokens to the client's certificate, which an opaque one does not show"
		r.Data["certificate_bound"] = nil
	default:
		return nil
	}
	return []Result{r}
}
