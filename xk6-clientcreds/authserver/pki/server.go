package pki

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// The files of a certificate folder.
const (
	caFile        = "ca.pem"
	caKeyFile     = "ca-key.pem"
	serverFile    = "server.pem"
	serverKeyFile = "server-key.pem"
)

// renewBefore is how long a certificate must still be valid to be used again.
const renewBefore = 24 * time.Hour

// Server holds what a server needs for HTTPS.
type Server struct {
	// CAFile is the absolute path of the CA's certificate.
	CAFile string
	// CAs trusts that CA only.
	CAs         *x509.CertPool
	Certificate tls.Certificate
}

// LoadServer returns a server certificate for hosts, and the CA that issued it. It uses valid files in the folder
// again.
func LoadServer(dir string, hosts []string) (*Server, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	ca, err := loadCA(dir)
	if err != nil {
		return nil, err
	}
	server, err := loadServerCertificate(dir, ca, hosts)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca.Leaf)
	return &Server{CAFile: filepath.Join(dir, caFile), CAs: pool, Certificate: *server}, nil
}

// loadCA returns the CA of the folder. One that has expired is replaced. One
// that cannot be used for another reason is not this server's to overwrite.
func loadCA(dir string) (*tls.Certificate, error) {
	certPath, keyPath := filepath.Join(dir, caFile), filepath.Join(dir, caKeyFile)
	if _, err := os.Stat(certPath); errors.Is(err, fs.ErrNotExist) {
		return makeCA(certPath, keyPath)
	}
	ca, err := tls.LoadX509KeyPair(certPath, keyPath)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s and %s cannot be used: %w; remove both, or name another folder", certPath, keyPath, err)
	case !ca.Leaf.IsCA:
		return nil, fmt.Errorf("%s is not the certificate of a CA; remove it, or name another folder", certPath)
	case time.Now().Add(renewBefore).After(ca.Leaf.NotAfter):
		return makeCA(certPath, keyPath)
	}
	return &ca, nil
}

// loadServerCertificate returns the server certificate of the folder if it is
// from ca, for hosts and still valid; otherwise it makes one.
func loadServerCertificate(dir string, ca *tls.Certificate, hosts []string) (*tls.Certificate, error) {
	certPath, keyPath := filepath.Join(dir, serverFile), filepath.Join(dir, serverKeyFile)
	server, err := tls.LoadX509KeyPair(certPath, keyPath)
	if err == nil && isGoodFor(server.Leaf, ca.Leaf, hosts) {
		return &server, nil
	}
	return makeServerCertificate(certPath, keyPath, ca, hosts)
}

func isGoodFor(server, ca *x509.Certificate, hosts []string) bool {
	if server.CheckSignatureFrom(ca) != nil || time.Now().Add(renewBefore).After(server.NotAfter) {
		return false
	}
	for _, h := range hosts {
		if server.VerifyHostname(h) != nil {
			return false
		}
	}
	return true
}
