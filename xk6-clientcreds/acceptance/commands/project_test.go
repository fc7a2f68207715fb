package commands

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// inFolder runs a command in a folder without any file of the project, as somebody does who has the binary alone.
func inFolder(t *testing.T, dir string, env []string, command ...string) (exitCode int, text string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...) // #nosec G204 -- the binary under test, and tools
	cmd.Dir = dir
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "NO_COLOR=1", "K6_AUTO_EXTENSION_RESOLUTION=false",
		"K6_NO_USAGE_REPORT=true", "K6_CLIENTCREDS_ALLOW=generator_saturated",
	}, env...)
	out, err := cmd.CombinedOutput()
	require.NotNil(t, cmd.ProcessState, "%v", err)
	return cmd.ProcessState.ExitCode(), string(out)
}

// list returns an environment as os/exec has it.
func list(env map[string]string) []string {
	var assignments []string
	for name, value := range env {
		assignments = append(assignments, name+"="+value)
	}
	return assignments
}

// binary is the absolute path of k6.
func binary(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(k6test.Binary(t))
	require.NoError(t, err)
	return path
}

// The binary alone loads a token endpoint, at the rate of the flag.
func TestRunAScenarioOfTheBinary(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	code, out := inFolder(t, dir, nil, binary(t), "x", "clientcreds", "serve", "--addr", "127.0.0.1:0", "--stats-file",
		"stats.json", "--",
		binary(t), "x", "clientcreds", "run", "token-load", "--rate", "20", "--duration", "2s", "--max-vus", "5", "--",
		"--out", "clientcreds-record=run.json")
	require.Zero(t, code, out)
	require.Contains(t, out, "scenario        token-load: ")
	require.Contains(t, out, "RATE=20 DURATION=2s MAX_VUS=5")
	require.Contains(t, out, "verdict  PASS")
	var stats authserver.Stats
	require.NoError(t, json.Unmarshal([]byte(k6test.ReadFile(t, filepath.Join(dir, "stats.json"))), &stats))
	require.InDelta(t, 40, stats.TokenRequests.Total, 3)
	require.FileExists(t, filepath.Join(dir, "run.json"))

	code, out = inFolder(t, dir, list(servers.StartLocal(t, nil).Env("CLIENT_SECRET=wrong")), binary(t), "x", "clientcreds",
		"run", "token-load", "--duration", "1s")
	require.Equal(t, k6test.ExitScriptException, code, out)
	require.Contains(t, out, "TokenError: invalid_client")
}

// The files that init writes have the right types, run, and are understood by Prometheus.
func TestProjectOfInit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	code, out := inFolder(t, dir, nil, binary(t), "x", "clientcreds", "init", "load")
	require.Zero(t, code, out)
	project := filepath.Join(dir, "load")

	root, err := filepath.Abs(k6test.Root)
	require.NoError(t, err)
	require.NoError(t, os.Symlink(filepath.Join(root, "tools/npm/node_modules"), filepath.Join(project, "node_modules")))
	code, out = inFolder(t, project, nil, "node_modules/.bin/tsc", "--project", "jsconfig.json")
	require.Zero(t, code, out)

	script := k6test.ReadFile(t, filepath.Join(project, "load-test.js"))
	require.Contains(t, script, "duration: '30s'")
	short := strings.Replace(script, "duration: '30s'", "duration: '1s'", 1)
	require.NoError(t, os.WriteFile(filepath.Join(project, "load-test.js"), []byte(short), 0o600))
	for _, record := range []string{"base.json", "head.json"} {
		code, out = inFolder(t, project, nil, binary(t), "x", "clientcreds", "serve", "--addr", "127.0.0.1:0", "--",
			binary(t), "run", "load-test.js", "--out", "clientcreds-record="+record)
		require.Zero(t, code, out)
	}
	code, out = inFolder(t, project, nil, binary(t), "x", "clientcreds", "compare", "--rules", "rules.yml", "base.json",
		"head.json")
	require.Contains(t, []int{0, k6test.ExitThresholds, k6test.ExitInvalid}, code, "the rules can be read: %s", out)

	broken := strings.Replace(short, "clientId:", "clientID:", 1)
	require.NoError(t, os.WriteFile(filepath.Join(project, "load-test.js"), []byte(broken), 0o600))
	code, out = inFolder(t, project, nil, "node_modules/.bin/tsc", "--project", "jsconfig.json")
	require.NotZero(t, code, "a misspelled option")
	require.Contains(t, out, "clientID")

	code, out = inFolder(t, project, nil, k6test.Program(t, "PROMTOOL_BIN"), "check", "config",
		"monitoring/prometheus/prometheus.yml")
	require.Zero(t, code, out)
}

// The script that the doctor writes has its advice, and passes.
func TestScriptOfTheDoctor(t *testing.T) {
	t.Parallel()
	server, dir := servers.StartLocal(t, nil), t.TempDir()
	code, out := inFolder(t, dir, list(server.Env()), binary(t), "x", "clientcreds", "doctor", "--write", "script.js",
		"--write", ".env")
	require.Zero(t, code, out)
	require.Contains(t, k6test.ReadFile(t, filepath.Join(dir, "script.js")), "cache: { scope: 'vu', leeway: '")
	secret := "CLIENT_SECRET=" + server.Env()["CLIENT_SECRET"]
	code, out = inFolder(t, dir, []string{secret}, binary(t), "run", "--iterations", "2", "script.js")
	require.Zero(t, code, out)
	code, out = inFolder(t, dir, nil, "sh", "-c",
		"set -a; . ./.env; "+secret+"; exec "+binary(t)+" x clientcreds doctor --grants 1")
	require.Zero(t, code, out)
}

// The script of each configuration gets a token, and no file has the secret.
func TestProjectsOfServers(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, nil)
	for _, env := range [][]string{
		{"AUTH=client_secret_post"},
		{"DPOP=true"},
		{"TOKEN_URL="},
		{"LEEWAY=50%", "SCOPE=orders.read"},
	} {
		dir := t.TempDir()
		code, out := inFolder(t, dir, list(server.Env(env...)), binary(t), "x", "clientcreds", "init")
		require.Zero(t, code, out)
		require.NotContains(t, k6test.ReadFile(t, filepath.Join(dir, ".env.example"))+k6test.ReadFile(t, filepath.Join(dir, "load-test.js")),
			server.Env()["CLIENT_SECRET"])
		// The options of the command line replace the scenario: this is about the client.
		code, out = inFolder(t, dir, []string{"CLIENT_SECRET=" + server.Env()["CLIENT_SECRET"]}, binary(t), "run",
			"--iterations", "2", "load-test.js")
		require.Zero(t, code, "%s: %s", env, out)
	}
}
