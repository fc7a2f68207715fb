package acceptance

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

const csjwtSecret = "client-secret-jwt-0123456789abcdef0123456789"

// exampleKey is the key of the client in examples/private-key-jwt.js.
var exampleKey = sync.OnceValue(func() crypto.Signer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
})

// writeKey writes a key as PEM of PKCS #8.
func writeKey(t *testing.T, key crypto.Signer) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "client.pem")
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	return path
}

// clientKeys are the keys of the provider's clients cc-pkjwt-ec and cc-pkjwt-rsa.
type clientKeys struct {
	ecPEM       string // files
	rsaJWK      string
	environment string // for the provider
}

func newClientKeys(t *testing.T) clientKeys {
	t.Helper()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
		{Key: ec.Public(), KeyID: "cc-pkjwt-ec", Use: "sig", Algorithm: "ES256"},
		{Key: rs.Public(), KeyID: "cc-pkjwt-rsa", Use: "sig"},
	}})
	require.NoError(t, err)
	k := clientKeys{ecPEM: writeKey(t, ec), environment: "CLIENT_JWKS=" + string(set)}
	k.rsaJWK = writeJWK(t, rs, "cc-pkjwt-rsa")
	return k
}

// writeJWK writes a key as a JWK.
func writeJWK(t *testing.T, key crypto.Signer, id string) string {
	t.Helper()
	text, err := json.Marshal(jose.JSONWebKey{Key: key, KeyID: id})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "client.jwk")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// assertionScript uses the token that the options in OPTIONS bring.
const assertionScript = `
	import { check } from 'k6';
	import { Client } from 'k6/x/clientcreds';
	export const options = { thresholds: { checks: ['rate==1'], clientcreds_request_signing: ['max>0'] } };
	const client = new Client({ issuer: __ENV.ISSUER, scope: 'api:read', ...JSON.parse(__ENV.OPTIONS) });
	export default function () {
		check(client.get(__ENV.API_URL), { 'status is 200': (r) => r.status === 200 });
	}`

func TestInteropWrongKey(t *testing.T) {
	t.Parallel()
	certs, keys := newCertificates(t), newClientKeys(t)
	op := startOIDCProvider(t, certs, keys.environment)
	other := newClientKeys(t)
	r := k6run{code: assertionScript, env: map[string]string{
		"ISSUER": op.issuer, "API_URL": op.issuer, "SSL_CERT_FILE": certs.caFile,
		"OPTIONS": `{"clientId": "cc-pkjwt-ec", "auth": "private_key_jwt", "key": {"file": "` + other.ecPEM + `"}}`,
	}}.do(t)
	require.Contains(t, r.output, "TokenError: invalid_client (HTTP 401)")
	require.Contains(t, r.output, "the key or secret with its kid and alg, assertion.audience")
	require.NotRegexp(t, `eyJ[\w-]+\.[\w-]+\.`, r.output)
	seen := op.stop(t)
	require.Len(t, seen, 1, "a refused assertion is not sent again")
	require.Equal(t, "invalid_client", seen[0].Error)
}

// A gateway loses the answer to the first request: the provider has used up its assertion, and
// accepts the repeated request only because that has another one.
func TestInteropRetryHasAFreshAssertion(t *testing.T) {
	t.Parallel()
	certs, keys := newCertificates(t), newClientKeys(t)
	op := startOIDCProvider(t, certs, keys.environment)
	g := startGateway(t, certs, op.issuer)
	acquire := func(options string, env ...string) {
		t.Helper()
		k6run{
			code: `
				import { check } from 'k6';
				import { Client } from 'k6/x/clientcreds';
				export const options = { thresholds: { checks: ['rate==1'] } };
				const client = new Client({
					tokenUrl: __ENV.TOKEN_URL, clientId: 'cc-pkjwt-ec', auth: 'private_key_jwt',
					retry: { attempts: 3, backoff: 0 }, ...JSON.parse(__ENV.OPTIONS),
				});
				export default function () {
					check(client.acquire(), {
						'retries': (r) => r.retries === Number(__ENV.RETRIES),
						'error': (r) => r.error === (__ENV.ERROR || null),
					});
				}`,
			env: with(map[string]string{
				"TOKEN_URL": g.URL + "/token", "SSL_CERT_FILE": certs.caFile, "OPTIONS": options,
			}, env...),
		}.do(t).passes(t)
	}
	acquire(`{"key": {"file": "`+keys.ecPEM+`"}, "assertion": {"audience": "`+op.issuer+`"}}`, "RETRIES=1")
	seen := op.seen()
	require.Len(t, seen, 2, "both requests reached the provider")
	require.Equal(t, []int{200, 200}, []int{seen[0].Status, seen[1].Status})

	// The control: the provider refuses an assertion that it has seen.
	file := filepath.Join(t.TempDir(), "assertion")
	require.NoError(t, os.WriteFile(file, []byte(g.last()), 0o600))
	acquire(`{"assertion": {"file": "`+file+`"}}`, "RETRIES=0", "ERROR=invalid_client")
	require.Len(t, op.stop(t), 3)
}

// gateway is a proxy before the provider. It answers the first request with 503, after the
// provider has answered it.
type gateway struct {
	*httptest.Server

	mu        sync.Mutex
	assertion string // of the last request
	answered  bool
}

func startGateway(t *testing.T, c certificates, issuer string) *gateway {
	t.Helper()
	target, err := url.Parse(issuer)
	require.NoError(t, err)
	g := new(gateway)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: c.roots, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: transport,
		ModifyResponse: func(resp *http.Response) error {
			g.mu.Lock()
			defer g.mu.Unlock()
			if !g.answered {
				g.answered, resp.StatusCode = true, http.StatusServiceUnavailable
			}
			return nil
		},
	}
	g.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if form, err := url.ParseQuery(string(body)); err == nil {
			g.mu.Lock()
			g.assertion = form.Get("client_assertion")
			g.mu.Unlock()
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	}))
	certificate, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	require.NoError(t, err)
	g.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	g.StartTLS()
	t.Cleanup(g.Close)
	return g
}

func (g *gateway) last() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.assertion
}
