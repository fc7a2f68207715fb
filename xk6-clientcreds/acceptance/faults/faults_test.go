//go:build linux

package faults

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// patience is for a state of 1,000 virtual users on a busy machine.
const patience = 90 * time.Second

// row is a fault that a load meets, and what comes of it.
type row struct {
	what   string
	https  bool
	http2  bool
	hydra  bool                                       // Ory Hydra issues the tokens
	change func(t *testing.T, l *load, r *k6test.Run) // of the run
	begin  func(t *testing.T, l *load) (end func())   // the fault begins
	until  func(t *testing.T, l *load) bool           // by default, a twentieth of the calls got no token
	breaks []string                                   // rules of the verdict; none for PASS
	hangs  bool                                       // requests end with their timeout
	loses  bool                                       // requests do not even arrive
	killed bool                                       // the server's own counts are lost
	failed bool                                       // k6's files are not written
	short  bool                                       // also without -long
}

// wired is the beginning of a fault of the wire's answers.
func wired(f fault) func(*testing.T, *load) func() {
	return func(_ *testing.T, l *load) func() {
		l.wire.change(f)
		return nil
	}
}

// often waits until each virtual user has met a fault that costs nothing.
func often(_ *testing.T, l *load) bool {
	hit := l.wire.now().hit
	return hit["token"] >= l.vus && hit["api"] >= 2*l.vus
}

// outage is the rule that an outage breaks which costs calls their tokens.
var outage = []string{"missing_tokens"}

// killed is a server that is gone until all tokens have expired.
func killed(t *testing.T, l *load) func() {
	t.Helper()
	l.server.Signal(t, syscall.SIGKILL)
	l.wire.close(t)
	return func() {
		l.wait(t, "all tokens have expired", func() bool { return l.wire.allExpired() })
		l.server.start(t)
		l.wire.open(t)
	}
}

// paused is a server whose connections stay open, and which says nothing.
func paused(t *testing.T, l *load) func() {
	t.Helper()
	require.NoError(t, l.server.Cmd.Process.Signal(syscall.SIGSTOP))
	return func() { require.NoError(t, l.server.Cmd.Process.Signal(syscall.SIGCONT)) }
}

// serverFaults are the faults between k6 and the server.
func serverFaults() []row {
	return []row{
		{
			what: "The server is killed (SIGKILL), and starts again", breaks: outage, loses: true, killed: true, short: true,
			begin: killed,
		},
		{
			what: "Ory Hydra is killed (SIGKILL), and starts again", breaks: outage, loses: true, killed: true, hydra: true,
			begin: killed,
		},
		{
			what:   "The server is restarted, and knows no token any more",
			breaks: []string{"rejections"}, loses: true, killed: true,
			begin: func(t *testing.T, l *load) func() {
				t.Helper()
				l.server.Signal(t, syscall.SIGTERM)
				l.server.start(t)
				return nil
			},
			until: func(*testing.T, *load) bool { return true },
		},
		{
			what: "The server is paused (SIGSTOP)", breaks: outage, hangs: true, killed: true,
			begin: paused,
		},
		{
			what: "Ory Hydra is paused (SIGSTOP)", breaks: outage, hangs: true, killed: true, hydra: true, begin: paused,
		},
		{what: "Connections are reset", breaks: outage, begin: wired(resets), short: true},
		{what: "A black hole: nothing comes back", breaks: outage, hangs: true, begin: wired(swallows), short: true},
		{what: "Bodies are slow: two bytes per second", breaks: outage, hangs: true, begin: wired(drips)},
		{what: "Bodies are truncated", breaks: outage, begin: wired(truncates)},
		{what: "503 with an HTML page of 70 kB", breaks: outage, begin: wired(unavailable)},
		{
			what: "429 with `Retry-After: 1`", breaks: outage, short: true,
			begin: wired(refuses(429, "Retry-After: 1", "")),
		},
		{
			what: "The certificate has expired", https: true, breaks: outage, loses: true, short: true,
			begin: func(t *testing.T, l *load) func() {
				t.Helper()
				l.certificates.now.Store(l.certificates.expired)
				l.wire.close(t)
				l.wire.open(t)
				return func() { l.certificates.now.Store(l.certificates.good) }
			},
		},
		{
			what: "The certificate is rotated, and connections are closed", https: true, until: often,
			begin: func(_ *testing.T, l *load) func() {
				l.certificates.now.Store(l.certificates.second)
				l.wire.change(saysGoodbye)
				return nil
			},
		},
		nameGone(),
		{
			what: "The port is gone", breaks: outage, loses: true,
			begin: func(t *testing.T, l *load) func() {
				t.Helper()
				l.wire.close(t)
				return func() { l.wire.open(t) }
			},
		},
		{
			// A request that is sent while the connection is closed is lost: a reset, which is a failure.
			what: "The connection is closed after each answer, without notice", until: often, begin: wired(hangsUp),
			loses: true, short: true,
		},
		{what: "HTTP/2 connections end with GOAWAY", https: true, http2: true, until: often, begin: wired(saysGoodbye), short: true},
	}
}

