package prometheus

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// faultyRun is a run of the quickstart whose exporter meets a fault.
func faultyRun(t *testing.T, options string, more ...string) k6test.Run {
	t.Helper()
	return k6test.Run{
		Script: "examples/quickstart.js",
		Env:    servers.StartLocal(t, nil).Env("K6_CLIENTCREDS_EXIT_CODE=verdict", "K6_PROMETHEUS_PUSH_PASSWORD=hidden"),
		Args:   append([]string{"-o", "prometheus=addr=127.0.0.1:0,pushUsername=k6," + options}, more...),
	}
}

// complains asserts that a run is INVALID for what could not be written, and says so in few lines.
func complains(t *testing.T, r k6test.Result, want string) {
	t.Helper()
	require.Equal(t, k6test.ExitInvalid, r.ExitCode, r.Output)
	assert.Regexp(t, "The run is INVALID: -o prometheus did not write its results: .*"+want, r.Unwrapped())
	assert.LessOrEqual(t, problems(r), 4, r.Output)
	assert.NotContains(t, r.Output, "hidden", "the password")
}

// problems counts the warnings and errors in the log of a run.
func problems(r k6test.Result) int {
	return strings.Count(r.Output, "level=warning") + strings.Count(r.Output, "level=error")
}

// A Pushgateway that is down, silent, or broken costs its time limit at most, and the run is not a PASS that Prometheus
// knows nothing of.
func TestExporterPushgatewayFaults(t *testing.T) {
	t.Parallel()
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, silent.Close()) })
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = fmt.Fprintf(w, "<html>\x1b[31m%s</html>", strings.Repeat("internal error\n", 10_000))
	}))
	t.Cleanup(broken.Close)
	for name, c := range map[string]struct{ url, want string }{
		"down":   {"http://" + k6test.FreeAddress(t), "connection refused"},
		"silent": {"http://" + silent.Addr().String(), "(context deadline exceeded|Client.Timeout)"},
		"broken": {broken.URL, "unexpected status code 500 .*<html> \\[31minternal error internal error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := faultyRun(t, "pushUrl="+c.url).Do(t)
			complains(t, r, c.want)
			assert.Less(t, len(r.Output), 20_000)
		})
	}
}

// A textfile whose folder vanishes during the test, or whose disk is full, is whole or as it was before, and nothing is
// left beside it.
func TestExporterTextfileFaults(t *testing.T) {
	t.Parallel()
	t.Run("folder vanishes", func(t *testing.T) {
		t.Parallel()
		folder := filepath.Join(t.TempDir(), "folder")
		require.NoError(t, os.Mkdir(folder, 0o700))
		run := faultyRun(t, "textfile="+filepath.Join(folder, "k6.prom")).Start(t)
		k6test.Eventually(t, func() bool { return strings.Contains(run.Output.String(), "looping VUs") }, "the test has begun")
		require.NoError(t, os.RemoveAll(folder))
		complains(t, run.Result(t), "cannot be written: no such file or directory")
		assert.NoDirExists(t, folder)
	})
	t.Run("device is full", func(t *testing.T) {
		t.Parallel()
		complains(t, faultyRun(t, "textfile=/dev/full").Do(t), "no space left on device")
	})
}

// limited runs k6 with an upper limit for the size of files, which fails as a full disk does: after a part is written.
func limited(t *testing.T, kilobytes int, args ...string) (exitCode int, output string) {
	t.Helper()
	server := servers.StartLocal(t, nil)
	shell := fmt.Sprintf(`ulimit -f %d; exec "$@"`, kilobytes)
	args = append([]string{"-c", shell, "bash", k6test.Binary(t), "run", "examples/quickstart.js"}, args...)
	cmd := exec.CommandContext(t.Context(), "bash", args...) // #nosec G204 -- the binary under test
	cmd.Dir = k6test.Root
	cmd.Env = append(os.Environ(), "K6_CLIENTCREDS_ALLOW=generator_saturated", "K6_CLIENTCREDS_EXIT_CODE=verdict",
		"K6_NO_USAGE_REPORT=true")
	for name, value := range server.Env() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, _ := cmd.CombinedOutput()
	return cmd.ProcessState.ExitCode(), string(out)
}

// TestExporterAndRecordOnAFullDisk: the files are complete or absent, and the run is INVALID.
func TestExporterAndRecordOnAFullDisk(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	textfile, record := filepath.Join(folder, "k6.prom"), filepath.Join(folder, "record.json")
	require.NoError(t, os.WriteFile(textfile, []byte("old"), 0o600))
	code, out := limited(t, 4, "-o", "prometheus=addr=127.0.0.1:0,textfile="+textfile, "-o", "clientcreds-record="+record)
	require.Equal(t, k6test.ExitInvalid, code, out)
	assert.Contains(t, out, "file too large")
	assert.Contains(t, out, "The run is INVALID: ")
	assert.Equal(t, "old", k6test.ReadFile(t, textfile), "not a part of the new metrics")
	code, verdict := k6test.Judge(t, record)
	assert.Equal(t, 104, code, "no part of a record is taken for one: %s", verdict)
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, entry := range entries {
		assert.Contains(t, []string{"k6.prom", "record.json"}, entry.Name(), "a temporary file is left")
	}

	code, out = limited(t, 4096, "-o", "prometheus=addr=127.0.0.1:0,textfile="+textfile, "-o", "clientcreds-record="+record)
	require.Zero(t, code, out)
	assert.Contains(t, k6test.ReadFile(t, textfile), "\nk6_http_reqs_total{", "the same with room enough")
}

// TestExporterSlowClients: clients that send half a request, or do not read the answer, hold up neither a scrape nor
// the end of the test.
func TestExporterSlowClients(t *testing.T) {
	t.Parallel()
	addr := k6test.FreeAddress(t)
	run := faultyRun(t, "linger=0s,addr="+addr).Start(t)
	k6test.Eventually(t, func() bool {
		return strings.Contains(k6test.Body(t, "http://"+addr+"/metrics"), "\nk6_http_reqs_total{")
	}, "the exporter serves requests")
	for i := range 100 {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		request := "GET /metrics HTTP/1.1\r\nHost: k6\r\nX-Slow: "
		if i%2 == 0 {
			request += "\r\n\r\n" // complete, but nobody reads the answer
		}
		_, err = conn.Write([]byte(request))
		require.NoError(t, err)
	}
	assert.Contains(t, k6test.Body(t, "http://"+addr+"/-/healthy"), "healthy")
	k6test.Eventually(t, func() bool {
		return strings.Contains(k6test.Body(t, "http://"+addr+"/metrics"), "\nk6_http_reqs_total{")
	}, "a scrape beside them is answered")
	r := run.Result(t).Passes(t)
	assert.LessOrEqual(t, problems(r), 2, r.Output)
}

// TestExporterPrometheusGone: k6 does not wait for a Prometheus that was killed.
func TestExporterPrometheusGone(t *testing.T) {
	t.Parallel()
	addr := k6test.FreeAddress(t)
	p := startPrometheus(t, func(int) string { return scrapeConfig("k6", addr, "") })
	run := faultyRun(t, "addr="+addr).Start(t)
	k6test.Eventually(t, func() bool {
		result := p.query(t, "count_over_time(k6_test_running[1m])", time.Now())
		return len(result) == 1 && result[0].Value.v >= 1
	}, "Prometheus scrapes")
	p.Signal(t, syscall.SIGKILL)
	r := run.Result(t).Passes(t)
	assert.Zero(t, problems(r), r.Output)
}
