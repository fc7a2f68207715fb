package authserver

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver/pki"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// newCA returns the CA that the server makes in a folder.
func newCA(t testing.TB, dir string) *tls.Certificate {
	t.Helper()
	_, err := pki.LoadServer(dir, []string{"localhost"})
	require.NoError(t, err)
	ca, err := tls.LoadX509KeyPair(filepath.Join(dir, "ca.pem"), filepath.Join(dir, "ca-key.pem"))
	require.NoError(t, err)
	return &ca
}

// clientPair is a certificate of the CA, or self-signed where ca is nil, that is valid for a day around now and what
// change makes of it.
func clientPair(t testing.TB, ca *tls.Certificate, change func(*x509.Certificate)) *tls.Certificate {
	t.Helper()
	return testkit.Certificate(t, ca, testkit.NewKey(t, "ES256"), func(c *x509.Certificate) {
		*c = x509.Certificate{
			Subject:     pkix.Name{CommonName: "a client", Organization: []string{"Example, Inc."}},
			NotBefore:   time.Now().Add(-12 * time.Hour),
			NotAfter:    time.Now().Add(12 * time.Hour),
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
			DNSNames:    []string{"client.example"}, EmailAddresses: []string{"a@client.example"},
			IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1)}, URIs: []*url.URL{{Scheme: "spiffe", Host: "example", Path: "/client"}},
		}
		if change != nil {
			change(c)
		}
	})
}

// showing is trusting, with a certificate.
func showing(t *testing.T, file string, pair *tls.Certificate) *http.Client {
	t.Helper()
	client := trusting(t, file)
	if pair != nil {
		client.Transport.(*http.Transport).TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (
			*tls.Certificate, error,
		) {
			return pair, nil
		}
	}
	return client
}

// named is a request by a client that authenticates with its connection.
func named(to, id string, parameters ...string) request {
	return post(to, Client{}, append(parameters, "client_id="+id)...)
}

func x5t(pair *tls.Certificate) string {
	sum := sha256.Sum256(pair.Leaf.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// mutual are the clients of these tests.
func mutual(own, registered *tls.Certificate) []Client {
	return []Client{
		demo,
		{ID: "dn", Subject: CertificateSubject{DN: `cn=a client, O=Example\, Inc.`}, AuthMethod: "tls_client_auth"},
		{ID: "dns", Subject: CertificateSubject{DNS: "CLIENT.example"}},
		{ID: "uri", Subject: CertificateSubject{URI: "spiffe://example/client"}},
		{ID: "ip", Subject: CertificateSubject{IP: "192.0.2.1"}},
		{ID: "email", Subject: CertificateSubject{Email: "a@client.example"}},
		{ID: "other", Subject: CertificateSubject{DNS: "other.example"}},
		{ID: "x5c", JWKS: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{
			Key:          registered.Leaf.PublicKey,
			Certificates: []*x509.Certificate{registered.Leaf},
		}}}},
		{
			ID: "key", JWKS: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: own.Leaf.PublicKey}}},
			AuthMethod: "self_signed_tls_client_auth",
		},
		{ID: "jwt", JWKS: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: own.Leaf.PublicKey}}}},
	}
}

// Each way to authenticate with a certificate, and each way to fail (RFC 8705
// §2).
func TestClientCertificates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca := newCA(t, dir)
	own, foreign := clientPair(t, nil, nil), clientPair(t, newCA(t, t.TempDir()), nil)
	good := clientPair(t, ca, nil)
	expired := clientPair(t, ca, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) })
	early := clientPair(t, ca, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) })
	ofServer := clientPair(t, ca,
		func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })
	s := start(t, Config{TLSDir: dir, Clients: mutual(own, own)})
	e := s.Endpoints()
	for _, c := range []struct {
		id    string
		shown *tls.Certificate
		want  *oauthError
	}{
		{"dn", good, nil},
		{"dns", good, nil},
		{"uri", good, nil},
		{"ip", good, nil},
		{"email", good, nil},
		{"x5c", own, nil},
		{"key", own, nil},
		{"dn", nil, errNoCertificate},
		{"x5c", nil, errNoCertificate},
		{"dn", foreign, errCertificateAuthority},
		{"dn", own, errCertificateAuthority},
		{"other", good, errCertificateSubject},
		{"x5c", good, errCertificateUnknown},
		{"key", foreign, errCertificateUnknown},
		{"dn", expired, errCertificateExpired},
		{"x5c", expired, errCertificateExpired},
		{"dn", early, errCertificateEarly},
		{"dn", ofServer, errCertificateUsage},
		{"nobody", good, errCertificateClient},
		{"demo", good, errNoCredentials},
		{"jwt", own, errNoCredentials},
	} {
		a := named(e.Token, c.id, clientCredentials).send(t, showing(t, e.CAFile, c.shown))
		if c.want == nil {
			require.Equal(t, http.StatusOK, a.status, "%s: %s", c.id, a.body)
			continue
		}
		require.Equal(t, http.StatusUnauthorized, a.status, c.id)
		require.JSONEq(t, string(c.want.body), a.body, c.id)
	}
	stats := s.Stats().TokenRequests
	require.EqualValues(t, 1, stats.ByClient["other"], "a refused certificate counts for its client")
	require.EqualValues(t, 14, stats.ByResult["invalid_client"])

	// A secret beside a certificate is one method, and not bound to the certificate.
	secret := post(e.Token, demo, clientCredentials).send(t, showing(t, e.CAFile, good))
	require.Equal(t, http.StatusOK, secret.status)
	require.Equal(t, http.StatusOK, get(e.API, secret.member(t, "access_token")).send(t, trusting(t, e.CAFile)).status)
}