// nameGone is a name that the system no longer resolves. k6 looks it up for each connection.
func nameGone() row {
	var hosts string
	const here, gone = "127.0.0.1 idp.test\n", "127.0.0.1 other.test\n"
	return row{
		what: "The server's name is gone from DNS", breaks: outage, loses: true,
		change: func(t *testing.T, _ *load, r *k6test.Run) {
			t.Helper()
			dir := t.TempDir()
			hosts = filepath.Join(dir, "hosts")
			resolver := filepath.Join(dir, "resolv.conf")
			require.NoError(t, os.WriteFile(hosts, []byte(here), 0o600))
			require.NoError(t, os.WriteFile(resolver, []byte("nameserver 127.0.0.1\noptions attempts:1 timeout:1\n"), 0o600))
			r.Within = inNamespace(t, fmt.Sprintf("mount --bind %s /etc/hosts; mount --bind %s /etc/resolv.conf", hosts, resolver))
			for name, value := range r.Env {
				r.Env[name] = strings.Replace(value, "//127.0.0.1:", "//idp.test:", 1)
			}
		},
		begin: func(t *testing.T, l *load) func() {
			t.Helper()
			require.NoError(t, os.WriteFile(hosts, []byte(gone), 0o600))
			l.wire.change(saysGoodbye)
			return func() { require.NoError(t, os.WriteFile(hosts, []byte(here), 0o600)) }
		},
	}
}

