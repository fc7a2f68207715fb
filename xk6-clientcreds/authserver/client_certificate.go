package authserver

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver/pki"
)

// The names of the methods that authenticate by a certificate, RFC 8705 §2.
const (
	methodTLS           = "tls_client_auth"
	methodSelfSignedTLS = "self_signed_tls_client_auth"
)

// Errors of a client certificate. All of them are invalid_client: the
// handshake goes on without or with any certificate, so that the client is told
// which of these it is.
var (
	errNoCertificate        = invalidClient("the client showed no certificate in the TLS handshake")
	errCertificateClient    = invalidClient("the client_id is not a client that authenticates with a certificate")
	errCertificateExpired   = invalidClient("the client certificate has expired")
	errCertificateEarly     = invalidClient("the client certificate is not valid yet")
	errCertificateAuthority = invalidClient("the client certificate is not from the CA that the server trusts")
	errCertificateUsage     = invalidClient("the client certificate is not for client authentication")
	errCertificateSubject   = invalidClient("the subject of the client certificate is not the one that is registered")
	errCertificateUnknown   = invalidClient("the client certificate is not one that is registered")
)

// certificateVerifier checks the certificates with which clients authenticate,
// RFC 8705 §2.
type certificateVerifier struct {
	server *Server
	chains pki.Chains // of tls_client_auth
}

// tlsClientAuth is a certificate of the server's CA with the subject that is
// registered for the client, RFC 8705 §2.1.
func (v *certificateVerifier) tlsClientAuth() authMethod {
	return v.method(methodTLS, func(c *client, shown []*x509.Certificate, now time.Time) *oauthError {
		switch err := v.chains.Check(shown, now); {
		case errors.Is(err, pki.ErrUsage):
			return errCertificateUsage
		case err != nil:
			return errCertificateAuthority
		}
		if !c.subject.matches(shown[0]) {
			return errCertificateSubject
		}
		return nil
	})
}

// selfSignedTLSClientAuth is a certificate that is registered for the client
// itself, RFC 8705 §2.2.
func (v *certificateVerifier) selfSignedTLSClientAuth() authMethod {
	return v.method(methodSelfSignedTLS, func(c *client, shown []*x509.Certificate, _ time.Time) *oauthError {
		if !c.credentials.Load().hasCertificate(shown[0]) {
			return errCertificateUnknown
		}
		return nil
	})
}

// method makes the method of that name of a check of what a client has shown.
func (v *certificateVerifier) method(
	name string, check func(c *client, shown []*x509.Certificate, now time.Time) *oauthError,
) authMethod {
	clients := v.server.clients
	return authMethod{
		presented: func(r *http.Request, f *form) bool {
			if certificateOf(r) == nil || f.get("client_id") == "" || f.hasOtherCredentials(r) {
				return false
			}
			c := clients.find(f.get("client_id"))
			return (c == nil && name == methodTLS) || (c != nil && c.certificateMethod() == name)
		},
		verify: func(r *http.Request, f *form) (*client, *oauthError) {
			c := clients.find(f.get("client_id"))
			if c == nil {
				return nil, errCertificateClient
			}
			now := v.server.cfg.Now()
			switch leaf := certificateOf(r); {
			case now.After(leaf.NotAfter):
				return c, errCertificateExpired
			case now.Before(leaf.NotBefore):
				return c, errCertificateEarly
			}
			return c, check(c, r.TLS.PeerCertificates, now)
		},
	}
}

// hasOtherCredentials reports whether a request authenticates by something else
// than its connection.
func (f *form) hasOtherCredentials(r *http.Request) bool {
	return len(r.Header["Authorization"]) > 0 || f.get("client_secret") != "" || f.hasAssertion()
}

// certificateOf is the certificate that was shown on the connection of a
// request; nil where none was.
func certificateOf(r *http.Request) *x509.Certificate {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return nil
	}
	return r.TLS.PeerCertificates[0]
}

// certificateMethod is the method by which a client can authenticate with a
// certificate; empty when it cannot.
func (c *client) certificateMethod() string {
	switch {
	case c.authMethod == methodTLS || c.authMethod == methodSelfSignedTLS:
		return c.authMethod
	case c.authMethod != "":
		return ""
	case c.subject != CertificateSubject{}:
		return methodTLS
	case c.credentials.Load().certificates():
		return methodSelfSignedTLS
	}
	return ""
}

// certificates reports whether there are certificates among the keys (x5c, RFC
// 7517 §4.7).
func (c *credentials) certificates() bool {
	for i := range c.keys {
		if len(c.keys[i].Certificates) > 0 {
			return true
		}
	}
	return false
}

// hasCertificate reports whether a certificate is among the keys. Where a key
// comes without its certificate, every one of that key is.
func (c *credentials) hasCertificate(shown *x509.Certificate) bool {
	for i := range c.keys {
		key := &c.keys[i]
		if len(key.Certificates) > 0 {
			if key.Certificates[0].Equal(shown) {
				return true
			}
			continue
		}
		if samePublicKey(shown.PublicKey, key.Key) {
			return true
		}
	}
	return false
}

// expectCertificates has the server ask for certificates in the handshake where
// a client can have one. The ports are the same for all: the API's ports have
// to see certificates as well, and who has none goes on without. Where nobody
// has one nobody is asked, so that a handshake costs what it does elsewhere.
func (s *Server) expectCertificates() error {
	s.certificates.server = s
	s.asksCertificates = s.cfg.Registration != RegistrationOff && s.cfg.TLSDir != ""
	for _, c := range s.clients.list {
		if c.certificateMethod() == "" {
			continue
		}
		if s.cfg.TLSDir == "" {
			return configErrorf("TLSDir", "no folder is given, but client %q authenticates by a certificate, which needs HTTPS",
				c.id)
		}
		s.asksCertificates = true
	}
	return nil
}

// askForCertificates makes a port's configuration ask. The certificates are
// judged later, because the client is known only then, and because an answer can
// say what is wrong with one.
func (s *Server) askForCertificates(config *tls.Config, roots *x509.CertPool) {
	s.certificates.chains.Roots = roots
	if s.asksCertificates {
		config.ClientAuth = tls.RequestClientCert
	}
}

// offeredMethods are the names of the methods that some client can use.
func (s *Server) offeredMethods() []string { return authMethodNames(s.asksCertificates) }
