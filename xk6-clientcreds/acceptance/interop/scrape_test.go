package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// scrapesServer runs a load, and reads the server's own metrics meanwhile: the defaults, and one metric on demand.
func scrapesServer(t *testing.T, metrics string, env map[string]string, measurements []string, chosen string) {
	t.Helper()
	dir := t.TempDir()
	var files []string
	for i := range 2 {
		file := filepath.Join(dir, fmt.Sprintf("run-%d.json", i))
		files = append(files, file)
		r := k6test.Run{
			Script: "scripts/token-load.js", Env: k6test.With(env, "RATE=10", "DURATION=5s", "MAX_VUS=50", "SLO_P95=60s"),
			Args: []string{"-o", "clientcreds-record=file=" + file + ",scrapeCPUs=idp=1,scrape=idp=" + metrics +
				",scrapeMetrics=" + chosen},
		}.Do(t).Passes(t)
		require.NotContains(t, r.Output, "could not be read")
		require.NotContains(t, r.Output, "matches no metric")
		record := k6test.ReadRecord(t, file)
		for _, name := range append(measurements, chosen) {
			require.Positive(t, record.Metrics["server:idp:"+name].All.Samples, name)
			require.Contains(t, record.Instances[0].Series, "server:idp:"+name)
		}
		require.Positive(t, record.Mean("server:idp:cpu"))
		require.InEpsilon(t, record.Mean("server:idp:cpu"), record.Mean("server:idp:cpu_usage"), 1e-6, "of one CPU")
		require.Greater(t, record.Mean("server:idp:memory"), 1e6)
	}
	rules := filepath.Join(dir, "rules.yml")
	require.NoError(t, os.WriteFile(rules, []byte("rules:\n  avg of server:idp:cpu: +1000%\n  max of server:idp:memory: +1000000000000B\n"),
		0o600))
	code, output := k6test.Subcommand(t, "compare", "--rules", rules, files[0], files[1])
	require.Equal(t, k6test.ExitInvalid, code, output)
	require.Contains(t, output, "too few runs", "nothing else is wrong")
	page := filepath.Join(dir, "report.html")
	code, output = k6test.Subcommand(t, "report", "-o", page, "--base", files[0], files[1])
	require.Zero(t, code, output)
	require.Contains(t, k6test.ReadFile(t, page), "CPU cores used by idp")
}

func TestMetricsOfHydra(t *testing.T) {
	t.Parallel()
	certs := sharedCertificates(t)
	h := servers.StartHydra(t, certs.CA)
	client := servers.Registration{
		ID: "scraped", Secret: servers.LongSecret, AuthMethod: "client_secret_basic", GrantTypes: []string{"client_credentials"},
	}
	require.True(t, h.Register(t, client).OK)
	scrapesServer(t, h.Admin+"/admin/metrics/prometheus", map[string]string{
		"ISSUER": h.Issuer, "CLIENT_ID": client.ID, "CLIENT_SECRET": client.Secret, "SSL_CERT_FILE": certs.CA.CAFile,
	}, []string{"cpu", "cpu_usage", "memory", "gc", "threads"}, "go_memstats_alloc_bytes")
}

func TestKeycloakMetrics(t *testing.T) {
	t.Parallel()
	scrapesServer(t, sharedKeycloak(t).Metrics, keycloakEnv(t),
		[]string{"cpu", "cpu_usage", "node_cpu_usage", "memory", "threads", "connections", "connections_waiting", "requests"},
		"jvm_memory_committed_bytes")
}
