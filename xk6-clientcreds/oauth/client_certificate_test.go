package oauth

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// certificateOf is a certificate of the key's public part as PEM, valid for the hour around now.
func certificateOf(t testing.TB, key crypto.Signer, now time.Time) []byte {
	t.Helper()
	return testkit.CertificatePEM(testkit.SelfSigned(t, key, func(c *x509.Certificate) {
		c.Subject.CommonName = "orders"
		c.NotBefore, c.NotAfter = now.Add(-30*time.Minute), now.Add(30*time.Minute)
	}))
}

func testCertificate(t testing.TB) *ClientCertificate {
	t.Helper()
	key := testkit.Key(t, "ES256")
	c, err := ParseClientCertificate(certificateOf(t, key, time.Now()), testkit.KeyPEM(t, key))
	require.NoError(t, err)
	return c
}

// RFC 8705 Appendix A: a certificate and its thumbprint.
const (
	rfc8705Certificate = `-----BEGIN CERTIFICATE-----
MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAx
ODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqG
SM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ
/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwID
SQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOV
bUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=
-----END CERTIFICATE-----`
	rfc8705Thumbprint = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"
)

func TestThumbprintOfTheRFC(t *testing.T) {
	t.Parallel()
	c := new(ClientCertificate)
	require.NoError(t, c.readChain([]byte(rfc8705Certificate)))
	assert.Equal(t, rfc8705Thumbprint, thumbprint(c.pair.Leaf))
	assert.Equal(t, rfc8705Thumbprint,
		confirmationOf(boundToken(`{"cnf":{"x5t#S256":"`+rfc8705Thumbprint+`"}}`)).Certificate)
}

func TestParseClientCertificate(t *testing.T) {
	t.Parallel()
	key, now := testkit.Key(t, "ES256").(*ecdsa.PrivateKey), time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	own, ca := certificateOf(t, key, now), certificateOf(t, testkit.Key(t, "ES256"), now)
	jwk, err := json.Marshal(jose.JSONWebKey{Key: key})
	require.NoError(t, err)
	for name, text := range map[string]struct{ chain, key []byte }{
		"PEM":           {own, testkit.KeyPEM(t, key)},
		"JWK":           {own, jwk},
		"with a CA":     {append(own[:len(own):len(own)], ca...), testkit.KeyPEM(t, key)},
		"longest":       {bytes.Repeat(own, maxChain), testkit.KeyPEM(t, key)},
		"in one file":   {append(testkit.KeyPEM(t, key), own...), append(own[:len(own):len(own)], testkit.KeyPEM(t, key)...)},
		"with Windows'": {[]byte(strings.ReplaceAll(string(own), "\n", "\r\n")), testkit.KeyPEM(t, key)},
	} {
		c, err := ParseClientCertificate(text.chain, text.key)
		require.NoError(t, err, name)
		assert.Equal(t, "orders", c.Certificate().Subject.CommonName)
		assert.Len(t, c.TLS().Certificate, strings.Count(string(text.chain), "BEGIN CERTIFICATE"), name)
		assert.True(t, key.Equal(c.TLS().PrivateKey), name)
		assert.Len(t, c.Thumbprint(), 43)
		for _, shown := range []string{c.String(), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c)} {
			assert.Equal(t, "certificate "+c.Thumbprint(), shown)
		}
		assert.Empty(t, c.OutOfDate(now))
		assert.Equal(t, "expired on 2026-05-06T07:38:09Z", c.OutOfDate(now.Add(31*time.Minute)))
		assert.Equal(t, "is valid only from 2026-05-06T06:38:09Z on", c.OutOfDate(now.Add(-31*time.Minute)))
	}
}

func TestParseClientCertificateNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	key := testkit.Key(t, "ES256")
	own, good := certificateOf(t, key, time.Now()), testkit.KeyPEM(t, key)
	const certificate = `certificate `
	for _, c := range []struct {
		chain, key []byte
		text       string
	}{
		{nil, good, certificate + "contains no PEM block; " + wantCertificate},
		{good, good, certificate + `is a PEM block "PRIVATE KEY"; ` + wantCertificate},
		{
			[]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), good,
			certificate + `contains a PEM block "CERTIFICATE" that cannot be read as one; ` + wantCertificate,
		},
		{[]byte(strings.Repeat(string(own), 11)), good, certificate + "contains more than 10 certificates; " +
			wantCertificate},
		{
			own, testkit.KeyPEM(t, testkit.Key(t, "ES256")),
			`key is not the private key of the certificate; the two must belong together`,
		},
		{own, nil, `key contains no PEM block and is not a JWK; ` + wantKey},
	} {
		_, err := ParseClientCertificate(c.chain, c.key)
		require.EqualError(t, err, c.text)
	}
}

