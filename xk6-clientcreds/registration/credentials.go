package registration

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// certificateLifetime is how long the certificates are valid that are made for clients.
const certificateLifetime = 365 * 24 * time.Hour

// credentials hold the secret or key that a client authenticates with, unless the server makes a secret.
type credentials struct {
	registered       map[string]any // members of the registration: public parts only
	key, certificate any            // as in a pool
}

// fileRef refers to a file, as an option of a client does.
type fileRef struct {
	File      string `json:"file"`
	Algorithm string `json:"alg,omitempty"`
}

// registeredKey describes a public key in a registration.
func registeredKey(key jose.JSONWebKey) map[string]any {
	return map[string]any{
		"jwks":                            jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key}},
		"token_endpoint_auth_signing_alg": key.Algorithm,
	}
}

// newKey makes a key for private_key_jwt.
func newKey(algorithm, id string) (*credentials, error) {
	if algorithm == "" {
		algorithm = "ES256"
	}
	key, err := generate(algorithm)
	if err != nil {
		return nil, err
	}
	private := jose.JSONWebKey{Key: key, KeyID: id, Algorithm: algorithm, Use: "sig"}
	text, err := private.MarshalJSON()
	if err != nil {
		return nil, err
	}
	return &credentials{registered: registeredKey(private.Public()), key: string(text)}, nil
}

func generate(algorithm string) (crypto.Signer, error) {
	switch {
	case algorithm == "ES256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case algorithm == "ES384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case algorithm == "ES512":
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case algorithm == "EdDSA":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	case slices.Contains(oauth.KeyAlgorithms, algorithm):
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return nil, fmt.Errorf("the key algorithm %q is unknown; it must be one of %s", algorithm,
		strings.Join(oauth.KeyAlgorithms, ", "))
}

// sharedKey reads a private key that all clients have.
func sharedKey(path, algorithm string) (*credentials, error) {
	text, err := oauth.ReadSecretFile(path)
	if err != nil {
		return nil, fmt.Errorf("the file of the key %w", err)
	}
	parsed, err := oauth.ParseSigningKey(text, algorithm, "")
	if err != nil {
		return nil, err
	}
	key := parsed.Public()
	return &credentials{registered: registeredKey(key), key: fileRef{path, key.Algorithm}}, nil
}

// sharedCertificate reads a certificate that all clients have. Its key is in a file of its own, by default of the same
// name with -key.
func sharedCertificate(path, keyPath, method string) (*credentials, error) {
	if keyPath == "" {
		keyPath = keyFileOf(path)
	}
	pair, err := tls.LoadX509KeyPair(path, keyPath)
	if err != nil {
		return nil, fmt.Errorf("the certificate %s and its key %s cannot be used: %w", path, keyPath, err)
	}
	if method == oauth.MethodTLSClientAuth && pair.Leaf.Subject.String() == "" && len(pair.Leaf.DNSNames) == 0 {
		return nil, fmt.Errorf("the certificate %s has neither a subject nor a DNS name to register; use another one", path)
	}
	return &credentials{
		registered: registeredCertificate(pair.Leaf, method), key: fileRef{File: keyPath}, certificate: fileRef{File: path},
	}, nil
}

// registeredCertificate describes a certificate in a registration (RFC 8705 §2). Of the members that may name a
// certificate's subject, some servers, such as Keycloak, only support the distinguished name, so it takes precedence.
func registeredCertificate(leaf *x509.Certificate, method string) map[string]any {
	if method == oauth.MethodTLSClientAuth {
		if name := leaf.Subject.String(); name != "" {
			return map[string]any{"tls_client_auth_subject_dn": name}
		}
		return map[string]any{"tls_client_auth_san_dns": leaf.DNSNames[0]}
	}
	thumbprint := sha256.Sum256(leaf.Raw)
	key := jose.JSONWebKey{
		Key: leaf.PublicKey, Certificates: []*x509.Certificate{leaf}, CertificateThumbprintSHA256: thumbprint[:], Use: "sig",
	}
	return map[string]any{"jwks": jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key}}}
}

func keyFileOf(certificate string) string {
	extension := filepath.Ext(certificate)
	return strings.TrimSuffix(certificate, extension) + "-key" + extension
}

// certificateAuthority issues certificates of clients.
type certificateAuthority struct {
	certificate *x509.Certificate
	key         crypto.PrivateKey
}

func readCA(path string) (*certificateAuthority, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("the certificate of the CA cannot be read: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(path, keyFileOf(path))
	if err != nil {
		return nil, fmt.Errorf("the CA %s and its key %s cannot be used: %w", path, keyFileOf(path), err)
	}
	if !pair.Leaf.IsCA {
		return nil, fmt.Errorf("%s is not the certificate of a CA", path)
	}
	return &certificateAuthority{pair.Leaf, pair.PrivateKey}, nil
}

// newCertificate makes a certificate that is self-signed, unless there is a CA.
func newCertificate(name string, ca *certificateAuthority) (*credentials, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	leaf := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: now.Add(-time.Minute), NotAfter: now.Add(certificateLifetime), // clocks differ
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	parent, signer, method := leaf, crypto.PrivateKey(key), oauth.MethodSelfSignedTLSClientAuth
	if ca != nil {
		parent, signer, method = ca.certificate, ca.key, oauth.MethodTLSClientAuth
		if leaf.NotAfter.After(parent.NotAfter) {
			leaf.NotAfter = parent.NotAfter
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, parent, key.Public(), signer)
	if err != nil {
		return nil, err
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return &credentials{
		registered:  registeredCertificate(made, method),
		key:         string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
		certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
	}, nil
}
