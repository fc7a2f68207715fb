package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/lib/fsext"
)

// The command finds every generated client in a file of its own, which --clients would take, and
// the server removes the file.
func TestGeneratedClients(t *testing.T) {
	t.Parallel()
	stats := filepath.Join(t.TempDir(), "server.json")
	out, err := serveWith(t, map[string]string{childVariable: "clients", "SCOPE": "a b"},
		"--client-count", "3", "--stats-file", stats, "--", testBinary(t)).rest(t)
	require.NoError(t, err, out)
	path, content, _ := strings.Cut(out, "\n")
	require.True(t, filepath.IsAbs(path))
	require.NoFileExists(t, path)
	clients, err := clientsIn(t, "c.json", content)
	require.NoError(t, err)
	require.Len(t, clients, 3)
	secrets := make(map[string]bool)
	for i, id := range []string{"client-1", "client-2", "client-3"} {
		require.Equal(t, id, clients[i].ID)
		require.Equal(t, "a b", clients[i].Scope)
		require.Len(t, clients[i].Secret.Reveal(), 52)
		secrets[clients[i].Secret.Reveal()] = true
	}
	require.Len(t, secrets, 3)
	require.Len(t, readStats(t, stats).TokenRequests.ByClient, 3)
}

// What is announced works for the first client and names the file with all of them, which only the
// owner may read. The secrets of the others are not printed.
func TestGeneratedClientsForAnotherTerminal(t *testing.T) {
	t.Parallel()
	tt := serveWith(t, nil, "--client-count", "2")
	lines := tt.until(t, "export CLIENTS_FILE=")
	env := exported(lines)
	require.Equal(t, "client-1", env["CLIENT_ID"])
	content, err := os.ReadFile(env["CLIENTS_FILE"])
	require.NoError(t, err)
	info, err := os.Stat(env["CLIENTS_FILE"])
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	clients, err := clientsIn(t, "c.json", string(content))
	require.NoError(t, err)
	require.NoError(t, loadOnce(func(name string) string { return env[name] }))
	env["CLIENT_ID"], env["CLIENT_SECRET"] = clients[1].ID, clients[1].Secret.Reveal()
	require.NoError(t, loadOnce(func(name string) string { return env[name] }))
	tt.signals <- os.Interrupt
	rest, err := tt.rest(t)
	require.NoError(t, err)
	require.NotContains(t, strings.Join(lines, "\n")+rest, clients[1].Secret)
	require.NoFileExists(t, env["CLIENTS_FILE"])
}

// A file that --clients names is the one that the command's scripts get, and it stays.
func TestClientsFileIsHandedOn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "clients.json")
	const content = `[{"client_id": "a", "client_secret": "secret-of-a"}]`
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	out, err := serveAs(t, func(tt *terminal) {
		tt.state.Env[childVariable] = "clients"
		require.NoError(t, fsext.WriteFile(tt.state.FS, path, []byte(content), 0o600))
	}, "--clients", path, "--", testBinary(t)).rest(t)
	require.NoError(t, err, out)
	require.Equal(t, path+"\n"+content, strings.TrimSpace(out))
	require.FileExists(t, path)
}
