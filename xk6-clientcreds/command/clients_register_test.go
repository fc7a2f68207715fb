package command

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/cmd/tests"
)

// clientsCommand calls k6 x clientcreds clients, and returns its exit code.
func clientsCommand(t *testing.T, env map[string]string, args ...string) (code int, err error) {
	t.Helper()
	ts := tests.NewGlobalTestState(t)
	for name, value := range env {
		ts.Env[name] = value
	}
	k6 := &cobra.Command{Use: "x", SilenceErrors: true, SilenceUsage: true}
	k6.AddCommand(New(ts.GlobalState, os.DirFS(projectRoot)))
	k6.SetArgs(append([]string{Name, "clients"}, args...))
	err = k6.Execute()
	return exitCode(err), err
}

// Nothing is sent, and no file is written.
func TestClientsRegisterUsage(t *testing.T) {
	t.Parallel()
	pool := filepath.Join(t.TempDir(), "clients.json")
	const count, one = "--count", "1"
	for problem, args := range map[string][]string{
		"--count is 0; it must be 1 to 100000":                           {pool},
		"--rate is 0; it must be above 0":                                {count, one, pool, "--rate", "0"},
		"--concurrency is 500; it must be 1 to 100":                      {count, one, pool, "--concurrency", "500"},
		"secrets are not written to the standard output":                 {count, one, "-"},
		"its name must end in .json":                                     {count, one, pool + ".csv"},
		"takes one file, which it writes":                                {"x", "y"},
		"no server is configured; set ISSUER or REGISTRATION_URL":        {count, one, pool},
		`the authentication method "none" is unknown`:                    {count, one, pool, "--auth", "none"},
		"REGISTRATION_URL must be an http or https URL":                  {count, one, pool, "--registration-url", "x"},
		"clients.json.journal does not exist":                            {count, one, pool, "--resume"},
		"--metadata: ":                                                   {count, one, pool, "--metadata", "/nowhere"},
		"--initial-access-token-file cannot be read":                     {count, one, pool, "--initial-access-token-file", "/nowhere"},
		`unknown flag: --initial-access-token (did you mean "initial-ac`: {count, one, "--initial-access-token", "x"},
	} {
		code, err := clientsCommand(t, nil, append([]string{"register"}, args...)...)
		require.ErrorContains(t, err, problem)
		require.Equal(t, 104, code, problem)
	}
	require.NoFileExists(t, pool)
	require.NoFileExists(t, pool+".journal")
	for problem, args := range map[string][]string{
		"takes one file":                      {},
		"clients.json.journal does not exist": {pool},
	} {
		code, err := clientsCommand(t, nil, append([]string{"delete"}, args...)...)
		require.ErrorContains(t, err, problem)
		require.Equal(t, 104, code, problem)
	}
}

// The token is not in an error, wherever it is from.
func TestInitialAccessTokenIsReferenced(t *testing.T) {
	t.Parallel()
	const token = "t0ken with\nlines"
	args := []string{"register", "--count", "1", filepath.Join(t.TempDir(), "clients.json")}
	for problem, env := range map[string]map[string]string{
		"INITIAL_ACCESS_TOKEN: the initial access token": {"INITIAL_ACCESS_TOKEN": token},
		"INITIAL_ACCESS_TOKEN and INITIAL_ACCESS_TOKEN_SOURCE are both set": {
			"INITIAL_ACCESS_TOKEN": token, "INITIAL_ACCESS_TOKEN_SOURCE": "name",
		},
		"INITIAL_ACCESS_TOKEN_SOURCE needs --secret-source": {"INITIAL_ACCESS_TOKEN_SOURCE": "name"},
		"INITIAL_ACCESS_TOKEN_FILE cannot be read":          {"INITIAL_ACCESS_TOKEN_FILE": "/nowhere"},
	} {
		code, err := clientsCommand(t, env, args...)
		require.ErrorContains(t, err, problem)
		require.NotContains(t, err.Error(), "t0ken")
		require.Equal(t, 104, code)
	}
}

