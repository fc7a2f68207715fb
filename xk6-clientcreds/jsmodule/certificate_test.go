package jsmodule

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/guregu/null.v3"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// identity is a self-signed certificate with its key.
type identity struct {
	certificate, key string // PEM
	thumbprint       string // as x5t#S256 has it
}

func newIdentity(t testing.TB, name string, lifetime time.Duration) identity {
	t.Helper()
	pair := testkit.SelfSigned(t, testkit.Key(t, "ES256"), func(c *x509.Certificate) {
		c.Subject.CommonName = name
		c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(lifetime)
	})
	sum := sha256.Sum256(pair.Certificate[0])
	return identity{
		certificate: string(testkit.CertificatePEM(pair)),
		key:         string(testkit.KeyPEM(t, pair.PrivateKey)),
		thumbprint:  base64.RawURLEncoding.EncodeToString(sum[:]),
	}
}

// options are the options of a client that authenticates with the certificate.
func (i identity) options() string {
	return "clientSecret: undefined, auth: 'self_signed_tls_client_auth', certificate: `" + i.certificate + "`, key: `" +
		i.key + "`"
}

// handshaken is a request over TLS, as mutualServer saw it.
type handshaken struct {
	path        string
	certificate string // its thumbprint; "" where none was shown
	connection  string // the peer's address: one for each connection
	form        url.Values
}

// mutualServer is a token endpoint and an API that asks for certificates and does not judge them.
type mutualServer struct {
	*httptest.Server

	mu     sync.Mutex
	seen   []handshaken
	closed int
	answer func(*handshaken, http.ResponseWriter) bool // answers instead when it returns true
}

func newMutualServer(t testing.TB, clientAuth tls.ClientAuthType) *mutualServer {
	t.Helper()
	m := new(mutualServer)
	m.Server = httptest.NewUnstartedServer(http.HandlerFunc(m.serve))
	m.TLS = &tls.Config{ClientAuth: clientAuth, MinVersion: tls.VersionTLS12, ClientCAs: x509.NewCertPool()}
	m.Config.ErrorLog = quiet()
	m.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.closed++
		}
	}
	m.StartTLS()
	t.Cleanup(m.Close)
	return m
}

func (m *mutualServer) serve(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	h := handshaken{path: r.URL.Path, connection: r.RemoteAddr, form: r.PostForm}
	if len(r.TLS.PeerCertificates) > 0 {
		sum := sha256.Sum256(r.TLS.PeerCertificates[0].Raw)
		h.certificate = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	m.mu.Lock()
	m.seen = append(m.seen, h)
	n := len(m.seen)
	m.mu.Unlock()
	if m.answer != nil && m.answer(&h, w) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":3600,"active":true}`, tokenNumber(n))
}

// requests returns what has been seen.
func (m *mutualServer) requests() []handshaken {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seen[:len(m.seen):len(m.seen)]
}

// trusting is a VU that trusts the servers of httptest, after the init code has run.
func trusting(t testing.TB, m *mutualServer, code string) *vu {
	t.Helper()
	v := newVU(t, New())
	base := v.state.Transport.(*http.Transport)
	base.TLSClientConfig = m.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	v.mustRun(code)
	v.start()
	t.Cleanup(v.module.process.end)
	return v
}

// client is code that makes a client of the server, by the certificate.
func (m *mutualServer) client(name string, i identity, more string) string {
	return fmt.Sprintf(`globalThis.%s = new Client({tokenUrl: '%s/token', clientId: '%s', %s, %s});`, name, m.URL, name,
		i.options(), more)
}

func TestCertificateIsShownAndTheClientNamed(t *testing.T) {
	t.Parallel()
	i, m := newIdentity(t, "orders", time.Hour), newMutualServer(t, tls.RequestClientCert)
	v := trusting(t, m, m.client("orders", i,
		"introspectionUrl: '"+m.URL+"/introspect', revocationUrl: '"+m.URL+"/revoke'"))
	v.mustRun(`orders.get('` + m.URL + `/api'); orders.introspect(); orders.revoke()`)
	seen := m.requests()
	require.Len(t, seen, 4)
	for n, path := range []string{"/token", "/api", "/introspect", "/revoke"} {
		assert.Equal(t, path, seen[n].path)
		assert.Equal(t, i.thumbprint, seen[n].certificate, path)
		assert.Equal(t, seen[0].connection, seen[n].connection, "connections are used again")
	}
	assert.Equal(t, url.Values{"grant_type": {"client_credentials"}, "client_id": {"orders"}}, seen[0].form)
	assert.Equal(t, "orders", seen[2].form.Get("client_id"))
	assert.Equal(t, "orders", seen[3].form.Get("client_id"))
}

// Three clients in one VU: two certificates and none.
func TestClientsOfOtherCertificatesShareNoConnection(t *testing.T) {
	t.Parallel()
	a, b, m := newIdentity(t, "a", time.Hour), newIdentity(t, "b", time.Hour), newMutualServer(t, tls.RequestClientCert)
	v := trusting(t, m, m.client("a", a, "")+m.client("b", b, "")+
		`globalThis.c = new Client({tokenUrl: '`+m.URL+`/token', clientId: 'c', clientSecret: 's3cr3t'})`)
	v.mustRun(`for (let n = 0; n < 3; n++) { for (const one of [a, b, c]) { one.acquire(); one.get('` + m.URL +
		`/api') } }`)
	byConnection := make(map[string]string)
	for _, h := range m.requests() {
		if before, known := byConnection[h.connection]; known {
			assert.Equal(t, before, h.certificate, "a connection has one certificate")
		}
		byConnection[h.connection] = h.certificate
		assert.Equal(t, map[string]string{"a": a.thumbprint, "b": b.thumbprint, "c": ""}[h.form.Get("client_id")],
			map[bool]string{true: h.certificate, false: ""}[h.path == "/token"], h.form.Get("client_id"))
	}
	assert.Len(t, m.requests(), 3*3*2+3)
	assert.Len(t, byConnection, 3, "each certificate has its own, and none has one")
	v.sampled()
	require.Eventually(t, func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.closed >= 2
	}, 10*time.Second, time.Millisecond, "the connections of certificates are closed in the end")
}

