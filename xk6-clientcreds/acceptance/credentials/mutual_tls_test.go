package credentials

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// mutualCase is a client with a certificate, and what it must see.
type mutualCase struct {
	Options     json.RawMessage `json:"options"`
	Error       string          `json:"error"`       // of acquire(); "" for a token
	Description string          `json:"description"` // a part of it
	API         int             `json:"api"`         // status of client.get; 0 for no request
}

func runMutual(t *testing.T, env map[string]string, cases map[string]mutualCase) k6test.Result {
	t.Helper()
	text, err := json.Marshal(cases)
	require.NoError(t, err)
	return k6test.Run{Script: k6test.Fixture("mutual-tls.js"), Env: k6test.With(env, "CASES="+string(text))}.Do(t).Passes(t)
}

// startMutualServer starts the local server with a client for each way to authenticate by certificate.
func startMutualServer(t *testing.T, c servers.ClientCertificates, change func(*authserver.Config)) *servers.Local {
	t.Helper()
	return servers.StartLocal(t, func(cfg *authserver.Config) {
		cfg.TLSDir = c.Dir
		cfg.Clients = append(cfg.Clients,
			authserver.Client{ID: "pki", Subject: authserver.CertificateSubject{DNS: "client.example"}, Scope: servers.LocalScope},
			authserver.Client{ID: "self", JWKS: c.SelfSigned.JWKS(), Scope: servers.LocalScope})
		if change != nil {
			change(cfg)
		}
	})
}

// shownCertificates are the certificates and connections of the requests that a server saw.
type shownCertificates struct {
	mu           sync.Mutex
	byConnection map[string]map[string]bool // by the peer's address, thumbprints
	requests     int
}

func (s *shownCertificates) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown := ""
		if len(r.TLS.PeerCertificates) > 0 {
			sum := sha256.Sum256(r.TLS.PeerCertificates[0].Raw)
			shown = base64.RawURLEncoding.EncodeToString(sum[:])
		}
		s.mu.Lock()
		if s.byConnection == nil {
			s.byConnection = make(map[string]map[string]bool)
		}
		if s.byConnection[r.RemoteAddr] == nil {
			s.byConnection[r.RemoteAddr] = make(map[string]bool)
		}
		s.byConnection[r.RemoteAddr][shown] = true
		s.requests++
		s.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// connections counts the connections by certificate. None may have seen two.
func (s *shownCertificates) connections(t *testing.T) map[string]int {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := make(map[string]int)
	for _, shown := range s.byConnection {
		require.Len(t, shown, 1, "a connection is of one certificate")
		for thumbprint := range shown {
			counts[thumbprint]++
		}
	}
	return counts
}

func TestMutualTLS(t *testing.T) {
	t.Parallel()
	c := servers.NewClientCertificates(t)
	shown := new(shownCertificates)
	server := startMutualServer(t, c, func(cfg *authserver.Config) {
		cfg.TokenFormat = authserver.JWT
		cfg.TokenMiddleware = []authserver.Middleware{shown.record}
		cfg.APIMiddleware = []authserver.Middleware{shown.record}
	})
	r := runMutual(t, server.Env(), map[string]mutualCase{
		"right":       {c.Good.Options(t, "pki", "tls_client_auth"), "", "", 200},
		"another":     {c.Second.Options(t, "pki", "tls_client_auth"), "", "", 200},
		"self-signed": {c.SelfSigned.Options(t, "self", "self_signed_tls_client_auth"), "", "", 200},
		"secret":      {json.RawMessage(`{"clientId": "demo", "clientSecret": "` + servers.LocalSecret + `"}`), "", "", 200},
		"wrong name": {
			c.Wrong.Options(t, "pki", "tls_client_auth"), "invalid_client",
			"the subject of the client certificate is not the one that is registered", 0,
		},
		"unknown CA": {
			c.Foreign.Options(t, "pki", "tls_client_auth"), "invalid_client",
			"the client certificate is not from the CA that the server trusts", 0,
		},
		"expired": {
			c.Expired.Options(t, "pki", "tls_client_auth"), "invalid_client",
			"the client certificate has expired", 0,
		},
		"unknown self": {
			c.Good.Options(t, "self", "self_signed_tls_client_auth"), "invalid_client",
			"the client certificate is not one that is registered", 0,
		},
	})
	require.Contains(t, r.Output, `The certificate of client \"pki\" expired on `)
	// One VU: each client has one connection for token endpoint and API, and those without share the VU's.
	require.Equal(t, map[string]int{
		c.Good.Thumbprint(): 2, c.Second.Thumbprint(): 1, c.SelfSigned.Thumbprint(): 1, "": 1,
		c.Wrong.Thumbprint(): 1, c.Foreign.Thumbprint(): 1, c.Expired.Thumbprint(): 1,
	}, shown.connections(t), "the good one is of two clients")
	require.Equal(t, 2*8+2*4+4, shown.requests)
}

