package verdicts

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// A run reads the metrics of servers in all states. Each failure is logged once, and affects nothing else.
func TestMetricsOfServersUnderTest(t *testing.T) {
	t.Parallel()
	const token, rotated = "t0ken-of-the-environment", "t0ken-of-the-file"
	healthy := servers.GoMetrics(1)
	requiring := func(token string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer "+token {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			healthy(w, r)
		}
	}
	var requests atomic.Int64
	urls := map[string]string{
		"dead":  "http://" + k6test.FreeAddress(t) + "/metrics",
		"slow":  servers.StartMetrics(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }),
		"wrong": servers.StartMetrics(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<!doctype html>")) }),
		"endless": servers.StartMetrics(t, func(w http.ResponseWriter, _ *http.Request) {
			for line := []byte("# " + strings.Repeat("x", 1<<16) + "\n"); ; {
				if _, err := w.Write(line); err != nil {
					return
				}
			}
		}),
		"locked": servers.StartMetrics(t, requiring(token)),
		"secure": servers.StartMetrics(t, requiring(token)),
		"filed":  servers.StartMetrics(t, requiring(rotated)),
		"recovers": servers.StartMetrics(t, func(w http.ResponseWriter, r *http.Request) {
			if requests.Add(1) < 3 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			healthy(w, r)
		}),
	}
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(rotated+"\n"), 0o600))
	output := "clientcreds-record=scrapeMetrics=queue_* none_*,scrapeToken=filed=" + file + ",scrapeCPUs=recovers=4"
	for name, url := range urls {
		output += ",scrape=" + name + "=" + url
	}
	record := filepath.Join(t.TempDir(), "record.json")
	server := servers.StartLocal(t, nil)
	r := k6test.Run{
		Script: "scripts/api-load.js", Args: []string{"-o", output, "--verbose"},
		Env: server.Env("VUS=2", "DURATION=8s", "PAUSE=0.1", "K6_CLIENTCREDS_RECORD_FILE="+record,
			"K6_CLIENTCREDS_RECORD_SCRAPE_TOKEN_SECURE="+token),
	}.Do(t).Passes(t)
	found := k6test.ReadRecord(t, record)
	require.Equal(t, "PASS", found.Validity.Verdict, found.Validity.Reasons)
	for name, problem := range map[string]string{
		"dead": "connection refused", "slow": "a complete answer within 5s", "wrong": "not in the text format of Prometheus",
		"endless": "longer than 4 MiB", "locked": "HTTP 401; if the server requires a bearer token, set it in " +
			"K6_CLIENTCREDS_RECORD_SCRAPE_TOKEN_LOCKED", "recovers": "HTTP 503", "secure": "", "filed": "",
	} {
		warning := fmt.Sprintf(`the metrics of the server \"%s\" could not be read`, name)
		if problem == "" {
			require.NotContains(t, r.Output, warning)
		} else {
			require.Equal(t, 1, strings.Count(r.Output, warning), "%s: %s", name, r.Output)
			require.Regexp(t, `\\"`+name+`\\" could not be read[^\n]*`+problem, r.Output)
		}
		works := problem == "" || name == "recovers"
		for _, measurement := range []string{"cpu", "cpu_usage", "memory", "threads", "queue_length"} {
			metric := found.Metrics["server:"+name+":"+measurement]
			require.Equal(t, works, metric.All.Samples > 0, "%s %s", name, measurement)
		}
	}
	require.InDelta(t, 5, found.Mean("server:secure:queue_length"), 1e-9, "the sum of its series")
	require.InDelta(t, 1, found.Mean("server:secure:cpu"), 0.3)
	require.InDelta(t, 0.5, found.Mean("server:secure:cpu_usage"), 0.15)
	require.InDelta(t, 0.25, found.Mean("server:recovers:cpu_usage"), 0.1, "of the four CPUs that the user says")
	require.Equal(t, 1, strings.Count(r.Output, `matches no metric of the servers`))
	for _, secret := range []string{token, rotated} {
		require.NotContains(t, r.Output, secret)
		require.NotContains(t, found.Text, secret)
	}
	page := filepath.Join(t.TempDir(), "report.html")
	code, text := k6test.Subcommand(t, "report", "-o", page, record)
	require.Zero(t, code, text)
	html, err := os.ReadFile(page) // #nosec G304 -- written by the test
	require.NoError(t, err)
	require.True(t, bytes.Contains(html, []byte("CPU cores used by secure")))
	require.True(t, bytes.Contains(html, []byte("50 MB")))
}
