package pki

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"sync"
	"time"
)

// maxChains bounds the certificates that are remembered.
const maxChains = 1 << 14

// The errors of [Chains.Check].
var (
	ErrAuthority = errors.New("the certificate is not from a trusted CA")
	ErrUsage     = errors.New("the certificate is not for client authentication")
)

// Chains remembers which certificates the CAs have issued. Most servers find that out once per connection, in the
// handshake. The local server accepts any certificate there, so it would have to verify signatures at every request,
// which costs fifty times as much as the rest.
type Chains struct {
	// Roots are the trusted CAs. They are set before the first check.
	Roots *x509.CertPool

	mu   sync.RWMutex
	good map[[sha256.Size]byte]validity // by the hash of the client's certificate
}

// validity is when all certificates of a chain are valid.
type validity struct{ from, until time.Time }

func (v validity) holds(now time.Time) bool { return !now.Before(v.from) && !now.After(v.until) }

// Check verifies the chain that a client has shown (RFC 5280 §6).
func (c *Chains) Check(shown []*x509.Certificate, now time.Time) error {
	key := sha256.Sum256(shown[0].Raw)
	c.mu.RLock()
	known, ok := c.good[key]
	c.mu.RUnlock()
	if ok && known.holds(now) {
		return nil
	}
	between := x509.NewCertPool()
	for _, certificate := range shown[1:] {
		between.AddCert(certificate)
	}
	chains, err := shown[0].Verify(x509.VerifyOptions{
		Roots: c.Roots, Intermediates: between, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	var invalid x509.CertificateInvalidError
	switch {
	case err == nil:
		c.remember(key, chains[0])
		return nil
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return ErrUsage
	}
	return ErrAuthority
}

func (c *Chains) remember(key [sha256.Size]byte, chain []*x509.Certificate) {
	v := validity{chain[0].NotBefore, chain[0].NotAfter}
	for _, certificate := range chain[1:] {
		if certificate.NotBefore.After(v.from) {
			v.from = certificate.NotBefore
		}
		if certificate.NotAfter.Before(v.until) {
			v.until = certificate.NotAfter
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.good) >= maxChains || c.good == nil {
		c.good = make(map[[sha256.Size]byte]validity)
	}
	c.good[key] = v
}
