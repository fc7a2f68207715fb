package doctor

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

func metadataOf(methods ...string) *oauth.Metadata {
	return &oauth.Metadata{TokenEndpointAuthMethods: methods}
}

// rootsOf are the authorities to trust with a local server over HTTPS.
func rootsOf(t *testing.T, x *examined) *x509.CertPool {
	t.Helper()
	pem, err := os.ReadFile(x.server.Endpoints().CAFile)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(pem))
	return roots
}

// TestTLS examines a server over HTTPS that is trusted, and one that is not.
func TestTLS(t *testing.T) {
	t.Parallel()
	x := serve(t, func(c *authserver.Config) { c.TLSDir = t.TempDir() })
	roots := rootsOf(t, x)
	r := x.examine(t, func(c *Config) { c.RootCAs = roots })
	r.isOnly(t, map[string]Status{})
	require.Equal(t, "TLS 1.3", r.get(t, "connection.tls").Data["version"])
	require.Equal(t, "h2", r.get(t, "connection.tls").Data["protocol"])
	require.Contains(t, r.get(t, "connection.certificate").Summary,
		"CN=clientcreds local server, by CN=clientcreds local CA")
	require.Positive(t, r.get(t, "latency.first_grant").Data["tls_handshaking_ms"])

	before := x.server.Stats().TokenRequests.Total
	r = x.examine(t, func(c *Config) {
		c.Issuer, c.TokenURL, c.APIURL, c.RootCAs = "", x.server.Endpoints().Token, "", x509.NewCertPool()
	})
	r.isOnly(t, map[string]Status{"connection.certificate": Failed})
	require.Contains(t, r.get(t, "connection.certificate").Hint, "SSL_CERT_FILE")
	require.Equal(t, Skipped, r.get(t, "grant.configured").Status)
	require.Equal(t, before, x.server.Stats().TokenRequests.Total, "credentials go over no such connection")
}

// selfSigned is a certificate that is its own authority.
func selfSigned(t *testing.T, host string, notBefore, notAfter time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	pair := testkit.SelfSigned(t, testkit.Key(t, "ES256"), func(c *x509.Certificate) {
		c.Subject.CommonName, c.NotBefore, c.NotAfter = "idp", notBefore, notAfter
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageDigitalSignature|x509.KeyUsageCertSign
		c.ExtKeyUsage, c.DNSNames = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, []string{"localhost"}
		if ip := net.ParseIP(host); ip != nil {
			c.IPAddresses = []net.IP{ip}
		}
	})
	pool := x509.NewCertPool()
	pool.AddCert(pair.Leaf)
	return *pair, pool
}

func TestCertificate(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		host          string
		from, to      time.Duration
		want          Status
		summary, hint string
	}{
		"good":             {"127.0.0.1", -day, 90 * day, OK, "89 days left", ""},
		"expired":          {"127.0.0.1", -90 * day, -day, Failed, "expired on", "renewed"},
		"expires soon":     {"127.0.0.1", -day, 3 * day, Warning, "2 days left", "renewed before a long test"},
		"not valid yet":    {"127.0.0.1", day, 90 * day, Failed, "valid only from", "clock of this machine"},
		"for another host": {"192.0.2.1", -day, 90 * day, Failed, "127.0.0.1", "host name that is in the certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cert, roots := selfSigned(t, c.host, time.Now().Add(c.from), time.Now().Add(c.to))
			server := httptest.NewUnstartedServer(http.NotFoundHandler())
			server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
			server.Config.ErrorLog = log.New(io.Discard, "", 0) // the doctor leaves in the middle of things
			server.StartTLS()
			defer server.Close()
			r := examine(t, Config{TokenURL: server.URL + "/token", ClientID: testID, ClientSecret: secret.New(testSecret), RootCAs: roots})
			got := r.get(t, "connection.certificate")
			require.Equal(t, c.want, got.Status)
			require.Contains(t, got.Summary, c.summary)
			require.Contains(t, got.Hint, c.hint)
			granting := Failed // there is no token endpoint
			if c.want == Failed {
				granting = Skipped
			}
			require.Equal(t, granting, r.get(t, "grant.configured").Status)
		})
	}
}

func TestNotTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	r := examine(t, Config{TokenURL: "https" + server.URL[len("http"):], ClientID: testID, ClientSecret: secret.New(testSecret)})
	r.isOnly(t, map[string]Status{"connection.tls": Failed})
}

func TestPlainHTTP(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]Status{
		"localhost": Info, "127.0.0.1:1": Info, "[::1]": Info,
		"idp.example": Warning, "192.0.2.1": Warning,
	} {
		u, err := url.Parse("http://" + host + "/token")
		require.NoError(t, err)
		require.Equal(t, want, plainHTTP(u).Status, host)
	}
}

func TestUnknownHost(t *testing.T) {
	t.Parallel()
	r := examine(t, Config{
		TokenURL: "https://idp.invalid/token", ClientID: testID, ClientSecret: secret.New(testSecret),
		Timeout: 5 * time.Second,
	})
	require.Equal(t, Failed, r.get(t, "connection.dns").Status)
	require.False(t, r.Usable)
}

// Behind a proxy the connection of the server is not the one that is made.
func TestProxy(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Host != "idp.example" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte(`{"access_token":"a-token-of-the-proxy","token_type":"Bearer","expires_in":300}`))
	}))
	defer proxy.Close()
	u, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	u.User = url.UserPassword("me", "proxy-password")
	r := examine(t, Config{
		TokenURL: "http://idp.example/token", ClientID: testID, ClientSecret: secret.New(testSecret), Proxy: http.ProxyURL(u), Grants: 1,
	})
	r.isOnly(t, map[string]Status{})
	require.Contains(t, r.get(t, "connection.proxy").Summary, u.Host)
	require.NotContains(t, r.get(t, "connection.proxy").Summary, "proxy-password")
}
