package servers

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// ClientCertificates is a folder as `serve --tls-dir` takes it, with the CA of clients' certificates
// and of servers, and certificates of clients by what is wrong with them.
type ClientCertificates struct {
	Dir        string
	CA         Certificates // of a server for the clients of these
	Good       ClientPair   // client.example, of the CA
	Second     ClientPair   // client.example too
	Wrong      ClientPair   // other.example, of the CA
	Expired    ClientPair
	SelfSigned ClientPair
	Foreign    ClientPair // client.example, of another CA
}

// ClientPair is the files of a certificate and its key.
type ClientPair struct {
	Certificate, Key string
	leaf             *x509.Certificate
}

// NewClientCertificates makes the folder, for one test.
func NewClientCertificates(t *testing.T) ClientCertificates {
	t.Helper()
	return NewClientCertificatesIn(t, t.TempDir())
}

// NewClientCertificatesIn makes the folder's files.
func NewClientCertificatesIn(t *testing.T, dir string) ClientCertificates {
	t.Helper()
	c := ClientCertificates{Dir: dir, CA: Certificates{
		CAFile: filepath.Join(dir, "ca.pem"), CertFile: filepath.Join(dir, "server.pem"),
		KeyFile: filepath.Join(dir, "server-key.pem"),
		Roots:   x509.NewCertPool(),
	}}
	authority := func() *x509.Certificate {
		return &x509.Certificate{
			Subject: pkix.Name{CommonName: "acceptance test CA"}, IsCA: true, BasicConstraintsValid: true,
			KeyUsage: x509.KeyUsageCertSign,
		}
	}
	client := func(name string) *x509.Certificate {
		return &x509.Certificate{
			Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		}
	}
	day := 48 * time.Hour // long enough for the server not to make another
	pair := func(name string, template *x509.Certificate, parent *ClientPair, lifetime time.Duration) ClientPair {
		return NewPair(t, filepath.Join(dir, name), template, parent, lifetime)
	}
	ca, other := pair("ca", authority(), nil, day), pair("other-ca", authority(), nil, day)
	c.CA.Roots.AddCert(ca.leaf)
	pair("server", &x509.Certificate{
		Subject: pkix.Name{CommonName: "localhost"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}, &ca, day)
	c.Good = pair("good", client("client.example"), &ca, day)
	c.Second = pair("second", client("client.example"), &ca, day)
	c.Wrong = pair("wrong", client("other.example"), &ca, day)
	c.Expired = pair("expired", client("client.example"), &ca, -time.Hour)
	c.SelfSigned = pair("self-signed", client("client.example"), nil, day)
	c.Foreign = pair("foreign", client("client.example"), &other, day)
	return c
}

// NewPair makes a certificate and its files, path.pem and path-key.pem. Without a parent, the certificate is
// self-signed.
func NewPair(t *testing.T, path string, template *x509.Certificate, parent *ClientPair,
	lifetime time.Duration,
) ClientPair {
	t.Helper()
	key := testkit.NewKey(t, "ES256")
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	require.NoError(t, err)
	template.SerialNumber = serial
	template.NotBefore, template.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(lifetime)
	issuer, signer := template, any(key)
	if parent != nil {
		pair, err := tls.LoadX509KeyPair(parent.Certificate, parent.Key)
		require.NoError(t, err)
		issuer, signer = parent.leaf, pair.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), signer)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	p := ClientPair{Certificate: path + ".pem", Key: path + "-key.pem"}
	writePEM(t, p.Certificate, "CERTIFICATE", der)
	writePEM(t, p.Key, "PRIVATE KEY", keyDER)
	p.leaf, err = x509.ParseCertificate(der)
	require.NoError(t, err)
	return p
}

// JWKS registers the certificate itself (RFC 8705 §2.2.2).
func (p ClientPair) JWKS() jose.JSONWebKeySet {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{
		Key: p.leaf.PublicKey, Use: "sig", Certificates: []*x509.Certificate{p.leaf},
	}}}
}

// Options are the options of a Client by that method, as JSON.
func (p ClientPair) Options(t *testing.T, id, auth string) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(map[string]any{
		"clientId": id, "auth": auth,
		"certificate": map[string]string{"file": p.Certificate}, "key": map[string]string{"file": p.Key},
	})
	require.NoError(t, err)
	return text
}

// Thumbprint is the certificate's x5t#S256 (RFC 8705 §3.1).
func (p ClientPair) Thumbprint() string {
	sum := sha256.Sum256(p.leaf.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