// Each client of a pool has a certificate of its own, and the connections of one that the pool forgets are closed.
func TestClientsOfAPoolHaveTheirCertificates(t *testing.T) {
	t.Parallel()
	a, b, m := newIdentity(t, "a", time.Hour), newIdentity(t, "b", time.Hour), newMutualServer(t, tls.RequestClientCert)
	own := func(name string, i identity) string {
		return "{clientId: '" + name + "', certificate: `" + i.certificate + "`, key: `" + i.key + "`}"
	}
	v := trusting(t, m, `globalThis.pool = new ClientPool({tokenUrl: '`+m.URL+`/token', auth: 'tls_client_auth', assignment: 'round-robin', maxClients: 1,
		clients: [`+own("a", a)+`, `+own("b", b)+`]})`)
	v.mustRun(`for (let n = 0; n < 4; n++) { pool.client().acquire() }`)
	seen := m.requests()
	require.Len(t, seen, 4)
	for _, h := range seen {
		assert.Equal(t, map[string]string{"a": a.thumbprint, "b": b.thumbprint}[h.form.Get("client_id")], h.certificate)
	}
	require.Eventually(t, func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.closed >= 3
	}, 10*time.Second, time.Millisecond, "all but the last one is forgotten")
}

// A redirect takes neither token nor certificate to another origin.
func TestCertificateStaysAtItsOrigin(t *testing.T) {
	t.Parallel()
	i, m, other := newIdentity(t, "orders", time.Hour), newMutualServer(t, tls.RequestClientCert), newMutualServer(t,
		tls.RequestClientCert)
	m.answer = func(h *handshaken, w http.ResponseWriter) bool {
		if h.path != "/away" {
			return false
		}
		w.Header().Set("Location", other.URL+"/there")
		w.WriteHeader(http.StatusFound)
		return true
	}
	v := trusting(t, m, m.client("orders", i, ""))
	v.mustRun(`orders.get('` + m.URL + `/away')`)
	require.Len(t, other.requests(), 1)
	assert.Empty(t, other.requests()[0].certificate)
}

