package jsmodule

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sentHeader is the header of the assertion in request n of e.
func (e *endpoint) sentHeader(t *testing.T, n int) (header map[string]any) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	encoded, _, _ := strings.Cut(e.forms[n].Get("client_assertion"), ".")
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &header))
	return header
}

// A certificate names the key, for servers such as Microsoft Entra ID and ADFS. It is not shown in the
// handshake, so an http URL will do.
func TestAssertionsNameTheCertificate(t *testing.T) {
	t.Parallel()
	id := newIdentity(t, "orders", time.Hour)
	w := newWallet(t)
	w.write("both.pem", id.certificate+id.key)
	for _, options := range []string{
		"certificate: `" + id.certificate + "`, key: `" + id.key + "`",
		`certificate: {file: 'both.pem'}, key: {file: 'both.pem'}`,
	} {
		e := newEndpoint(t)
		v := w.vu(New())
		require.NoError(t, v.client(e, `auth: 'private_key_jwt', assertion: {header: {nested: {a: [1]}}},`+options))
		v.start()
		v.mustRun(`client.token()`)
		header := e.sentHeader(t, 0)
		assert.Equal(t, id.thumbprint, header["x5t#S256"])
		assert.Len(t, header["x5t"], 27)
		assert.Equal(t, map[string]any{"a": []any{1.0}}, header["nested"])
		assert.Nil(t, v.onlyClient().source.certificate, "none for TLS")
		assert.Empty(t, v.messages())
	}
}

func TestAssertionsOfAnOldCertificateAreWarnedOf(t *testing.T) {
	t.Parallel()
	id := newIdentity(t, "orders", -time.Hour)
	v := newWallet(t).vu(New())
	require.NoError(t, v.client(newEndpoint(t),
		"auth: 'private_key_jwt', certificate: `"+id.certificate+"`, key: `"+id.key+"`"))
	require.Len(t, v.messages(), 1)
	assert.Regexp(t, `^The certificate of client "orders" expired on .*; servers refuse it$`, v.messages()[0])
}

// Key and certificate are replaced together. One without the other is not used.
func TestRotatedCertificateOfAssertions(t *testing.T) {
	t.Parallel()
	older, newer := newIdentity(t, "orders", time.Hour), newIdentity(t, "orders", time.Hour)
	w, e := newWallet(t), newEndpoint(t)
	w.write("key.pem", older.key)
	w.write("certificate.pem", older.certificate)
	v := w.vu(New())
	require.NoError(t, v.client(e,
		`auth: 'private_key_jwt', certificate: {file: 'certificate.pem'}, key: {file: 'key.pem'}`))
	v.start()
	v.mustRun(`client.token()`)
	e.refuse = func(n int, rw http.ResponseWriter) bool {
		encoded, _, _ := strings.Cut(e.forms[n-1].Get("client_assertion"), ".")
		text, _ := base64.RawURLEncoding.DecodeString(encoded)
		return !strings.Contains(string(text), newer.thumbprint) && oauthError(rw, 401, "invalid_client", "")
	}
	w.write("key.pem", newer.key)
	assert.Equal(t, "invalid_client", v.mustRun(`client.acquire().error`))
	require.Len(t, v.messages(), 1)
	assert.Contains(t, v.messages()[0], `option "key" is not the private key of the certificate`)
	v.ages()
	w.write("certificate.pem", newer.certificate)
	assert.Equal(t, true, v.mustRun(`client.acquire().ok`))
	assert.Equal(t, newer.thumbprint, e.sentHeader(t, e.count()-1)["x5t#S256"])
}

func TestWrongAssertionHeadersAreNamed(t *testing.T) {
	t.Parallel()
	id := newIdentity(t, "orders", time.Hour)
	v := newVU(t, New())
	v.mustRun("globalThis.ok = {tokenUrl: 'http://idp.example.com/token', clientId: 'orders', auth: 'private_key_jwt', " +
		"key: `" + id.key + "`}")
	v.mustRun("globalThis.certificate = `" + id.certificate + "`")
	v.mustRun("globalThis.other = `" + newIdentity(t, "other", time.Hour).certificate + "`")
	for argument, message := range map[string]string{
		`{...ok, assertion: {header: 's3cr3t'}}`:                                                        `option "assertion.header" is a string; it must be an object of members of the header`,
		`{...ok, assertion: {header: {kid: 's3cr3t'}}}`:                                                 `option "assertion.header" must not contain "kid"; the reserved members are alg, typ, kid, crit, b64`,
		`{...ok, certificate, assertion: {header: {x5t: 's3cr3t'}}}`:                                    `option "assertion.header" must not contain "x5t", which is the thumbprint of the certificate; set one of the two`,
		`{...ok, certificate: other}`:                                                                   `option "key" is not the private key of the certificate; the two must belong together`,
		`{...ok, certificate: 's3cr3t'}`:                                                                `option "certificate" contains no PEM block; it must be the client's certificate as PEM, followed by the certificates of the intermediate CAs`,
		`{...ok, key: undefined, certificate, assertion: {file: 'x'}}`:                                  `option "certificate" contradicts assertion.file, whose assertion is ready-made; set one of the two`,
		`{...ok, key: undefined, assertion: {env: 'x', header: {}}}`:                                    `option "assertion.header" contradicts assertion.env, whose assertion is ready-made; set one of the two`,
		`{...ok, auth: 'client_secret_jwt', clientSecret: 'x'.repeat(40), key: undefined, certificate}`: `option "certificate" applies to auth: "private_key_jwt", "tls_client_auth" and "self_signed_tls_client_auth" only, but auth is "client_secret_jwt"`,
	} {
		got := v.mustRun(`(() => { try { new Client(` + argument + `) } catch (e) { return e.name + ': ' + e.message } })()`)
		assert.Equal(t, "TypeError: k6/x/clientcreds: "+message, got, argument)
	}
}