// RFC 8705 §2: the client_id is sent, and nothing that is secret.
func TestClientsWithCertificatesSendTheirIdentifier(t *testing.T) {
	t.Parallel()
	for _, auth := range []ClientAuth{TLSClientAuth(nastyID), SelfSignedTLSClientAuth(nastyID)} {
		c := config()
		c.Auth, c.Certificate = auth, testCertificate(t)
		req, body := sent(t, c)
		assert.Equal(t, "client_id=cc+basic%3Ax&grant_type=client_credentials", body)
		assert.Empty(t, req.Header.Get("Authorization"))
	}
	assert.Equal(t, "tls_client_auth", TLSClientAuth("").Method)
	assert.Equal(t, "self_signed_tls_client_auth", SelfSignedTLSClientAuth("").Method)
}

func TestCertificatesNeedHTTPS(t *testing.T) {
	t.Parallel()
	c := config()
	c.Auth = TLSClientAuth(testID)
	_, err := NewClient(c)
	require.EqualError(t, err,
		`certificate is missing; tls_client_auth needs the client's certificate and its private key`)
	c.Certificate, c.TokenURL = testCertificate(t), "http://idp.example.com/token"
	_, err = NewClient(c)
	require.EqualError(t, err,
		`token URL is an http URL; tls_client_auth needs https, because a certificate is shown in the TLS handshake (RFC 8705 §2)`)
	_, err = NewEndpoint(FieldIntrospectionURL, "http://idp.example.com/introspect", c)
	require.ErrorContains(t, err, `introspection URL is an http URL`)
	_, err = NewEndpoint(FieldIntrospectionURL, "https://idp.example.com/introspect", c)
	require.NoError(t, err)
}

// boundToken is a JWT, not signed, with that payload.
func boundToken(payload string) string {
	return "eyJhbGciOiJFUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2ln"
}

// RFC 8705 §3.1.
func TestTokensBoundToAnotherCertificateAreAnError(t *testing.T) {
	t.Parallel()
	c := config()
	c.Auth, c.Certificate = TLSClientAuth(testID), testCertificate(t)
	own := c.Certificate.Thumbprint()
	for name, token := range map[string]string{
		"opaque":             "2YotnFZFEjr1zCsicMWpAA",
		"no JWT":             "a.b.c",
		"bound to nothing":   boundToken(`{"sub":"a"}`),
		"bound to its own":   boundToken(`{"cnf":{"x5t#S256":"` + own + `"}}`),
		"bound to a key":     boundToken(`{"cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}`),
		"cnf is no object":   boundToken(`{"cnf":"x"}`),
		"thumbprint is none": boundToken(`{"cnf":{"x5t#S256":7}}`),
	} {
		_, err := newClient(t, c).Token(t.Context(), always(200, "application/json", `{"access_token":"`+token+`"}`))
		assert.NoError(t, err, name)
	}
	other := always(200, "application/json",
		`{"access_token":"`+boundToken(`{"cnf":{"x5t#S256":"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}}`)+`"}`)
	_, err := newClient(t, c).Token(t.Context(), other)
	require.EqualError(t, err,
		"token_binding (HTTP 200): the access token is bound to the certificate "+
			"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2, "+
			"but the client's certificate is "+own+" (cnf x5t#S256, RFC 8705 §3.1)")
	var failure *Error
	require.ErrorAs(t, err, &failure)
	assert.False(t, failure.Retryable())
	assert.Equal(t, "token_binding", failure.Label())

	c = config()
	_, err = newClient(t, c).Token(t.Context(), other)
	assert.NoError(t, err, "a client without a certificate cannot tell")
}

// RFC 8705 §5.
func TestMTLSEndpointAliases(t *testing.T) {
	t.Parallel()
	const plain = `"issuer": "https://idp.example.com", "token_endpoint": "https://idp.example.com/token",
		"introspection_endpoint": "https://idp.example.com/introspect", "revocation_endpoint": "https://idp.example.com/revoke"`
	parse := func(more string) *Metadata {
		m, err := parseMetadata([]byte(`{`+plain+more+`}`), "https://idp.example.com")
		require.NoError(t, err)
		return m
	}
	m := parse(``)
	aliased, err := m.ForCertificate()
	require.NoError(t, err)
	assert.Equal(t, m, aliased)

	m = parse(`, "tls_client_certificate_bound_access_tokens": true,
		"mtls_endpoint_aliases": {"token_endpoint": "https://mtls.example.com/token", "revocation_endpoint": "https://mtls.example.com/revoke"}`)
	assert.True(t, m.CertificateBoundTokens)
	aliased, err = m.ForCertificate()
	require.NoError(t, err)
	assert.Equal(t, "https://mtls.example.com/token", aliased.TokenEndpoint)
	assert.Equal(t, "https://idp.example.com/introspect", aliased.IntrospectionEndpoint)
	assert.Equal(t, "https://mtls.example.com/revoke", aliased.RevocationEndpoint)
	assert.Equal(t, "https://idp.example.com/token", m.TokenEndpoint, "the metadata of others is as it was")

	for _, alias := range []string{
		"http://mtls.example.com/token", "/token",
		"https://user:password@mtls.example.com/token",
	} {
		_, err = parse(`, "mtls_endpoint_aliases": {"token_endpoint": "` + alias + `"}`).ForCertificate()
		require.EqualError(t, err,
			"discovery: the document has no usable token_endpoint in mtls_endpoint_aliases, which must be an absolute https "+
				"URL (RFC 8705 §5)")
	}
}
