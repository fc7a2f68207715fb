package command

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/cmd/tests"
)

// The advice goes into files, and the secret does not.
func TestDoctorWritesItsAdvice(t *testing.T) {
	t.Parallel()
	server, env := examinee(t)
	dir := t.TempDir()
	here := func(s *tests.GlobalTestState) { s.Getwd = func() (string, error) { return dir, nil } }
	_, err := examine(t, here, env, "--write", ".env", "--write", "script.js", "--grants", "1")
	require.NoError(t, err)
	text := func(name string) string {
		content, err := os.ReadFile(filepath.Join(dir, name)) // #nosec G304 -- written by the command
		require.NoError(t, err)
		require.NotContains(t, string(content), doctorSecret)
		return string(content)
	}
	for _, want := range []string{
		"ISSUER=" + server.Endpoints().Issuer + "\n", "CLIENT_ID=me\n", "CLIENT_SECRET=\n",
		"SCOPE='a b'\n", "AUDIENCE=https://api.example\n", "CACHE_SCOPE=vu\nLEEWAY=10%\n",
	} {
		require.Contains(t, text(".env"), want)
	}
	require.Contains(t, text("script.js"), "cache: { scope: 'vu', leeway: '10%' },")

	requests := server.Stats().TokenRequests.Total
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".env"), []byte("mine"), 0o600))
	_, err = examine(t, here, env, "--write", ".env", "--grants", "1")
	require.ErrorContains(t, err,
		`--write: "`+filepath.Join(dir, ".env")+`" exists; choose another name, or overwrite the file with --force`)
	require.Equal(t, 104, exitCode(err))
	require.Equal(t, "mine", text(".env"))
	require.Equal(t, requests, server.Stats().TokenRequests.Total, "nothing was sent")
	_, err = examine(t, here, env, "--write", "no/such/folder/x.js")
	require.ErrorContains(t, err, "--write: ")
	require.Equal(t, 104, exitCode(err))
	require.Equal(t, requests, server.Stats().TokenRequests.Total, "nothing was sent")
	_, err = examine(t, here, env, "--write", ".env", "--force", "--grants", "1")
	require.NoError(t, err)
	require.Contains(t, text(".env"), "CLIENT_ID=me\n")
}

// Without a usable server there is no advice.
func TestDoctorWritesNothingForAServerThatIsNotUsable(t *testing.T) {
	t.Parallel()
	_, env := examinee(t)
	env["CLIENT_SECRET"] = "wrong-secret"
	dir := t.TempDir()
	_, err := examine(t, func(s *tests.GlobalTestState) { s.Getwd = func() (string, error) { return dir, nil } }, env,
		"--write", ".env")
	require.ErrorContains(t, err, "the server is not usable")
	require.NoFileExists(t, filepath.Join(dir, ".env"))
	_, err = examine(t, nil, env, "--write", "folder/")
	require.EqualError(t, err, `--write is "folder/"; it must be a file, such as .env or script.js`)
	require.Equal(t, 104, exitCode(err))
}
