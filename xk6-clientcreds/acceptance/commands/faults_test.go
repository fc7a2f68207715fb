package commands

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// Scripts can change the local server, and their requests do not count as failed.
func TestFaultsFromAScript(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, func(c *authserver.Config) { c.TokenFormat = authserver.JWT })
	r := k6test.Run{Script: k6test.Fixture("faults.js"), Env: server.Env("TOKEN_URL=")}.Do(t).Passes(t)
	stats := server.Stats()
	require.Equal(t, map[string]int64{"server_error": 1, "issued": 3, "invalid_client": 1}, stats.TokenRequests.ByResult)
	require.EqualValues(t, 1, stats.APIRequests.Total)
	require.EqualValues(t, 1, r.Summary.Value("http_req_failed", "fails"),
		"of one request it is known that it did not fail")
	require.Equal(t, r.Summary.Count("http_reqs"), r.Summary.Count("http_reqs{name:admin}")+1)
}

// A server that cannot be told to fail does not pass for one that does not fail.
func TestFaultsNeedTheLocalServer(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, func(c *authserver.Config) { c.Admin = authserver.AdminOff })
	r := k6test.Run{Script: k6test.Fixture("faults.js"), Env: server.Env()}.Do(t)
	require.Contains(t, r.Output, "configuration: ADMIN_URL is not set; set it to the admin endpoint of the local server, "+
		"by running this with k6 x clientcreds serve -- …")
	require.Equal(t, k6test.ExitThresholds, r.ExitCode, r.Output)
}

// The shell commands of the page run, each with its faults.
func TestFaultsFromTheCommandLine(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(k6test.Root, "docs", "guides", "faults.md"))
	require.NoError(t, err)
	inline := regexp.MustCompile(`(?m)^build/k6 x clientcreds serve --faults '(\{.*\})' -- build/k6 run (\S+)$`).FindStringSubmatch(string(text))
	require.NotNil(t, inline)
	file := filepath.Join(t.TempDir(), "faults.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"api": {"latency": "1ms"}}`), 0o600))
	for kind, faults := range map[string]string{
		`"latency": {` + "\n" + `      "token": `: inline[1],
		`"latency": {` + "\n" + `      "api": `:   file,
	} {
		stats := filepath.Join(t.TempDir(), "server.json")
		s := k6test.Serve(t, []string{"VUS=1", "DURATION=1s"}, "--faults", faults, "--stats-file", stats, "--", k6test.Binary(t), "run",
			inline[2])
		require.Zero(t, s.Wait(t), s.Output)
		require.Contains(t, k6test.ReadFile(t, stats), kind)
	}
}
