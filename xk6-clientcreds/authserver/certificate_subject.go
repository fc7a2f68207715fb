package authserver

import (
	"crypto"
	"crypto/x509"
	"net"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver/pki"
)

// CertificateSubject is the subject that the certificate of a client must have, where it
// authenticates by tls_client_auth: exactly one of the fields, which are the
// metadata of RFC 8705 §2.1.2.
type CertificateSubject struct {
	// DN is the distinguished name, as RFC 4514 writes it: CN=orders,O=Example.
	DN string
	// DNS, URI, IP and Email are a subject alternative name of that type.
	DNS, URI, IP, Email string
}

// subjectMembers are the names of the fields in RFC 8705.
const subjectMembers = "tls_client_auth_subject_dn, tls_client_auth_san_dns, tls_client_auth_san_uri, " +
	"tls_client_auth_san_ip, tls_client_auth_san_email"

// given counts the fields that say something.
func (s *CertificateSubject) given() int {
	n := 0
	for _, value := range []string{s.DN, s.DNS, s.URI, s.IP, s.Email} {
		if value != "" {
			n++
		}
	}
	return n
}

// matches reports whether a certificate says what is registered.
func (s *CertificateSubject) matches(c *x509.Certificate) bool {
	switch {
	case s.DN != "":
		return pki.HasSubject(c, s.DN)
	case s.DNS != "":
		return slices.ContainsFunc(c.DNSNames, func(name string) bool { return strings.EqualFold(name, s.DNS) })
	case s.URI != "":
		for _, u := range c.URIs {
			if u.String() == s.URI {
				return true
			}
		}
		return false
	case s.IP != "":
		ip := net.ParseIP(s.IP)
		return slices.ContainsFunc(c.IPAddresses, ip.Equal)
	}
	return s.Email != "" && slices.Contains(c.EmailAddresses, s.Email)
}

// WithCertificate returns the client with the certificate in certPath registered, whose private key is in keyPath: by
// its subject if the CA of tlsDir has issued it (tls_client_auth), and by the certificate otherwise
// (self_signed_tls_client_auth). Its key is also registered for private_key_jwt. If the file does not exist, the CA
// issues a certificate.
func (c Client) WithCertificate(tlsDir, certPath, keyPath string) (Client, error) {
	certificate, issued, err := pki.LoadClient(tlsDir, certPath, keyPath, c.ID)
	if err != nil {
		return c, err
	}
	key := jose.JSONWebKey{Key: certificate.PublicKey, Use: "sig"}
	switch {
	case !issued:
		key.Certificates = []*x509.Certificate{certificate}
	case c.Subject.given() == 0:
		c.Subject.DN = pki.Subject(certificate)
	}
	c.JWKS.Keys = append(slices.Clone(c.JWKS.Keys), key)
	return c, nil
}

// samePublicKey compares public keys of any type.
func samePublicKey(a, b any) bool {
	key, ok := a.(interface{ Equal(x crypto.PublicKey) bool })
	return ok && key.Equal(b)
}

// checkCertificates demands what a client needs that authenticates by a
// certificate.
func checkCertificates(c Client) error {
	n := c.Subject.given()
	switch {
	case n > 1:
		return configErrorf("Clients", "client %q: more than one of %s is set; set only one (RFC 8705 §2.1.2)", c.ID,
			subjectMembers)
	case n == 0 && c.AuthMethod == methodTLS:
		return configErrorf("Clients", "client %q: %s needs one of %s", c.ID, methodTLS, subjectMembers)
	case c.AuthMethod == methodSelfSignedTLS && len(c.JWKS.Keys) == 0:
		return configErrorf("Clients", "client %q: %s needs a JWK set with the client's certificate (x5c) or its key", c.ID,
			methodSelfSignedTLS)
	case c.Subject.IP != "" && net.ParseIP(c.Subject.IP) == nil:
		return configErrorf("Clients", "client %q: tls_client_auth_san_ip is %q; it must be an IP address",
			c.ID, c.Subject.IP)
	}
	return nil
}
