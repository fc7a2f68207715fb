package exporter

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/metrics"
	"golang.org/x/crypto/bcrypt"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit/k6kit"
)

// start starts the output and stops it at the end of the test.
func (r *rig) start() {
	r.t.Helper()
	require.NoError(r.t, r.Start())
	r.t.Cleanup(func() { _ = r.server.shutdown() })
}

// get requests a URL and returns the status and the body.
func get(t *testing.T, client *http.Client, url string, change ...func(*http.Request)) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	require.NoError(t, err)
	for _, f := range change {
		f(request)
	}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}

func plainClient(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestServesUntilStopped(t *testing.T) {
	r := newRig(t, "127.0.0.1:0,path=/k6,linger=0s")
	assert.Equal(t, "Prometheus (127.0.0.1:0)", r.Description())
	require.NoError(t, r.Start())
	url := r.server.url()
	assert.Equal(t, "Prometheus ("+url+")", r.Description(), "with the port that was bound")
	r.add(r.builtin.Iterations, 1)

	client := plainClient(t)
	status, body := get(t, client, url)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, "\nk6_iterations_total 1\n")
	assert.Contains(t, body, "\ngo_goroutines ")
	assert.Contains(t, body, "\nprocess_cpu_seconds_total ")

	status, body = get(t, client, "http://"+r.server.listener.Addr().String()+"/")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, `<a href="/k6">`, "the root leads to the metrics")
	assert.Contains(t, body, "k6_iterations_total")
	status, _ = get(t, client, url+"/other")
	assert.Equal(t, http.StatusNotFound, status)

	require.NoError(t, r.Stop())
	_, err := net.Dial("tcp", r.server.listener.Addr().String())
	require.Error(t, err, "nobody listens any more")
}

func TestStopWithoutStart(t *testing.T) {
	require.NoError(t, newRig(t, "").Stop())
}

func TestAddressThatIsTaken(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	addr := listener.Addr().String()
	err = newRig(t, addr).Start()
	require.EqualError(t, err, `prometheus output: option "addr": cannot listen on "`+addr+`": listen tcp `+addr+
		`: bind: address already in use; use a free address, as in -o prometheus=127.0.0.1:9465, or port 0 for any free one`)
	var coded errext.HasExitCode
	require.ErrorAs(t, err, &coded)
	assert.Equal(t, exitcodes.InvalidConfig, coded.ExitCode())
}

func TestRuntimeMetricsCanBeLeftOut(t *testing.T) {
	body := newRig(t, "runtimeMetrics=false").scrape(acceptText)
	assert.NotContains(t, body, "\ngo_")
	assert.NotContains(t, body, "\nprocess_")
}

// writeWebConfig makes a certificate for 127.0.0.1 and a web configuration with it and one user.
func writeWebConfig(t *testing.T, withTLS bool) (file string, roots *x509.CertPool) {
	t.Helper()
	dir := t.TempDir()
	pair := testkit.SelfSigned(t, testkit.Key(t, "ES256"), func(c *x509.Certificate) {
		c.IPAddresses, c.BasicConstraintsValid, c.IsCA = []net.IP{net.IPv4(127, 0, 0, 1)}, true, true
	})
	write := func(name, content string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	write("tls.crt", string(testkit.CertificatePEM(pair)))
	write("tls.key", string(testkit.KeyPEM(t, pair.PrivateKey)))
	hash, err := bcrypt.GenerateFromPassword([]byte("right"), bcrypt.MinCost)
	require.NoError(t, err)
	config := "basic_auth_users:\n  scraper: " + string(hash) + "\n"
	if withTLS {
		config += "tls_server_config:\n  cert_file: tls.crt\n  key_file: tls.key\n"
	}
	write("web.yml", config)
	roots = x509.NewCertPool()
	roots.AddCert(pair.Leaf)
	return filepath.Join(dir, "web.yml"), roots
}

func TestTLSAndBasicAuthentication(t *testing.T) {
	file, roots := writeWebConfig(t, true)
	r := newRig(t, "127.0.0.1:0,webConfig="+file)
	r.start()
	assert.Regexp(t, `^https://127\.0\.0\.1:\d+/metrics$`, r.server.url())
	client := plainClient(t)
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}

	status, body := get(t, client, r.server.url())
	assert.Equal(t, http.StatusUnauthorized, status, "without credentials")
	assert.NotContains(t, body, "k6_info")
	status, _ = get(t, client, r.server.url(), func(q *http.Request) { q.SetBasicAuth("scraper", "wrong") })
	assert.Equal(t, http.StatusUnauthorized, status)
	status, body = get(t, client, r.server.url(), func(q *http.Request) { q.SetBasicAuth("scraper", "right") })
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, "k6_info")
	require.NoError(t, r.server.shutdown())
}

func TestBasicAuthenticationWithoutTLS(t *testing.T) {
	file, _ := writeWebConfig(t, false)
	r := newRig(t, "127.0.0.1:0,webConfig="+file)
	r.start()
	assert.Regexp(t, `^http://`, r.server.url())
	status, _ := get(t, plainClient(t), r.server.url())
	assert.Equal(t, http.StatusUnauthorized, status)
}

func TestWebConfigurationThatIsWrong(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "web.yml")
	require.NoError(t, os.WriteFile(broken, []byte("tls_server_config:\n  cert: x\n  unknown: 1\n"), 0o600))
	for _, file := range []string{broken, "does-not-exist.yml"} {
		_, err := New(k6kit.Params("127.0.0.1:0,webConfig=" + file))
		require.ErrorContains(t, err, `option "webConfig": `)
		require.ErrorContains(t, err, "it must be a web configuration file of Prometheus's exporter-toolkit")
		var coded errext.HasExitCode
		require.ErrorAs(t, err, &coded)
		assert.Equal(t, exitcodes.InvalidConfig, coded.ExitCode())
	}
}

func TestScrapesCompress(t *testing.T) {
	r := newRig(t, "127.0.0.1:0")
	r.start()
	status, body := get(t, plainClient(t), r.server.url(),
		func(q *http.Request) { q.Header.Set("Accept-Encoding", "gzip") })
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "\x1f\x8b", body[:2])
}

// TestExportersAnswerForWhatTheyDropped: a run whose metrics are not all served does not count.
func TestExportersAnswerForWhatTheyDropped(t *testing.T) {
	es := &Exporters{Help: Help{"orders": "Orders placed."}}
	assert.Empty(t, es.Dropped())
	for range 2 {
		made, err := es.New(k6kit.Params("127.0.0.1:0,maxSeries=1"))
		require.NoError(t, err)
		registry := metrics.NewRegistry()
		orders := registry.MustNewMetric("orders", metrics.Counter)
		for _, status := range []string{"200", "404", "500"} {
			made.AddMetricSamples([]metrics.SampleContainer{metrics.Sample{
				TimeSeries: metrics.TimeSeries{Metric: orders, Tags: registry.RootTagSet().With("status", status)}, Value: 1,
			}})
		}
	}
	assert.Equal(t, map[string]int64{"prometheus_series_limit": 4}, es.Dropped())
}
