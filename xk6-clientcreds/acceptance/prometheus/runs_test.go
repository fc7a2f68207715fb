package prometheus

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// The jobs of the scrapes: two runs, each scraped for native histograms and once more for classic
// ones, so that both are proven on the same samples.
const (
	jobSteady, jobSteadyClassic = "steady", "steady-classic"
	jobFaulty, jobFaultyClassic = "faulty", "faulty-classic"
)

// The faulty run is written to Prometheus by k6's own output as well. There it is known by this value
// of its tag testid; what is scraped gets its job's name.
const testidRemote = "remote-write"

// signedSecret is the key of a client that authenticates by assertions. HS256 asks for 32 bytes.
const signedSecret = "a-secret-of-32-bytes-or-even-more"

// linger is how long the exporters stay up after the test: two scrapes, whatever their turn.
const linger = "2500ms"

// observed are two runs of k6 that a Prometheus saw.
type observed struct {
	*prometheus

	steady, faulty         k6test.Result
	from, to               time.Time // what a dashboard would show: all of it
	steadyLast, faultyLast time.Time // last scrapes
	exposition             string    // of the faulty run, with everything in it
}

// observeRuns makes the runs.
func observeRuns(t *testing.T) *observed {
	t.Helper()
	steadyAddr, faultyAddr := k6test.FreeAddress(t), k6test.FreeAddress(t)
	o := new(observed)
	o.prometheus = startPrometheus(t, func(major int) string {
		configs := scrapeConfig(jobSteadyClassic, steadyAddr, "") + scrapeConfig(jobFaultyClassic, faultyAddr, "")
		if major >= 3 {
			native := "    scrape_native_histograms: true\n"
			configs += scrapeConfig(jobSteady, steadyAddr, native) + scrapeConfig(jobFaulty, faultyAddr, native)
		}
		return configs
	})
	o.from = time.Now()
	server := servers.StartLocal(t, func(c *authserver.Config) {
		c.TLSDir = t.TempDir()
		c.TTL = 5 * time.Second
		c.DPoPNonce = time.Second
		c.Clients = append(c.Clients,
			authserver.Client{ID: "flaky", Secret: secret.New(servers.LocalSecret), Scope: servers.LocalScope},
			authserver.Client{ID: "signed", Secret: secret.New(signedSecret), Scope: servers.LocalScope, AuthMethod: "client_secret_jwt"},
			authserver.Client{ID: "rotating", Secret: secret.New(servers.LocalSecret), Scope: servers.LocalScope},
			authserver.Client{ID: "short", Secret: secret.New(servers.LocalSecret), Scope: servers.LocalScope, TTL: 2 * time.Second})
		c.TokenMiddleware = []authserver.Middleware{unavailableToFlaky}
		c.APIMiddleware = []authserver.Middleware{slowBelowSlow}
	})
	rotating := filepath.Join(t.TempDir(), "rotating-secret")
	k6test.ReplaceFile(t, rotating, servers.LocalSecret)
	// One test at a time would take twice as long; together they keep two cores half busy.
	steady := k6test.Run{
		Script: k6test.Fixture("steady.js"),
		Env:    server.Env(),
		Args:   []string{"-o", "prometheus=addr=" + steadyAddr + ",linger=" + linger},
	}.Start(t)
	faulty := k6test.Run{
		Script: k6test.Fixture("faulty.js"),
		Env: server.Env("FLAKY_ID=flaky", "SHORT_ID=short", "SIGNED_ID=signed", "SIGNED_SECRET="+signedSecret,
			"ROTATING_ID=rotating", "ROTATING_FILE="+rotating,
			"CLOSED_URL=http://"+k6test.FreeAddress(t)+"/token",
			"K6_PROMETHEUS_RW_SERVER_URL="+o.url+"/api/v1/write", "K6_PROMETHEUS_RW_PUSH_INTERVAL=1s",
			"K6_PROMETHEUS_RW_TREND_AS_NATIVE_HISTOGRAM="+strconv.FormatBool(o.major >= 3)),
		Args: []string{
			// k6 stops its outputs in this order: what remote write sends last is there when the
			// exporter is scraped last.
			"-o", "experimental-prometheus-rw", "-o", "prometheus=addr=" + faultyAddr + ",maxSeries=100,linger=" + linger,
			"--tag", "testid=" + testidRemote,
		},
	}.Start(t)
	k6test.Eventually(t, func() bool { return server.Stats().TokenRequests.ByClient["rotating"] > 0 },
		"the rotating client has a token")
	k6test.ReplaceFile(t, rotating, "new-"+servers.LocalSecret)
	require.NoError(t, server.RotateSecret("rotating", secret.New("new-"+servers.LocalSecret), 0))
	o.exposition = expositionWith(t, faulty, "http://"+faultyAddr+"/metrics",
		"k6_prometheus_dropped_samples_total", "k6_clientcreds_expired_token_uses_total", "k6_clientcreds_rejections_total",
		"k6_clientcreds_retries_total", "k6_clientcreds_secret_rotations_total", "k6_clientcreds_retry_after_seconds", "k6_dropped_iterations_total", "k6_clientcreds_request_tls_handshaking_seconds")
	o.steady, o.faulty = steady.Result(t).Passes(t), faulty.Result(t)
	require.Equal(t, k6test.ExitThresholds, o.faulty.ExitCode, o.faulty.Output)
	o.to = time.Now()
	o.steadyLast, o.faultyLast = o.lastScrape(t, jobSteadyClassic), o.lastScrape(t, jobFaultyClassic)
	return o
}

func scrapeConfig(job, addr, more string) string {
	return fmt.Sprintf(`  - job_name: %s
    static_configs: [{targets: ["%s"]}]
    metric_relabel_configs:
      - {source_labels: [testid], regex: .+, target_label: testid, replacement: %s}
%s`, job, addr, job, more)
}

// unavailableToFlaky answers every second request of a client with 503 and when to come back.
var unavailableToFlaky = func() authserver.Middleware {
	turn := make(chan bool, 1)
	turn <- false
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if id, _, _ := r.BasicAuth(); id == "flaky" {
				busy := <-turn
				turn <- !busy
				if busy {
					w.Header().Set("Retry-After", "1")
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}()

// slowBelowSlow is an API with a slow resource.
func slowBelowSlow(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/slow") {
			select {
			case <-time.After(250 * time.Millisecond):
			case <-r.Context().Done():
			}
		}
		next.ServeHTTP(w, r)
	})
}

// expositionWith returns what the exporter of a run serves once it has all of these metrics.
func expositionWith(t *testing.T, run *k6test.K6, endpoint string, names ...string) string {
	t.Helper()
	var text string
	k6test.Eventually(t, func() bool {
		select {
		case <-run.Done:
			t.Fatalf("the run ended early: %s", run.Output)
		default:
		}
		text = k6test.Body(t, endpoint)
		for _, name := range names {
			if !strings.Contains(text, "\n"+name) {
				return false
			}
		}
		return true
	}, "the exporter serves "+strings.Join(names, ", "))
	return text
}

// lastScrape is when a job was scraped for the last time. The end of the test is in that scrape.
func (o *observed) lastScrape(t *testing.T, job string) time.Time {
	t.Helper()
	expr := fmt.Sprintf(`max(max_over_time(timestamp(k6_test_end_time_seconds{job=%q})[2m:500ms]))`, job)
	return time.UnixMilli(int64(o.value(t, expr, o.to) * 1000))
}