// outputFaults are the faults of k6's outputs and of those that read them.
func outputFaults() []row {
	const exporter = "prometheus=addr=%s,linger=0s"
	still := func(*testing.T, *load) func() { return nil }
	atOnce := func(*testing.T, *load) bool { return true }
	unwritten := []string{"results_not_written"}
	files := func(r *k6test.Run, folder string) {
		for i, arg := range r.Args {
			if strings.HasPrefix(arg, "clientcreds-record=") {
				r.Args[i] = "clientcreds-record=" + filepath.Join(folder, "record.json")
			}
		}
		r.Args = append(r.Args, "-o", fmt.Sprintf(exporter, "127.0.0.1:0")+",textfile="+filepath.Join(folder, "k6.prom"))
	}
	scraped := func(t *testing.T, l *load, r *k6test.Run) {
		t.Helper()
		l.exporter = k6test.FreeAddress(t)
		r.Args = append(r.Args, "-o", fmt.Sprintf(exporter, l.exporter))
	}
	return []row{
		{
			what: "The disk of the record and the textfile is full", breaks: unwritten, failed: true,
			change: func(t *testing.T, l *load, r *k6test.Run) {
				t.Helper()
				d, within := newDisk(t, "16k")
				r.Within, l.folder = within, d.after
				files(r, d.folder)
			},
			begin: still, until: atOnce,
		},
		{
			what: "The disk of the record and the textfile becomes read-only", breaks: unwritten, failed: true,
			change: func(t *testing.T, l *load, r *k6test.Run) {
				t.Helper()
				d, within := newDisk(t, "16m")
				r.Within, l.folder, l.disk = within, d.after, d
				files(r, d.folder)
			},
			begin: func(t *testing.T, l *load) func() {
				t.Helper()
				l.disk.becomeReadOnly(t)
				return nil
			},
			until: atOnce,
		},
		{
			what: "The folder of the record and the textfile vanishes", breaks: unwritten, failed: true, short: true,
			change: func(_ *testing.T, l *load, r *k6test.Run) { files(r, l.folder) },
			begin: func(t *testing.T, l *load) func() {
				t.Helper()
				require.NoError(t, os.RemoveAll(l.folder))
				return nil
			},
			until: atOnce,
		},
		{
			what:   "The scraper is gone in the middle of a scrape",
			change: scraped,
			begin: func(t *testing.T, l *load) func() {
				t.Helper()
				for range 50 {
					conn := dial(t, l.exporter, "GET /metrics HTTP/1.1\r\nHost: k6\r\n\r\n")
					require.NoError(t, conn.(*net.TCPConn).SetLinger(0))
					require.NoError(t, conn.Close())
				}
				return nil
			},
			until: atOnce,
		},
		{
			what:   "300 scrapers that never end their request, or never read the answer",
			change: scraped,
			begin: func(t *testing.T, l *load) func() {
				t.Helper()
				var slow []net.Conn
				for i := range 300 {
					request := "GET /metrics HTTP/1.1\r\nHost: k6\r\nX-Slow: "
					if i%2 == 0 {
						request += "\r\n\r\n" // complete, but nobody reads the answer
					}
					slow = append(slow, dial(t, l.exporter, request))
				}
				return func() {
					for _, conn := range slow {
						_ = conn.Close()
					}
				}
			},
			until: func(t *testing.T, l *load) bool {
				t.Helper()
				return strings.Contains(k6test.Body(t, "http://"+l.exporter+"/metrics"), "\nk6_http_reqs_total{")
			},
		},
		{
			what: "The Pushgateway is down", breaks: unwritten,
			change: func(t *testing.T, _ *load, r *k6test.Run) {
				t.Helper()
				push := ",pushUrl=http://" + k6test.FreeAddress(t)
				r.Args = append([]string{"-o", fmt.Sprintf(exporter, "127.0.0.1:0") + push}, r.Args...)
			},
			begin: still, until: atOnce,
		},
	}
}

// dial connects, and sends what a request begins with.
func dial(t *testing.T, address, request string) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	_, err = conn.Write([]byte(request))
	require.NoError(t, err)
	return conn
}

// TestFaults: a load meets each fault, and recovers from it.
func TestFaults(t *testing.T) {
	var results []*result
	for _, c := range append(serverFaults(), outputFaults()...) {
		if !c.short && !*long {
			continue
		}
		t.Run(c.what, func(t *testing.T) {
			if !*long {
				t.Parallel()
			}
			r := c.meet(t)
			r.check(t)
			if *long {
				results = append(results, r)
				t.Logf("%+v, lag %v", r.seen, r.run.Summary.Value("clientcreds_generator_lag", "max"))
			}
		})
	}
	if *long && *k6test.Update && !t.Failed() {
		document(t, results)
	}
}

// check proves what holds for every fault.
func (r *result) check(t *testing.T) {
	t.Helper()
	out := r.run.Output
	assert.Zero(t, r.seen.withoutToken, "requests without their token")
	if r.stood() {
		// A connection, its handshake, and the request wait for a late machine one after another.
		assert.LessOrEqual(t, r.seen.lateBy, 3*(r.seen.stall+r.lag()), "%d requests with an expired token", r.seen.late)
	} else {
		assert.Zero(t, r.seen.late, "requests with an expired token: %s", r.seen.lateBy)
	}
	assert.LessOrEqual(t, len(r.lines()), 40, "the log is bounded:\n%s", out)
	r.checkCounts(t)
	r.checkVerdict(t)
	r.checkFiles(t)
}

