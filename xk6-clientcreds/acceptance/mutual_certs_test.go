package acceptance

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"math/big"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

// clientCertificates is a folder as `serve --tls-dir` takes it, with the CA of clients' certificates
// and of servers, and certificates of clients by what is wrong with them.
type clientCertificates struct {
	dir        string
	ca         certificates // of a server for the clients of these
	good       clientPair   // client.example, of the CA
	second     clientPair   // client.example too
	wrong      clientPair   // other.example, of the CA
	expired    clientPair
	selfSigned clientPair
	foreign    clientPair // client.example, of another CA
}

// clientPair is the files of a certificate and its key.
type clientPair struct {
	certificate, key string
	leaf             *x509.Certificate
}

func newClientCertificates(t *testing.T) clientCertificates {
	t.Helper()
	dir := t.TempDir()
	c := clientCertificates{dir: dir, ca: certificates{
		caFile: filepath.Join(dir, "ca.pem"), certFile: filepath.Join(dir, "server.pem"),
		keyFile: filepath.Join(dir, "server-key.pem"),
		roots:   x509.NewCertPool(),
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
	pair := func(name string, template *x509.Certificate, parent *clientPair, lifetime time.Duration) clientPair {
		return newPair(t, filepath.Join(dir, name), template, parent, lifetime)
	}
	ca, other := pair("ca", authority(), nil, day), pair("other-ca", authority(), nil, day)
	c.ca.roots.AddCert(ca.leaf)
	pair("server", &x509.Certificate{
		Subject: pkix.Name{CommonName: "localhost"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}, &ca, day)
	c.good = pair("good", client("client.example"), &ca, day)
	c.second = pair("second", client("client.example"), &ca, day)
	c.wrong = pair("wrong", client("other.example"), &ca, day)
	c.expired = pair("expired", client("client.example"), &ca, -time.Hour)
	c.selfSigned = pair("self-signed", client("client.example"), nil, day)
	c.foreign = pair("foreign", client("client.example"), &other, day)
	return c
}

// newPair makes a certificate, self-signed where there is no parent, and its files: path.pem and
// path-key.pem.
func newPair(t *testing.T, path string, template *x509.Certificate, parent *clientPair,
	lifetime time.Duration,
) clientPair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template.SerialNumber, err = rand.Int(rand.Reader, big.NewInt(1<<62))
	require.NoError(t, err)
	template.NotBefore, template.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(lifetime)
	issuer, signer := template, any(key)
	if parent != nil {
		pair, err := tls.LoadX509KeyPair(parent.certificate, parent.key)
		require.NoError(t, err)
		issuer, signer = parent.leaf, pair.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), signer)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	p := clientPair{certificate: path + ".pem", key: path + "-key.pem"}
	writePEM(t, p.certificate, "CERTIFICATE", der)
	writePEM(t, p.key, "PRIVATE KEY", keyDER)
	p.leaf, err = x509.ParseCertificate(der)
	require.NoError(t, err)
	return p
}

// jwks registers the certificate itself (RFC 8705 §2.2.2).
func (p clientPair) jwks() jose.JSONWebKeySet {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{
		Key: p.leaf.PublicKey, Use: "sig", Certificates: []*x509.Certificate{p.leaf},
	}}}
}

// options are the options of a Client by that method, as JSON.
func (p clientPair) options(t *testing.T, id, auth string) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(map[string]any{
		"clientId": id, "auth": auth,
		"certificate": map[string]string{"file": p.certificate}, "key": map[string]string{"file": p.key},
	})
	require.NoError(t, err)
	return text
}