// A bound token is good only on a connection with its certificate (RFC 8705 §3),
// whatever it looks like and however the API checks it.
func TestBoundTokens(t *testing.T) {
	t.Parallel()
	for _, cfg := range []Config{
		{},
		{TokenFormat: JWT},
		{APICheck: CheckIntrospection},
		{TokenFormat: JWT, APICheck: CheckIntrospection, APIAddr: "127.0.0.1:0"},
	} {
		t.Run(string(cfg.TokenFormat)+" "+string(cfg.APICheck), func(t *testing.T) {
			t.Parallel()
			cfg.TLSDir = t.TempDir()
			ca := newCA(t, cfg.TLSDir)
			own, other := clientPair(t, ca, nil), clientPair(t, ca, nil)
			cfg.Clients = mutual(own, own)
			e := start(t, cfg).Endpoints()
			with, without := showing(t, e.CAFile, own), trusting(t, e.CAFile)
			issued := named(e.Token, "dn", clientCredentials).send(t, with)
			require.Equal(t, http.StatusOK, issued.status, issued.body)
			token := issued.member(t, "access_token")

			require.Equal(t, http.StatusOK, get(e.API, token).send(t, with).status)
			a := get(e.API, token).send(t, without)
			require.Equal(t, errTokenWithoutCertificate.challenge, a.header["Www-Authenticate"])
			require.Equal(t, http.StatusUnauthorized, a.status)
			a = get(e.API, token).send(t, showing(t, e.CAFile, other))
			require.Equal(t, errTokenCertificate.challenge, a.header["Www-Authenticate"])
			require.Contains(t, errTokenCertificate.challenge[0], `error="invalid_token"`)

			var said struct {
				Active       bool              `json:"active"`
				Confirmation map[string]string `json:"cnf"`
			}
			a = post(e.Introspection, demo, "token="+token).send(t, without)
			require.NoError(t, json.Unmarshal([]byte(a.body), &said))
			require.True(t, said.Active, a.body)
			require.Equal(t, map[string]string{"x5t#S256": x5t(own)}, said.Confirmation)
			if cfg.TokenFormat == JWT {
				payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
				require.NoError(t, err)
				require.Contains(t, string(payload), `"cnf":{"x5t#S256":"`+x5t(own)+`"}`)
			}
			require.Equal(t, http.StatusOK, named(e.Revocation, "dn", "token="+token).send(t, with).status)
			require.Contains(t, get(e.API, token).send(t, with).body, "invalid_token")
		})
	}
}

// RFC 8705 Appendix A: a certificate, and the cnf claim of a token that is bound to it.
func TestConfirmationOfTheRFC(t *testing.T) {
	t.Parallel()
	block, _ := pem.Decode([]byte(`-----BEGIN CERTIFICATE-----
MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAx
ODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqG
SM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ
/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwID
SQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOV
bUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=
-----END CERTIFICATE-----`))
	certificate, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	state := &tls.ConnectionState{PeerCertificates: []*x509.Certificate{certificate}}
	bound := bindToCertificate(&http.Request{TLS: state})
	require.Equal(t, `,"cnf":{"x5t#S256":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}`,
		string(appendConfirmation(nil, &bound)))
}