// Each virtual user has another certificate, and the options of k6 apply to its connections: of those
// that token requests and the API's share, hosts, insecureSkipTLSVerify and noVUConnectionReuse.
func TestEachVirtualUserHasItsCertificate(t *testing.T) {
	t.Parallel()
	c := servers.NewClientCertificates(t)
	shown := new(shownCertificates)
	server := startMutualServer(t, c, func(cfg *authserver.Config) {
		cfg.TokenMiddleware = []authserver.Middleware{shown.record}
		cfg.APIMiddleware = []authserver.Middleware{shown.record}
	})
	renamed := func(address string) string { return strings.Replace(address, "127.0.0.1", "idp.test", 1) }
	files, err := json.Marshal([][2]string{{c.Good.Certificate, c.Good.Key}, {c.Second.Certificate, c.Second.Key}})
	require.NoError(t, err)
	k6test.Run{
		Script: k6test.Fixture("certificate-per-vu.js"),
		Env: map[string]string{
			"TOKEN_URL": renamed(server.Endpoints().Token), "API_URL": renamed(server.Endpoints().API) + "x",
			"FILES": string(files),
		},
	}.Do(t).Passes(t)
	require.Equal(t, map[string]int{c.Good.Thumbprint(): 3, c.Second.Thumbprint(): 3}, shown.connections(t),
		"one for each iteration")
}

// A proxy that ends TLS shows the server its own certificate, or none.
func TestMutualTLSBehindAProxy(t *testing.T) {
	t.Parallel()
	c := servers.NewClientCertificates(t)
	server := startMutualServer(t, c, func(cfg *authserver.Config) { cfg.TokenFormat = authserver.JWT })
	for name, proxy := range map[string]struct {
		pair *servers.ClientPair
		mutualCase
	}{
		"without": {nil, mutualCase{
			c.Good.Options(t, "pki", "tls_client_auth"), "invalid_client",
			"the client showed no certificate in the TLS handshake", 0,
		}},
		"another one": {&c.Second, mutualCase{
			c.Good.Options(t, "pki", "tls_client_auth"), "token_binding",
			"is bound to the certificate " + c.Second.Thumbprint() + ", but the client's certificate is " + c.Good.Thumbprint(),
			0,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tokenURL := startTLSProxy(t, c, server.Endpoints().Issuer, proxy.pair) + "/token"
			runMutual(t, server.Env("ISSUER=", "TOKEN_URL="+tokenURL), map[string]mutualCase{name: proxy.mutualCase})
		})
	}
}

// startTLSProxy starts a proxy that ends TLS, and shows the target that certificate.
func startTLSProxy(t *testing.T, c servers.ClientCertificates, target string, pair *servers.ClientPair) string {
	t.Helper()
	u, err := url.Parse(target)
	require.NoError(t, err)
	config := c.CA.Client()
	if pair != nil {
		certificate, err := tls.LoadX509KeyPair(pair.Certificate, pair.Key)
		require.NoError(t, err)
		config.Certificates = []tls.Certificate{certificate}
	}
	transport := &http.Transport{TLSClientConfig: config}
	proxy := httptest.NewUnstartedServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }, Transport: transport,
	})
	proxy.TLS = c.CA.Server(t)
	proxy.StartTLS()
	t.Cleanup(func() {
		proxy.Close()
		transport.CloseIdleConnections()
	})
	return proxy.URL
}

