package command

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/cmd/tests"
)

// initIn runs init in a folder.
func initIn(t *testing.T, dir string, env map[string]string, args ...string) (string, error) {
	t.Helper()
	state := tests.NewGlobalTestState(t)
	var out bytes.Buffer
	state.GlobalState.Stdout.Writer = &out
	state.Env, state.Getwd = env, func() (string, error) { return dir, nil }
	cmd := New(state.GlobalState, os.DirFS(projectRoot))
	cmd.SetArgs(append([]string{"init"}, args...))
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err := cmd.Execute()
	return out.String(), err
}

func TestInit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out, err := initIn(t, dir, map[string]string{
		"ISSUER": "https://idp.example", "CLIENT_ID": "load",
		"CLIENT_SECRET": "top secret", "DPOP": "true",
	},
		"it's new", "--api-url", "https://api.example/orders", "--scope", "a b")
	require.NoError(t, err)
	assert.Contains(t, out, "Created in it's new:\n  load-test.js ")
	assert.Contains(t, out, "\n  cd 'it'\\''s new'\n  export K6_AUTO_EXTENSION_RESOLUTION=false ")
	assert.Contains(t, out, "\n  cp .env.example .env ")
	assert.NotContains(t, out, "serve")
	env, err := os.ReadFile(filepath.Join(dir, "it's new", ".env.example")) // #nosec G304 -- written by the command
	require.NoError(t, err)
	for _, want := range []string{
		"ISSUER=https://idp.example\n", "API_URL=https://api.example/orders\n",
		"CLIENT_ID=load\n", "SCOPE='a b'\n", "DPOP=true\n", "CLIENT_SECRET=\n",
	} {
		assert.Contains(t, string(env), want)
	}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			var text []byte
			text, err = os.ReadFile(path) // #nosec G122,G304 -- written by the command
			assert.NotContains(t, string(text), "top secret", path)
		}
		return err
	}))

	_, err = initIn(t, dir, nil, "it's new")
	require.EqualError(t, err,
		filepath.Join(dir, "it's new",
			"load-test.js")+": the file exists, and nothing was written; choose another folder, or overwrite with --force")
	assert.Equal(t, 104, exitCode(err))
	_, err = initIn(t, dir, nil, "it's new", "--force")
	require.NoError(t, err)
}

func TestInitForTheLocalServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out, err := initIn(t, dir, nil, dir)
	require.NoError(t, err)
	assert.Contains(t, out, "k6 x clientcreds serve -- k6 run load-test.js\n")
	assert.FileExists(t, filepath.Join(dir, "load-test.js"))
}

func TestInitRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for want, args := range map[string][]string{
		"init takes one folder, but got 2":                                                               {"a", "b"},
		"ISSUER must be an absolute http or https URL":                                                   {"--issuer", "idp"},
		"API_URL has a user name or a password, which would be":                                          {"--api-url", "https://me:x@api.example"},
		`unknown flag: --isuer (did you mean "issuer"?); ` + "`clientcreds init --help` lists the flags": {"--isuer", "x"},
	} {
		_, err := initIn(t, dir, nil, args...)
		require.ErrorContains(t, err, want)
		assert.Equal(t, 104, exitCode(err), want)
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, entries)
}