// With an issuer the aliases are where a client with a certificate goes, and others do not (RFC
// 8705 §5).
func TestAliasesAreForClientsWithCertificates(t *testing.T) {
	t.Parallel()
	i, plain, mutual := newIdentity(t, "orders", time.Hour), newMutualServer(t, tls.NoClientCert), newMutualServer(t,
		tls.RequestClientCert)
	alias := mutual.URL
	plain.answer = func(h *handshaken, w http.ResponseWriter) bool {
		if h.path != "/.well-known/oauth-authorization-server" {
			return false
		}
		_, _ = fmt.Fprintf(w, `{"issuer": %q, "token_endpoint": "%[1]s/token", "introspection_endpoint": "%[1]s/introspect",
			"revocation_endpoint": "%[1]s/revoke", "mtls_endpoint_aliases": {"token_endpoint": "%[2]s/token", "introspection_endpoint": "%[2]s/introspect"}}`,
			plain.URL, alias)
		return true
	}
	issuer := "tokenUrl: undefined, issuer: '" + plain.URL + "'"
	code := plain.client("orders", i,
		issuer) + fmt.Sprintf(`globalThis.plain = new Client({issuer: '%s', clientId: 'plain', clientSecret: 's3cr3t'})`,
		plain.URL)
	v := trusting(t, plain, code)
	v.mustRun(`orders.token(); orders.introspect(); orders.revoke(); plain.token()`)
	paths := func(m *mutualServer) (list []string) {
		for _, h := range m.requests() {
			list = append(list, h.path+" "+h.form.Get("client_id"))
		}
		return list
	}
	assert.Equal(t, []string{"/token orders", "/introspect orders"}, paths(mutual))
	assert.Equal(t, i.thumbprint, mutual.requests()[0].certificate)
	assert.Equal(t, []string{"/.well-known/oauth-authorization-server ", "/revoke orders", "/token "}, paths(plain),
		"what has no alias is where it is")

	alias = "http://127.0.0.1:1"
	v = trusting(t, plain, plain.client("orders", i, issuer))
	_, err := v.run(`orders.token()`)
	require.ErrorContains(t, err,
		"TokenError: discovery: the document has no usable token_endpoint in mtls_endpoint_aliases")
}

func TestTokensOfAnotherCertificateAreRefused(t *testing.T) {
	t.Parallel()
	i, m := newIdentity(t, "orders", time.Hour), newMutualServer(t, tls.RequestClientCert)
	bound := i.thumbprint
	m.answer = func(_ *handshaken, w http.ResponseWriter) bool {
		payload := base64.RawURLEncoding.EncodeToString([]byte(`{"cnf":{"x5t#S256":"` + bound + `"}}`))
		_, _ = fmt.Fprintf(w, `{"access_token":"eyJhbGciOiJFUzI1NiJ9.%s.c2ln","token_type":"Bearer","expires_in":3600}`,
			payload)
		return true
	}
	v := trusting(t, m, m.client("orders", i, ""))
	assert.Equal(t, true, v.mustRun(`orders.acquire().ok`))
	bound = newIdentity(t, "other", time.Hour).thumbprint
	text := v.mustRun(`(() => { try { orders.token() } catch (e) { return e.error + ' ' + e.status + ' ' + e.retryable + ' ' + e.message } })()`)
	assert.Contains(t, text, "token_binding 200 false token_binding (HTTP 200): the access token is bound to the "+
		"certificate "+bound+
		", but the client's certificate is "+i.thumbprint+" (cnf x5t#S256, RFC 8705 §3.1) (client \"orders\" at "+m.URL+"/token); the server received another certificate")
	assert.NotContains(t, text, "eyJhbGci")
	samples := v.sampled()["clientcreds_requests"]
	assert.Equal(t, "token_binding", samples[len(samples)-1].Tags.Map()["error"])
	assert.Len(t, m.requests(), 2, "it is not asked for again")
}

// A server that refuses the certificate in the handshake rarely says so: the hint does.
func TestRefusedCertificateIsHintedAt(t *testing.T) {
	t.Parallel()
	i, m := newIdentity(t, "orders", time.Hour), newMutualServer(t, tls.RequireAndVerifyClientCert)
	v := trusting(t, m, m.client("orders", i, "retry: {attempts: 1}"))
	_, err := v.run(`orders.token()`)
	require.ErrorContains(t, err, "the server may have refused the client's certificate")
	assert.Empty(t, m.requests())
}

// That it is the server's own certificate which is not trusted is known, and said.
func TestDistrustedServerIsHintedAt(t *testing.T) {
	t.Parallel()
	i, m := newIdentity(t, "orders", time.Hour), newMutualServer(t, tls.RequestClientCert)
	v := newVU(t, New())
	v.mustRun(m.client("orders", i, "retry: {attempts: 1}"))
	v.start()
	t.Cleanup(v.module.process.end)
	_, err := v.run(`orders.token()`)
	require.ErrorContains(t, err, "failed to verify certificate")
	require.ErrorContains(t, err, "SSL_CERT_FILE names a CA file to trust")
	require.NotContains(t, err.Error(), "may have refused")
}