// stood reports whether this process stood still for about as long as a token is kept from its end, or k6 says that it
// was late itself: then a token can expire on its way.
func (r *result) stood() bool {
	return r.seen.stall > 50*time.Millisecond || r.lag() > 10*time.Millisecond
}

// lag is how late k6 says it was, at most.
func (r *result) lag() time.Duration {
	return time.Duration(r.run.Summary.Value("clientcreds_generator_lag", "max") * float64(time.Millisecond))
}

// checkCounts compares k6's counts with what arrived, and with the server's.
func (r *result) checkCounts(t *testing.T) {
	t.Helper()
	token, api := r.run.Summary.Count("clientcreds_requests"), r.run.Summary.Count("http_reqs")
	arrived := r.seen.api - r.seen.repeated
	if !r.row.loses {
		assert.Equal(t, token, r.seen.token, "token requests")
		assert.Equal(t, api, arrived, "API requests")
	} else {
		assert.LessOrEqual(t, r.seen.token, token, "token requests")
		assert.LessOrEqual(t, arrived, api, "API requests")
		lost := r.sum("clientcreds_requests", "error", "connection_refused", "connection_reset", "tls", "dns", "timeout", "transport")
		assert.LessOrEqual(t, token-r.seen.token, lost, "each token request that did not arrive has an error of its connection")
		assert.LessOrEqual(t, api-arrived, r.sum("http_reqs", "status", "0"), "each API request that did not arrive has no answer")
	}
	if r.server != nil {
		assert.Equal(t, r.seen.forwarded, r.server, "the server counts what came through the wire")
	}
	if r.record != nil {
		assert.Equal(t, token, r.sum("clientcreds_requests", ""), "token requests in the record")
		assert.Equal(t, api, r.sum("http_reqs", ""), "API requests in the record")
	}
	assert.Equal(t, r.seen.held, r.seen.givenUp, "k6 waits for no answer beyond its timeout")
}

// checkVerdict compares the verdict, in the log, in the exit code, and in the record.
func (r *result) checkVerdict(t *testing.T) {
	t.Helper()
	out := r.run.Output
	if len(r.row.breaks) == 0 {
		assert.Zero(t, r.run.ExitCode, out)
		assert.NotContains(t, out, "The run is")
	} else {
		assert.Equal(t, k6test.ExitInvalid, r.run.ExitCode, out)
		assert.Contains(t, out, "INVALID: ")
	}
	if r.record == nil {
		return
	}
	if len(r.row.breaks) == 0 {
		assert.Equal(t, "PASS", r.record.Validity.Verdict, "%v", r.record.Validity.Reasons)
		return
	}
	assert.Equal(t, "INVALID", r.record.Validity.Verdict)
	assert.Subset(t, r.record.Rules(), r.row.breaks)
	for _, rule := range r.record.Rules() {
		allowed := append([]string{"failed_requests", "failed_token_requests", "missing_tokens"}, r.row.breaks...)
		if r.stood() {
			allowed = append(allowed, "expired_token_uses")
		}
		assert.Contains(t, allowed, rule, "%v", r.record.Validity.Reasons)
	}
}

// checkFiles: the record is complete, or nobody takes it for one; and nothing is left beside it.
func (r *result) checkFiles(t *testing.T) {
	t.Helper()
	for _, file := range r.files {
		assert.Contains(t, []string{"record.json", "k6.prom"}, file, "a temporary file is left")
	}
	if r.row.failed {
		assert.Regexp(t, `writing the run record: .*record\.json\S* cannot be written`, r.run.Output)
		assert.Regexp(t, `option \S+textfile\S+ .*k6\.prom\S* cannot be written`, r.run.Output)
	}
}