// RFC 8705 §3.3 and §5: only a server that asks for certificates says so.
func TestMetadataOfClientCertificates(t *testing.T) {
	t.Parallel()
	own := clientPair(t, nil, nil)
	e := start(t, Config{TLSDir: t.TempDir(), Clients: mutual(own, own)}).Endpoints()
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(get(e.Metadata, "").send(t, trusting(t, e.CAFile)).body), &m))
	require.Equal(t, true, m["tls_client_certificate_bound_access_tokens"])
	require.Equal(t, map[string]any{
		"token_endpoint": e.Token, "introspection_endpoint": e.Introspection, "revocation_endpoint": e.Revocation,
	}, m["mtls_endpoint_aliases"])
	require.Subset(t, m["token_endpoint_auth_methods_supported"], []any{"tls_client_auth", "self_signed_tls_client_auth"})

	without := start(t, Config{TLSDir: t.TempDir()})
	asked := false
	client := trusting(t, without.Endpoints().CAFile)
	client.Transport.(*http.Transport).TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (
		*tls.Certificate, error,
	) {
		asked = true
		return own, nil
	}
	require.NotContains(t, get(without.Endpoints().Metadata, "").send(t, client).body, "tls_client")
	require.False(t, asked, "nobody is asked for what nobody has")
}

func TestRotatedCertificates(t *testing.T) {
	t.Parallel()
	old, fresh := clientPair(t, nil, nil), clientPair(t, nil, nil)
	s := start(t, Config{TLSDir: t.TempDir(), Clients: mutual(old, old)})
	e := s.Endpoints()
	require.NoError(t, s.RotateJWKS("key", jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: fresh.Leaf.PublicKey}}}))
	require.Equal(t, http.StatusUnauthorized, named(e.Token, "key", clientCredentials).send(t,
		showing(t, e.CAFile, old)).status)
	require.Equal(t, http.StatusOK, named(e.Token, "key", clientCredentials).send(t, showing(t, e.CAFile, fresh)).status)
	require.NoError(t, s.RotateSecret("dn", secret.New("a new secret"), 0), "the subject is kept")
}

// The server accepts the certificate that WithCertificate registers.
func TestWithCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certPath, keyPath := filepath.Join(dir, "new", "client.pem"), filepath.Join(dir, "new", "client-key.pem")
	tlsDir := filepath.Join(dir, "tls")
	register := func(id, certPath, keyPath string) Client {
		c, err := Client{ID: id}.WithCertificate(tlsDir, certPath, keyPath)
		require.NoError(t, err)
		return c
	}
	made := register(`odd, "name" = #1`, certPath, keyPath)
	require.Equal(t, `CN=odd\, \"name\" \= #1`, made.Subject.DN)
	require.Equal(t, made, register(made.ID, certPath, keyPath), "what is there is used again")
	info, err := os.Stat(keyPath)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	own := testkit.SelfSigned(t, testkit.NewKey(t, "ES256"), func(c *x509.Certificate) {
		c.Subject.CommonName, c.NotAfter = "own", time.Now().Add(time.Hour)
	})
	testkit.WriteCertificate(t, own, filepath.Join(dir, "own.pem"), filepath.Join(dir, "own-key.pem"))
	self := register("self", filepath.Join(dir, "own.pem"), filepath.Join(dir, "own-key.pem"))
	require.Zero(t, self.Subject)
	require.Len(t, self.JWKS.Keys[0].Certificates, 1)

	e := start(t, Config{TLSDir: tlsDir, Clients: []Client{made, self}}).Endpoints()
	for _, c := range []struct{ id, cert, key string }{
		{made.ID, certPath, keyPath}, {"self", filepath.Join(dir, "own.pem"), filepath.Join(dir, "own-key.pem")},
	} {
		pair, err := tls.LoadX509KeyPair(c.cert, c.key)
		require.NoError(t, err)
		a := named(e.Token, url.QueryEscape(c.id), clientCredentials).send(t, showing(t, e.CAFile, &pair))
		require.Equal(t, http.StatusOK, a.status, a.body)
	}

	require.NoError(t, os.Remove(certPath))
	_, err = Client{}.WithCertificate(tlsDir, certPath, keyPath)
	require.EqualError(t, err, keyPath+" is there without "+certPath+"; remove it, or name another file")
	require.NoError(t, os.WriteFile(certPath, []byte("no PEM"), 0o600))
	_, err = Client{}.WithCertificate(tlsDir, certPath, keyPath)
	require.ErrorContains(t, err, certPath+" and "+keyPath+" cannot be used: ")
}
