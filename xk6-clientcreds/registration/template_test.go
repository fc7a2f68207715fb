package registration

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// registeredWith registers two clients and returns what the server and what the pool has of each.
func registeredWith(t *testing.T, change func(*Template)) (metadata, clients []map[string]any) {
	t.Helper()
	s := newServer()
	r, _ := newRun(t, s, change)
	require.NoError(t, r.Register(t.Context(), 2))
	clients = pool(t, r.Journal)
	for _, c := range clients {
		id, _ := c["client_id"].(string)
		metadata = append(metadata, s.clients[id])
		require.NotContains(t, c, "client_secret")
		text, err := json.Marshal(s.clients[id])
		require.NoError(t, err)
		require.NotContains(t, string(text), `"d":`, "the server gets no private key")
	}
	return metadata, clients
}

func TestKeyOfEachClient(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"", "ES384", "EdDSA", "PS256"} {
		metadata, clients := registeredWith(t, func(c *Template) {
			c.Auth, c.KeyAlgorithm = oauth.MethodPrivateKeyJWT, algorithm
		})
		require.NotEqual(t, clients[0]["key"], clients[1]["key"])
		for i, c := range clients {
			text, _ := c["key"].(string)
			key, err := oauth.ParseSigningKey([]byte(text), "", "")
			require.NoError(t, err)
			public, err := key.Public().MarshalJSON()
			require.NoError(t, err)
			registered, err := json.Marshal(metadata[i]["jwks"])
			require.NoError(t, err)
			require.JSONEq(t, `{"keys":[`+string(public)+`]}`, string(registered))
			require.Equal(t, key.Algorithm(), metadata[i]["token_endpoint_auth_signing_alg"])
		}
	}
}

func TestSharedKey(t *testing.T) {
	t.Parallel()
	made, err := newKey("ES256", "k1")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "key.jwk")
	text, _ := made.key.(string)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	metadata, clients := registeredWith(t, func(c *Template) { c.Auth, c.KeyFile = oauth.MethodPrivateKeyJWT, path })
	require.Equal(t, metadata[0]["jwks"], metadata[1]["jwks"])
	require.Equal(t, map[string]any{"file": path, "alg": "ES256"}, clients[0]["key"])
}

func certificateOf(t *testing.T, client map[string]any) *x509.Certificate {
	t.Helper()
	text, _ := client["certificate"].(string)
	block, _ := pem.Decode([]byte(text))
	require.NotNil(t, block)
	c, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	return c
}

func TestSelfSignedCertificateOfEachClient(t *testing.T) {
	t.Parallel()
	metadata, clients := registeredWith(t, func(c *Template) { c.Auth = oauth.MethodSelfSignedTLSClientAuth })
	for i, c := range clients {
		require.NoError(t, certificateOf(t, c).VerifyHostname(metadata[i]["client_name"].(string)))
		require.Contains(t, metadata[i]["jwks"].(map[string]any)["keys"].([]any)[0], "x5c")
		certificate := certificateOf(t, c)
		require.WithinRange(t, time.Now(), certificate.NotBefore.Add(time.Minute), certificate.NotAfter, "clocks differ")
		require.Equal(t, 365*24*time.Hour+time.Minute, certificate.NotAfter.Sub(certificate.NotBefore))
	}
}

func TestIssuedCertificateOfEachClient(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca, err := newCertificate("ca", nil)
	require.NoError(t, err)
	write := func(name string, text any) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text.(string)), 0o600))
		return path
	}
	certificate := write("ca.pem", ca.certificate)
	write("ca-key.pem", ca.key)
	bad := Template{Name: "x", Auth: oauth.MethodTLSClientAuth, CAFile: certificate}
	require.ErrorContains(t, bad.Prepare(), "is not the certificate of a CA")
	metadata, clients := registeredWith(t, func(c *Template) {
		c.Auth, c.CertificateFile = oauth.MethodTLSClientAuth, certificate
	})
	require.Equal(t, "CN=ca", metadata[0]["tls_client_auth_subject_dn"])
	require.NotContains(t, metadata[0], "tls_client_auth_san_dns", "exactly one of the members")
	require.Equal(t, map[string]any{"file": certificate}, clients[1]["certificate"])
}

// A certificate without a subject and without a DNS name has nothing to register.
func TestCertificateWithoutAName(t *testing.T) {
	t.Parallel()
	pair := testkit.SelfSigned(t, testkit.NewKey(t, "ES256"), nil)
	private, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	require.NoError(t, err)
	dir := t.TempDir()
	for name, text := range map[string][]byte{
		"c.pem": testkit.CertificatePEM(pair), "c-key.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	file := filepath.Join(dir, "c.pem")
	c := Template{Auth: oauth.MethodTLSClientAuth, CertificateFile: file}
	require.ErrorContains(t, c.Prepare(), "the certificate "+file+" has neither a subject nor a DNS name")
	c.Auth = oauth.MethodSelfSignedTLSClientAuth
	require.NoError(t, c.Prepare(), "the certificate itself is registered")
}

// A certificate has a subject, or only an alternative name.
func TestRegisteredCertificate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		leaf x509.Certificate
		want map[string]any
	}{
		{
			x509.Certificate{Subject: pkix.Name{CommonName: "shop", Organization: []string{"ACME, Inc."}}, DNSNames: []string{"shop.example"}},
			map[string]any{"tls_client_auth_subject_dn": `CN=shop,O=ACME\, Inc.`},
		},
		{x509.Certificate{DNSNames: []string{"shop.example"}}, map[string]any{"tls_client_auth_san_dns": "shop.example"}},
	} {
		require.Equal(t, c.want, registeredCertificate(&c.leaf, oauth.MethodTLSClientAuth))
	}
}

func TestTemplatesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for problem, c := range map[string]Template{
		`the authentication method "none" is unknown`: {Auth: "none"},
		"tls_client_auth needs":                       {Auth: oauth.MethodTLSClientAuth},
		`must not have the member "client_id"`:        {Auth: "client_secret_post", Metadata: raw(`{"client_id": "a"}`)},
		"must be an array with client_credentials":    {Auth: "client_secret_post", Metadata: raw(`{"grant_types": ["x"]}`)},
		"the file of the key cannot be read":          {Auth: oauth.MethodPrivateKeyJWT, KeyFile: "/nowhere/key.pem"},
		"the certificate /nowhere/c.pem and its key":  {Auth: oauth.MethodTLSClientAuth, CertificateFile: "/nowhere/c.pem"},
		"the certificate of the CA cannot be read":    {Auth: oauth.MethodTLSClientAuth, CAFile: "/nowhere/ca.pem"},
	} {
		require.ErrorContains(t, c.Prepare(), problem)
	}
	_, err := generate("HS256")
	require.ErrorContains(t, err, `the key algorithm "HS256" is unknown`)
}

func raw(text string) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		panic(err)
	}
	return m
}

func TestFurtherMetadata(t *testing.T) {
	t.Parallel()
	s := newServer()
	r, _ := newRun(t, s, func(c *Template) {
		c.Metadata = raw(`{"audience": ["https://api.test"], "dpop_bound_access_tokens": true}`)
	})
	require.NoError(t, r.Register(t.Context(), 1))
	require.Equal(t, []any{"https://api.test"}, s.clients["id-1"]["audience"])
	require.Equal(t, true, pool(t, r.Journal)[0]["dpop_bound_access_tokens"])
}
