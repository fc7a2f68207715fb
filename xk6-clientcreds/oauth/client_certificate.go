package oauth

import (
	"context"
	"crypto"
	"crypto/sha1" // #nosec G505 -- see ParseClientCertificate
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net/url"
	"time"
)

// The registered names of the methods that authenticate with a certificate (RFC 8705 §2).
const (
	MethodTLSClientAuth           = "tls_client_auth"
	MethodSelfSignedTLSClientAuth = "self_signed_tls_client_auth"
)

// maxChain bounds the certificates of one client.
const maxChain = 10

// TLSClientAuth is tls_client_auth: the client shows a certificate of a CA that the server trusts
// in the TLS handshake, and its identifier in the request (RFC 8705 §2.1). The connection is the
// Doer's.
func TLSClientAuth(clientID string) ClientAuth { return certified(MethodTLSClientAuth, clientID) }

// SelfSignedTLSClientAuth is self_signed_tls_client_auth: as TLSClientAuth, with a certificate that
// the server has been told of (RFC 8705 §2.2).
func SelfSignedTLSClientAuth(clientID string) ClientAuth {
	return certified(MethodSelfSignedTLSClientAuth, clientID)
}

func certified(method, clientID string) ClientAuth {
	return ClientAuth{Method: method, Static: true, Apply: func(_ context.Context, r *TokenRequest) error {
		r.Form.Set("client_id", clientID)
		return nil
	}}
}

// ClientCertificate is the certificate of a client with its private key. Formatted, it does not show
// the key.
type ClientCertificate struct {
	pair       tls.Certificate
	thumbprint string
	sha1       string // the thumbprint by SHA-1
}

const wantCertificate = "it must be the client's certificate as PEM, followed by the certificates of the " +
	"intermediate CAs"

// ParseClientCertificate reads a certificate chain as PEM, the client's own first, and the private
// key of that as ParseSigningKey does. Other blocks of the chain, such as the key, are passed over.
// An error is a *ConfigError.
func ParseClientCertificate(chain, key []byte) (*ClientCertificate, error) {
	c := new(ClientCertificate)
	if err := c.readChain(chain); err != nil {
		return nil, err
	}
	private, err := ParseSigningKey(key, "", "")
	if err != nil {
		return nil, err
	}
	if !c.belongsTo(private) {
		return nil, otherKeyError()
	}
	c.pair.PrivateKey = private.key
	c.thumbprint = thumbprint(c.pair.Leaf)
	sum := sha1.Sum(c.pair.Leaf.Raw) // #nosec G401 -- RFC 7515 §4.1.7 requires it; it names the certificate and protects nothing
	c.sha1 = base64.RawURLEncoding.EncodeToString(sum[:])
	return c, nil
}

// belongsTo reports whether key is the private key of c.
func (c *ClientCertificate) belongsTo(key *SigningKey) bool {
	signer, signs := key.key.(crypto.Signer)
	public, compares := c.pair.Leaf.PublicKey.(interface{ Equal(x crypto.PublicKey) bool })
	return signs && compares && public.Equal(signer.Public())
}

func otherKeyError() error {
	return configError(FieldKey, "is not the private key of the certificate; the two must belong together")
}

// thumbprint is the value of x5t#S256 (RFC 8705 §3.1).
func thumbprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// readChain reads the certificates. The errors of crypto/x509 are not passed on: some quote what
// they read.
func (c *ClientCertificate) readChain(text []byte) error {
	blocks, problem := pemBlocks(text)
	other := ""
	for _, block := range blocks {
		if block.Type != "CERTIFICATE" {
			other = block.Type
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return configError(FieldCertificate, "contains a PEM block %q that cannot be read as one; %s", block.Type,
				wantCertificate)
		}
		if c.pair.Leaf == nil {
			c.pair.Leaf = certificate
		}
		if c.pair.Certificate = append(c.pair.Certificate, block.Bytes); len(c.pair.Certificate) > maxChain {
			return configError(FieldCertificate, "contains more than %d certificates; %s", maxChain, wantCertificate)
		}
	}
	switch {
	case c.pair.Leaf != nil:
		return nil
	case other != "":
		return configError(FieldCertificate, "is a PEM block %q; %s", Printable(other, maxCode), wantCertificate)
	case problem != "":
		return configError(FieldCertificate, "%s; %s", problem, wantCertificate)
	}
	return configError(FieldCertificate, "contains no PEM block; %s", wantCertificate)
}

// TLS is the certificate for TLS handshakes.
func (c *ClientCertificate) TLS() *tls.Certificate { return &c.pair }

// Certificate is the client's own certificate.
func (c *ClientCertificate) Certificate() *x509.Certificate { return c.pair.Leaf }

// Thumbprint is the certificate's SHA-256 hash, as x5t#S256 has it (RFC 8705 §3.1).
func (c *ClientCertificate) Thumbprint() string { return c.thumbprint }

// OutOfDate says why the certificate is not valid at now, and is empty when it is (RFC 5280
// §4.1.2.5).
func (c *ClientCertificate) OutOfDate(now time.Time) string {
	switch leaf := c.pair.Leaf; {
	case now.After(leaf.NotAfter):
		return "expired on " + leaf.NotAfter.UTC().Format(time.RFC3339)
	case now.Before(leaf.NotBefore):
		return "is valid only from " + leaf.NotBefore.UTC().Format(time.RFC3339) + " on"
	}
	return ""
}

// String names the certificate, not the key.
func (c *ClientCertificate) String() string { return "certificate " + c.thumbprint }

// GoString names the certificate, not the key.
func (c *ClientCertificate) GoString() string { return c.String() }

// checkCertificate finds a method that lacks its certificate, and an address at which none can be
// shown. field is the field with the URL u, which is nil where it is not known yet.
func (c *Config) checkCertificate(field Field, u *url.URL) error {
	byCertificate := c.Auth.Method == MethodTLSClientAuth || c.Auth.Method == MethodSelfSignedTLSClientAuth
	switch {
	case byCertificate && c.Certificate == nil:
		return configError(FieldCertificate, "is missing; %s needs the client's certificate and its private key",
			c.Auth.Method)
	case c.Certificate != nil && u != nil && u.Scheme != "https":
		return configError(field, "is an http URL; %s needs https, because a certificate is shown in the TLS handshake "+
			"(RFC 8705 §2)",
			c.Auth.Method)
	}
	return nil
}