// The same against a certified server, whose certificates are asked for at the aliases of its metadata
// alone.
func TestInteropMutualTLS(t *testing.T) {
	t.Parallel()
	c := servers.NewClientCertificates(t)
	jwks, err := json.Marshal(c.SelfSigned.JWKS())
	require.NoError(t, err)
	const bound = `"tls_client_certificate_bound_access_tokens": true`
	clients := `CLIENTS=[
		{"client_id": "pki", "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "client.example", ` + bound + `},
		{"client_id": "self", "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": ` + string(jwks) + `, ` + bound + `}]`
	resource := func(options json.RawMessage) json.RawMessage {
		return json.RawMessage(string(options[:len(options)-1]) + `, "resource": "https://api.example/orders"}`)
	}
	env := func(p *servers.OIDCProvider, more ...string) map[string]string {
		return k6test.With(map[string]string{"ISSUER": p.Issuer, "SSL_CERT_FILE": c.CA.CAFile}, more...)
	}
	t.Run("asked", func(t *testing.T) {
		t.Parallel()
		op := servers.StartOIDCProvider(t, c.CA, clients, "CLIENT_CA="+c.CA.CAFile)
		runMutual(t, env(op), map[string]mutualCase{
			"opaque":           {c.Good.Options(t, "pki", "tls_client_auth"), "", "", 0},
			"JWT":              {resource(c.Good.Options(t, "pki", "tls_client_auth")), "", "", 0},
			"self-signed":      {c.SelfSigned.Options(t, "self", "self_signed_tls_client_auth"), "", "", 0},
			"self-signed, JWT": {resource(c.SelfSigned.Options(t, "self", "self_signed_tls_client_auth")), "", "", 0},
			"wrong name":       {c.Wrong.Options(t, "pki", "tls_client_auth"), "invalid_client", "", 0},
			"unknown CA":       {c.Foreign.Options(t, "pki", "tls_client_auth"), "invalid_client", "", 0},
			"expired":          {c.Expired.Options(t, "pki", "tls_client_auth"), "invalid_client", "", 0},
			"unknown self":     {c.Good.Options(t, "self", "self_signed_tls_client_auth"), "invalid_client", "", 0},
		})
		// The control: without the alias nobody asks for the certificate.
		runMutual(t, env(op, "ISSUER=", "TOKEN_URL="+op.Issuer+"/token"), map[string]mutualCase{
			"no alias": {c.Good.Options(t, "pki", "tls_client_auth"), "invalid_client", "", 0},
		})
		require.Len(t, op.Stop(t), 2*8+2)
	})
	// A server that ends the handshake of certificates that it does not like. Node.js closes the connection.
	t.Run("strict", func(t *testing.T) {
		t.Parallel()
		op := servers.StartOIDCProvider(t, c.CA, clients, "CLIENT_CA="+c.CA.CAFile, "MTLS_STRICT=1")
		runMutual(t, env(op), map[string]mutualCase{"right": {c.Good.Options(t, "pki", "tls_client_auth"), "", "", 0}})
		r := k6test.Run{
			Script: k6test.Fixture("strict-server.js"),
			Env:    env(op, "OPTIONS="+string(c.Expired.Options(t, "pki", "tls_client_auth"))),
		}.Do(t)
		require.Contains(t, r.Output, "the server may have refused the client's certificate")
		require.Len(t, op.Stop(t), 2, "the refused one got no answer")
	})
}

// `k6 x clientcreds serve` hands certificate and key to the command, and scenarios take them.
func TestServeWithAClientCertificate(t *testing.T) {
	t.Parallel()
	for _, auth := range []string{"tls_client_auth", "self_signed_tls_client_auth"} {
		dir := t.TempDir()
		s := k6test.Serve(t, []string{"AUTH=" + auth}, "--tls-dir", filepath.Join(dir, "tls"), "--client-certificate",
			filepath.Join(dir, "client.pem"),
			"--token-format", "jwt", "--", k6test.Binary(t), "run", "scripts/smoke.test.js")
		require.Zero(t, s.Wait(t), s.Output)
	}
}

// The doctor takes the same environment, and sees what the server and the token are like.
func TestDoctorExaminesTheClientOfACertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := k6test.Serve(t, []string{"AUTH=tls_client_auth"}, "--tls-dir", filepath.Join(dir, "tls"), "--client-certificate",
		filepath.Join(dir, "client.pem"),
		"--token-format", "jwt", "--", k6test.Binary(t), "x", "clientcreds", "doctor")
	require.Zero(t, s.Wait(t), s.Output)
	require.Contains(t, s.Output.String(), "authentication  tls_client_auth\n")
	require.Contains(t, s.Output.String(),
		"  ✓ ok      client certificate the server asks for a certificate; CN=demo, by")
	require.Contains(t, s.Output.String(), "  ✓ ok      with token         HTTP 200")
	require.Contains(t, s.Output.String(), "the token is bound to the client's certificate")
}
