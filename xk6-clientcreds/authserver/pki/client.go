package pki

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// LoadClient returns a client's certificate, and whether the CA of the folder has issued it. If there is none, or if
// the CA's certificate has expired, the CA issues one with the common name.
func LoadClient(dir, certPath, keyPath, commonName string) (certificate *x509.Certificate, issued bool, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, false, err
	}
	ca, err := loadCA(dir)
	if err != nil {
		return nil, false, err
	}
	if _, err := os.Stat(certPath); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(keyPath); err == nil {
			return nil, false, fmt.Errorf("%s is there without %s; remove it, or name another file", keyPath, certPath)
		}
		return makeClientCertificate(certPath, keyPath, ca, commonName)
	}
	pair, err := tls.LoadX509KeyPair(certPath, keyPath)
	if err != nil {
		return nil, false, fmt.Errorf("%s and %s cannot be used: %w; remove both, or name another file", certPath, keyPath,
			err)
	}
	issued = pair.Leaf.CheckSignatureFrom(ca.Leaf) == nil
	if issued && time.Now().Add(renewBefore).After(pair.Leaf.NotAfter) {
		return makeClientCertificate(certPath, keyPath, ca, commonName)
	}
	return pair.Leaf, issued, nil
}

func makeClientCertificate(certPath, keyPath string, ca *tls.Certificate, commonName string) (
	*x509.Certificate, bool, error,
) {
	if err := os.MkdirAll(filepath.Dir(certPath), 0o700); err != nil {
		return nil, false, err
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: commonName},
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
