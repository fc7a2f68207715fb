package credentials

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

func TestInteropWrongKey(t *testing.T) {
	t.Parallel()
	certs, keys := servers.NewCertificates(t), servers.NewClientKeys(t)
	op := servers.StartOIDCProvider(t, certs, keys.Environment)
	other := servers.NewClientKeys(t)
	r := k6test.Run{Script: k6test.Fixture("assertion.js"), Env: map[string]string{
		"ISSUER": op.Issuer, "API_URL": op.Issuer, "SSL_CERT_FILE": certs.CAFile,
		"OPTIONS": `{"clientId": "cc-pkjwt-ec", "auth": "private_key_jwt", "key": {"file": "` + other.ECPEM + `"}}`,
	}}.Do(t)
	require.Contains(t, r.Output, "TokenError: invalid_client (HTTP 401)")
	require.Contains(t, r.Output, "the key or secret with its kid and alg, assertion.audience")
	require.NotRegexp(t, `eyJ[\w-]+\.[\w-]+\.`, r.Output)
	seen := op.Stop(t)
	require.Len(t, seen, 1, "a refused assertion is not sent again")
	require.Equal(t, "invalid_client", seen[0].Error)
}

// A gateway loses the answer to the first request: the provider has used up its assertion, and
// accepts the repeated request only because that has another one.
func TestInteropRetryHasAFreshAssertion(t *testing.T) {
	t.Parallel()
	certs, keys := servers.NewCertificates(t), servers.NewClientKeys(t)
	op := servers.StartOIDCProvider(t, certs, keys.Environment)
	g := startGateway(t, certs, op.Issuer)
	acquire := func(options string, env ...string) {
		t.Helper()
		k6test.Run{
			Script: k6test.Fixture("fresh-assertion.js"),
			Env: k6test.With(map[string]string{
				"TOKEN_URL": g.URL + "/token", "SSL_CERT_FILE": certs.CAFile, "OPTIONS": options,
			}, env...),
		}.Do(t).Passes(t)
	}
	acquire(`{"key": {"file": "`+keys.ECPEM+`"}, "assertion": {"audience": "`+op.Issuer+`"}}`, "RETRIES=1")
	seen := op.Seen()
	require.Len(t, seen, 2, "both requests reached the provider")
	require.Equal(t, []int{200, 200}, []int{seen[0].Status, seen[1].Status})

	// The control: the provider refuses an assertion that it has seen.
	file := filepath.Join(t.TempDir(), "assertion")
	require.NoError(t, os.WriteFile(file, []byte(g.last()), 0o600))
	acquire(`{"assertion": {"file": "`+file+`"}}`, "RETRIES=0", "ERROR=invalid_client")
	require.Len(t, op.Stop(t), 3)
}

// gateway is a proxy before the provider. It answers the first request with 503, after the
// provider has answered it.
type gateway struct {
	*httptest.Server

	mu        sync.Mutex
	assertion string // of the last request
	answered  bool
}

func startGateway(t *testing.T, c servers.Certificates, issuer string) *gateway {
	t.Helper()
	target, err := url.Parse(issuer)
	require.NoError(t, err)
	g := new(gateway)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12}}
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
	certificate, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
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
