package command

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCommandExitCode(t *testing.T) {
	t.Parallel()
	for what, code := range map[string]int{"0": 0, "1": 1, "99": 99, "255": 255, "killed": 128 + int(syscall.SIGKILL)} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			stats := filepath.Join(t.TempDir(), "server.json")
			_, err := serveWith(t, map[string]string{childVariable: what}, "--stats-file", stats, "--", testBinary(t)).rest(t)
			require.Equal(t, code, exitCode(err))
			readStats(t, stats)
		})
	}
}

func TestCommandNotStarted(t *testing.T) {
	t.Parallel()
	notExecutable := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(notExecutable, nil, 0o600))
	for command, code := range map[string]int{"nosuchcommand": 127, "/no/such/command": 127, notExecutable: 126} {
		_, err := serveWith(t, nil, "--", command).rest(t)
		require.ErrorContains(t, err, `the command "`+command+`" could not be started`)
		require.Equal(t, code, exitCode(err))
	}
}

// TestCommandEnvironment holds that the command gets what scripts need, over
// what was set before, and that its output is its own.
func TestCommandEnvironment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tt := serveWith(t, map[string]string{
		childVariable: "environment", "TOKEN_URL": "http://old.example", "CLIENT_SECRET": "top secret", "AUDIENCE": "kept",
	}, "--tls-dir", dir, "--client", "me", "--", testBinary(t))
	out, err := tt.rest(t)
	require.NoError(t, err)
	got := make(map[string]string)
	for line := range strings.SplitSeq(out, "\n") {
		parts := strings.SplitN(line, " ", 3)
		require.Equal(t, "true", parts[1], line)
		got[parts[0]] = parts[2]
	}
	issuer := got["ISSUER"]
	require.True(t, strings.HasPrefix(issuer, "https://127.0.0.1:"), issuer)
	require.Equal(t, map[string]string{
		"TOKEN_URL": issuer + "/token", "ISSUER": issuer, "API_URL": issuer + "/api/orders", "CLIENT_ID": "me",
		"CLIENT_SECRET": "top secret", "SCOPE": "orders.read orders.write", "SSL_CERT_FILE": filepath.Join(dir, "ca.pem"),
		"AUDIENCE": "kept",
	}, got)
	require.Contains(t, tt.errText.String(), "token endpoint  "+issuer+"/token")
	require.NotContains(t, tt.errText.String(), "top secret")
}

// TestCommandUsesServer runs a load of one against the server.
func TestCommandUsesServer(t *testing.T) {
	t.Parallel()
	stats := filepath.Join(t.TempDir(), "server.json")
	out, err := serveWith(t, map[string]string{childVariable: "load"},
		"--tls-dir", t.TempDir(), "--api-addr", "127.0.0.1:0", "--stats-file", stats, "--", testBinary(t)).rest(t)
	require.NoError(t, err, out)
	got := readStats(t, stats)
	require.Equal(t, map[string]int64{"demo": 1}, got.TokenRequests.ByClient)
	require.Equal(t, map[string]int64{"ok": 1}, got.APIRequests.ByResult)
}

// TestSignalsReachCommand holds that the command decides what a signal means,
// and that the server stays until it has ended.
func TestSignalsReachCommand(t *testing.T) {
	t.Parallel()
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			tt := serveWith(t, map[string]string{childVariable: "signal"}, "--", testBinary(t))
			tt.until(t, "ready")
			tt.signals <- sig
			out, err := tt.rest(t)
			require.Equal(t, "got "+sig.String(), out)
			require.Equal(t, 3, exitCode(err))
		})
	}
}

// TestK6InterruptsCommand holds that the end of k6 ends the command in good
// order.
func TestK6InterruptsCommand(t *testing.T) {
	t.Parallel()
	tt := serveWith(t, map[string]string{childVariable: "signal"}, "--", testBinary(t))
	tt.until(t, "ready")
	tt.state.Cancel()
	out, err := tt.rest(t)
	require.Equal(t, "got interrupt", out)
	require.Equal(t, 3, exitCode(err))
}