// A file that is there already is not overwritten.
// A refusal says what to do about it, depending on whether there was a token.
func TestClientsRegisterIsRefused(t *testing.T) {
	t.Parallel()
	const again = "get another one from the server; 2 clients of 2 are not registered, go on with --resume"
	for _, c := range []struct {
		status        int
		token, advice string
	}{
		{http.StatusUnauthorized, "", "set INITIAL_ACCESS_TOKEN, or have the server accept registrations without a token; "},
		{http.StatusForbidden, "", "set INITIAL_ACCESS_TOKEN, or have the server accept registrations without a token; "},
		{http.StatusUnauthorized, "token-1", "INITIAL_ACCESS_TOKEN is wrong, expired, or used up, " + again},
		{http.StatusForbidden, "token-1", "check what the server's policy for registrations allows; "},
		{http.StatusBadRequest, "token-1", "invalid_request (HTTP 400): no; 2 clients of 2 are not registered"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(`{"error": "invalid_request", "error_description": "no"}`))
		}))
		t.Cleanup(server.Close)
		code, err := clientsCommand(t, map[string]string{"REGISTRATION_URL": server.URL, "INITIAL_ACCESS_TOKEN": c.token},
			"register", filepath.Join(t.TempDir(), "clients.json"), "--count", "2")
		require.ErrorContains(t, err, c.advice)
		require.Equal(t, 1, code)
		require.NotContains(t, err.Error(), "token-1")
	}
}

func TestClientsRegisterKeepsFiles(t *testing.T) {
	t.Parallel()
	pool := filepath.Join(t.TempDir(), "clients.json")
	require.NoError(t, os.WriteFile(pool, []byte("mine"), 0o600))
	_, err := clientsCommand(t, map[string]string{"ISSUER": "http://127.0.0.1:1"}, "register", "--count", "1", pool)
	require.ErrorContains(t, err, "clients.json exists; choose another name, or overwrite it with --force")
	text, err := os.ReadFile(pool) // #nosec G304 -- of this test
	require.NoError(t, err)
	require.Equal(t, "mine", string(text))
}

// A client of which no answer came may exist: the command does not succeed, and does not lose its name.
func TestClientsDeleteDoesNotKnow(t *testing.T) {
	t.Parallel()
	pool := filepath.Join(t.TempDir(), "clients.json")
	journal := `{"event":"begin","version":1,"settings":{"registration_endpoint":"http://127.0.0.1:1/register",` +
		`"clients":{"auth":"client_secret_basic","name":"mine"}}}` + "\n" + `{"event":"sent","number":1}` + "\n"
	require.NoError(t, os.WriteFile(pool, []byte("[]"), 0o600))
	require.NoError(t, os.WriteFile(pool+journalSuffix, []byte(journal), 0o600))
	for range 2 {
		code, err := clientsCommand(t, nil, "delete", pool)
		require.ErrorContains(t, err, "it is not known whether the server has 1 client; delete them there, then remove ")
		require.Equal(t, 1, code)
		require.NoFileExists(t, pool)
		require.FileExists(t, pool+journalSuffix)
	}
}

// A generated initial access token is printed, and one that was given is not.
func TestServeAnnouncesTheInitialAccessToken(t *testing.T) {
	t.Parallel()
	made := serveWith(t, nil, "--registration", "token")
	lines := made.until(t, "export INITIAL_ACCESS_TOKEN")
	require.NotEmpty(t, exported(lines)["INITIAL_ACCESS_TOKEN"])
	made.signals <- os.Interrupt
	_, err := made.rest(t)
	require.NoError(t, err)

	given := serveWith(t, map[string]string{"INITIAL_ACCESS_TOKEN": "s3cr3t"}, "--registration", "token")
	lines = given.until(t, "# INITIAL_ACCESS_TOKEN: the one that this server was given")
	require.NotContains(t, lines, "s3cr3t")
	given.signals <- os.Interrupt
	_, err = given.rest(t)
	require.NoError(t, err)
}