func TestOutOfDateCertificateIsWarnedOfOnce(t *testing.T) {
	t.Parallel()
	i, m := newIdentity(t, "orders", -time.Hour), newMutualServer(t, tls.RequestClientCert)
	root := New()
	for range 2 {
		v := newVU(t, root)
		v.mustRun(m.client("orders", i, ""))
		if v.module.id == 1 {
			require.Len(t, v.messages(), 1)
			assert.Regexp(t, `^The certificate of client "orders" expired on [0-9T:-]+Z; servers refuse it$`, v.messages()[0])
		} else {
			assert.Empty(t, v.messages())
		}
	}
}

func TestNoVUConnectionReuseAppliesToCertificates(t *testing.T) {
	t.Parallel()
	i, m := newIdentity(t, "orders", time.Hour), newMutualServer(t, tls.RequestClientCert)
	v := trusting(t, m, m.client("orders", i, ""))
	v.state.Options.NoVUConnectionReuse = null.BoolFrom(true)
	for range 2 {
		v.mustRun(`orders.acquire(); orders.get('` + m.URL + `/api')`)
		v.state.Iteration++
	}
	connections := make(map[string]int)
	for _, h := range m.requests() {
		connections[h.connection]++
	}
	assert.Len(t, m.requests(), 5)
	assert.Len(t, connections, 2, "one for each iteration")
}

// The certificate is shown also to a server that names other CAs, unlike certificates of k6's tlsAuth.
func TestCertificateReplacesThoseOfK6(t *testing.T) {
	t.Parallel()
	i, k6s, m := newIdentity(t, "orders", time.Hour), newIdentity(t, "k6", time.Hour), newMutualServer(t,
		tls.RequestClientCert)
	pair, err := tls.X509KeyPair([]byte(k6s.certificate), []byte(k6s.key))
	require.NoError(t, err)
	m.TLS.ClientCAs.AddCert(m.Certificate())
	v := trusting(t, m, m.client("orders", i, ""))
	base := v.state.Transport.(*http.Transport).TLSClientConfig
	base.Certificates = []tls.Certificate{pair}
	v.mustRun(`orders.acquire()`)
	assert.Equal(t, i.thumbprint, m.requests()[0].certificate)
	assert.Equal(t, []tls.Certificate{pair}, base.Certificates, "the VU's own transport is as it was")
}

func TestCertificateNeedsTheTransportOfK6(t *testing.T) {
	t.Parallel()
	i, m := newIdentity(t, "orders", time.Hour), newMutualServer(t, tls.RequestClientCert)
	v := trusting(t, m, m.client("orders", i, ""))
	v.state.Transport = transportFunc(nil)
	_, err := v.run(`orders.token()`)
	require.ErrorContains(t, err,
		"TokenError: client_authentication: the certificate cannot be shown: something has replaced k6's own transport")
}

func TestWrongCertificateOptionsAreNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	i, other := newIdentity(t, "orders", time.Hour), newIdentity(t, "other", time.Hour)
	both := filepath.Join(dir, "both.pem")
	require.NoError(t, os.WriteFile(both, []byte(i.key+i.certificate), 0o600))
	v := newVU(t, New())
	v.mustRun("globalThis.ok = {tokenUrl: 'https://idp.example.com/token', clientId: 'orders', auth: 'tls_client_auth', " +
		"certificate: `" + i.certificate + "`, key: `" + i.key + "`}; globalThis.otherKey = `" + other.key + "`;" +
		"globalThis.secret = {tokenUrl: ok.tokenUrl, clientId: 'orders', clientSecret: 's3cr3t'}")
	const (
		only = `option "certificate" applies to auth: "private_key_jwt", "tls_client_auth" and "self_signed_tls_client_auth" only, but auth is `
		want = "; it must be the client's certificate as PEM, followed by the certificates of the intermediate CAs"
	)
	for _, c := range []struct{ argument, message string }{
		{`{...secret, certificate: ok.certificate}`, only + `"client_secret_basic"`},
		{`{...secret, auth: 'client_secret_post', certificate: ok.certificate}`, only + `"client_secret_post"`},
		{
			`{...ok, clientSecret: 's3cr3t'}`,
			`option "clientSecret" applies to auth: "client_secret_basic", "client_secret_post" and "client_secret_jwt" only, but auth is "tls_client_auth"`,
		},
		{
			`{...ok, basicEncoding: 'raw'}`,
			`option "basicEncoding" applies to auth: "client_secret_basic" only, but auth is "tls_client_auth"`,
		},
		{
			`{...ok, assertion: {}}`,
			`option "assertion" applies to auth: "client_secret_jwt" and "private_key_jwt" only, but auth is "tls_client_auth"`,
		},
		{
			`{...ok, certificate: undefined}`,
			`option "certificate" is undefined (is the environment variable set?); tls_client_auth needs the client's certificate, and key its private key`,
		},
		{
			`{...ok, key: undefined}`,
			`option "key" is undefined (is the environment variable set?); tls_client_auth needs the private key of the certificate`,
		},
		{
			`{...ok, key: {text: ok.key, kid: 'a'}}`,
			`option "key.kid" applies to auth: "private_key_jwt" only, but auth is "tls_client_auth"`,
		},
		{
			`{...ok, key: {text: ok.key, alg: 'ES256'}}`,
			`option "key.alg" applies to auth: "private_key_jwt" only, but auth is "tls_client_auth"`,
		},
		{`{...ok, key: otherKey}`, `option "key" is not the private key of the certificate; the two must belong together`},
		{
			`{...ok, certificate: 7}`,
			`option "certificate" is a number; it must be the client's certificate as PEM, or an object with text or file`,
		},
		{
			`{...ok, certificate: {}}`,
			`option "certificate" must have one of text and file: the client's certificate as PEM, or the path of a file with it`,
		},
		{`{...ok, certificate: {pem: ''}}`, `unknown option "certificate.pem"; it must be one of text, file`},
		{
			`{...ok, certificate: {file: '/no/such'}}`,
			`option "certificate.file" cannot be read: no such file or directory (/no/such); it must be the path, from the script's folder, of a file to read`,
		},
		{`{...ok, certificate: 's3cr3t'}`, `option "certificate" contains no PEM block` + want},
		{`{...ok, certificate: ok.key}`, `option "certificate" is a PEM block "PRIVATE KEY"` + want},
		{
			`{...ok, certificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'}`,
			`option "certificate" contains a PEM block "CERTIFICATE" that cannot be read as one` + want,
		},
		{
			`{...ok, tokenUrl: 'HTTP://idp.example.com/token'}`,
			`option "tokenUrl" is an http URL; tls_client_auth needs https, because a certificate is shown in the TLS handshake (RFC 8705 §2)`,
		},
		{
			`{...ok, tokenUrl: undefined, issuer: 'http://idp.example.com', auth: 'self_signed_tls_client_auth'}`,
			`option "issuer" is an http URL; self_signed_tls_client_auth needs https, because a certificate is shown in the TLS handshake (RFC 8705 §2)`,
		},
		{
			`{...ok, revocationUrl: 'http://idp.example.com'}`,
			`option "revocationUrl" is an http URL; tls_client_auth needs https, because a certificate is shown in the TLS handshake (RFC 8705 §2)`,
		},
	} {
		got := v.mustRun(`(() => { try { new Client(` + c.argument +
			`) } catch (e) { return e.name + ': ' + e.message } })()`)
		assert.Equal(t, "TypeError: k6/x/clientcreds: "+c.message, got, c.argument)
	}
	require.Empty(t, v.module.clients)
	for _, argument := range []string{
		`ok`, `{...ok, certificate: {text: ok.certificate}, key: {text: ok.key}}`,
		fmt.Sprintf(`{...ok, certificate: {file: %q}, key: {file: %[1]q}}`, both),
	} {
		_, err := v.run(`new Client(` + argument + `)`)
		assert.NoError(t, err, argument)
	}
}

// A key that stands beside the certificate in one text is as secret as any.
func TestKeysBesideCertificatesAreNowhere(t *testing.T) {
	t.Parallel()
	i, m := newIdentity(t, "orders", time.Hour), newMutualServer(t, tls.RequestClientCert)
	v := newVU(t, New())
	v.mustRun("new Client({tokenUrl: '" + m.URL + "/token', clientId: 'orders', auth: 'tls_client_auth', " +
		"certificate: `" + i.certificate + strings.ReplaceAll(i.key, "\n", "\r\n") + "`, key: `" + i.key + "`})")
	line := strings.Split(i.key, "\n")[1]
	v.state.Logger.Info("found " + line + " and " + strings.Split(i.certificate, "\n")[1])
	require.Len(t, v.messages(), 1)
	assert.NotContains(t, v.messages()[0], line)
	assert.Contains(t, v.messages()[0], strings.Split(i.certificate, "\n")[1], "a certificate is for everybody to see")
}
