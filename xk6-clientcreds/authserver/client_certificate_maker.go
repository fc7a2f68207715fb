package authserver

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// WithCertificate is the client with the certificate in certPath, whose private
// key is in keyPath, registered: by its subject where the CA of tlsDir has
// issued it (tls_client_auth), and by the certificate otherwise
// (self_signed_tls_client_auth). Its key is registered for private_key_jwt as
// well. Where there is no file that CA issues one.
func (c Client) WithCertificate(tlsDir, certPath, keyPath string) (Client, error) {
	certificate, issued, err := clientCertificate(tlsDir, certPath, keyPath, c.ID)
	if err != nil {
		return c, err
	}
	key := jose.JSONWebKey{Key: certificate.PublicKey, Use: "sig"}
	switch {
	case !issued:
		key.Certificates = []*x509.Certificate{certificate}
	case c.Subject.given() == 0:
		c.Subject.DN = writtenName(certificate)
	}
	c.JWKS.Keys = append(slices.Clone(c.JWKS.Keys), key)
	return c, nil
}

// clientCertificate returns the certificate, and whether the CA has issued it.
// One of that CA which has expired is replaced.
func clientCertificate(tlsDir, certPath, keyPath, id string) (certificate *x509.Certificate, issued bool, err error) {
	if err := os.MkdirAll(tlsDir, 0o700); err != nil {
		return nil, false, err
	}
	ca, err := loadCA(tlsDir)
	if err != nil {
		return nil, false, err
	}
	if _, err := os.Stat(certPath); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(keyPath); err == nil {
			return nil, false, fmt.Errorf("%s is there without %s; remove it, or name another file", keyPath, certPath)
		}
		return makeClientCertificate(certPath, keyPath, ca, id)
	}
	pair, err := tls.LoadX509KeyPair(certPath, keyPath)
	if err != nil {
		return nil, false, fmt.Errorf("%s and %s cannot be used: %w; remove both, or name another file", certPath, keyPath,
			err)
	}
	issued = pair.Leaf.CheckSignatureFrom(ca.Leaf) == nil
	if issued && time.Now().Add(renewBefore).After(pair.Leaf.NotAfter) {
		return makeClientCertificate(certPath, keyPath, ca, id)
	}
	return pair.Leaf, issued, nil
}

func makeClientCertificate(certPath, keyPath string, ca *tls.Certificate, id string) (*x509.Certificate, bool, error) {
	if err := os.MkdirAll(filepath.Dir(certPath), 0o700); err != nil {
		return nil, false, err
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: id},
		NotAfter:              time.Now().Add(serverLifetime),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	if template.NotAfter.After(ca.Leaf.NotAfter) {
		template.NotAfter = ca.Leaf.NotAfter
	}
	pair, err := makeCertificate(certPath, keyPath, template, ca)
	if err != nil {
		return nil, false, err
	}
	return pair.Leaf, true, nil
}
