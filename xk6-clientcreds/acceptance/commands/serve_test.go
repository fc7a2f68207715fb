package commands

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// What `make run` does, shorter: the local server over HTTPS, the scenario against it, and the
// counts of both in two files that agree.
func TestMainJob(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	summaryFile, statsFile := filepath.Join(dir, "summary.json"), filepath.Join(dir, "server.json")
	s := k6test.Serve(t, []string{"VUS=5", "DURATION=6s", "PAUSE=0.02", "LEEWAY=40%"},
		"--tls-dir", filepath.Join(dir, "tls"), "--ttl", "2s", "--stats-file", statsFile, "--",
		k6test.Binary(t), "run", "--summary-export", summaryFile, "scripts/api-load.js")
	require.Zero(t, s.Wait(t), s.Output)
	require.Contains(t, s.Output.String(), "verdict  PASS")
	require.Contains(t, s.Output.String(), "https://127.0.0.1:")

	var k6 k6test.Summary
	var stats authserver.Stats
	require.NoError(t, json.Unmarshal([]byte(k6test.ReadFile(t, summaryFile)), &k6))
	require.NoError(t, json.Unmarshal([]byte(k6test.ReadFile(t, statsFile)), &stats))
	require.Equal(t, int(stats.TokenRequests.Total), k6.Count("clientcreds_requests"))
	require.Equal(t, map[string]int64{"issued": stats.TokenRequests.Total}, stats.TokenRequests.ByResult)
	require.Equal(t, map[string]int64{"demo": stats.TokenRequests.Total}, stats.TokenRequests.ByClient)
	require.Equal(t, map[string]int64{"ok": int64(k6.Count("http_reqs"))}, stats.APIRequests.ByResult)
	require.Zero(t, k6.Value("http_req_failed", "passes"))
	require.GreaterOrEqual(t, k6test.Result{Output: s.Output.String()}.TokenRequests("early"), 5*2, "tokens were replaced")
	require.Zero(t, k6.Count("clientcreds_rejections"))
	require.Zero(t, k6.Count("clientcreds_expired_token_uses"))
}

// The server and a pool of clients read the same files: the one that the server is given, and the
// one that it makes.
func TestServeSharesItsClientsWithThePool(t *testing.T) {
	t.Parallel()
	file := func(ending, content string) []string {
		path := filepath.Join(t.TempDir(), "clients"+ending)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return []string{"--clients", path}
	}
	response := func(id string) string {
		return fmt.Sprintf(`{"client_id":%q,"client_secret":"secret+of/%s=","client_secret_expires_at":0,"client_id_issued_at":1700000000,"owner":"","scope":"orders.read",
			"grant_types":["client_credentials"],"token_endpoint_auth_method":"client_secret_post","metadata":{},"jwks":{}}`, id, id)
	}
	for name, args := range map[string][]string{
		"given": {"--clients", "examples/clients.json"}, "CSV": {"--clients", "examples/clients.csv"},
		"made":                     {"--client-count", "5"},
		"answers to registrations": file(".json", response("a")+"\n"+response("b")+"\n"+response("c")+"\n"),
		"by a spreadsheet": file(".csv",
			"\ufeffsep=;\r\nclientId; clientSecret;tags.shop;auth\r\na; "+
				"s1;x;\r\n;;;\r\n\r\nb;\"s;2\";y;client_secret_post\r\nc;s3\r\n"),
		"by PowerShell": file(".json",
			"\ufeff[\r\n"+`{"clientId":"a","clientSecret":"s1"},{"clientId":"b","clientSecret":"s2","dpop":true},{"clientId":"c","clientSecret":"s3","timeout":5000}]`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			statsFile := filepath.Join(t.TempDir(), "server.json")
			s := k6test.Serve(t, nil, append(args, "--stats-file", statsFile, "--", k6test.Binary(t), "run", "examples/client-pool.js")...)
			require.Zero(t, s.Wait(t), s.Output)
			var stats authserver.Stats
			require.NoError(t, json.Unmarshal([]byte(k6test.ReadFile(t, statsFile)), &stats))
			require.Equal(t, map[string]int64{"issued": 3}, stats.TokenRequests.ByResult)
		})
	}
}

// The command's exit code is the server's, so that a gate in CI sees the thresholds.
func TestServeEndsAsItsCommandDoes(t *testing.T) {
	t.Parallel()
	s := k6test.Serve(t, []string{"CLIENT_SECRET=right-secret"}, "--",
		"env", "CLIENT_SECRET=wrong-secret", k6test.Binary(t), "run", "examples/on-error-abort.js")
	require.Equal(t, k6test.ExitAborted, s.Wait(t), s.Output)

	s = k6test.Serve(t, []string{"VUS=1", "DURATION=1s"}, "--api-scope", "orders.admin", "--", k6test.Binary(t), "run",
		"scripts/api-load.js")
	require.Equal(t, k6test.ExitScriptException, s.Wait(t), s.Output)
}

// Without a command it serves what it announces, to a script in another terminal, until it is told
// to end; then it leaves its counters behind.
func TestServeForAnotherTerminal(t *testing.T) {
	t.Parallel()
	statsFile := filepath.Join(t.TempDir(), "server.json")
	s := k6test.Serve(t, nil, "--token-format", "jwt", "--stats-file", statsFile)
	k6test.Eventually(t, func() bool { return strings.Contains(s.Output.String(), "export SCOPE=") }, "the announcement")
	env := make(map[string]string)
	for line := range strings.Lines(s.Output.String()) {
		if assignment, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			name, value, _ := strings.Cut(assignment, "=")
			env[name] = strings.Trim(value, "'")
		}
	}
	r := k6test.Run{Script: "scripts/smoke.test.js", Env: env}.Do(t).Passes(t)
	s.Signal(t, syscall.SIGTERM)
	require.Zero(t, s.Wait(t), s.Output)
	var stats authserver.Stats
	require.NoError(t, json.Unmarshal([]byte(k6test.ReadFile(t, statsFile)), &stats))
	require.EqualValues(t, r.Summary.Count("clientcreds_requests"), stats.TokenRequests.ByResult["issued"])
	require.EqualValues(t, r.Summary.Count("http_reqs"), stats.APIRequests.ByResult["ok"])
}
