package command

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/cmd/tests"
)

// exported reads the variables of the printed script environment.
func exported(lines []string) map[string]string {
	m := make(map[string]string)
	for _, l := range lines {
		if assignment, ok := strings.CutPrefix(l, "export "); ok {
			name, value, _ := strings.Cut(assignment, "=")
			m[name] = strings.Trim(value, "'")
		}
	}
	return m
}

// TestServe serves as it does for a user: the printed environment works, a
// signal ends it, and the counters are written.
func TestServe(t *testing.T) {
	t.Parallel()
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			stats := filepath.Join(t.TempDir(), "run", "server.json")
			tt := serveWith(t, nil, "--stats-file", stats, "--tls-dir", t.TempDir())
			env := exported(tt.until(t, "export SSL_CERT_FILE"))
			require.Equal(t, "demo", env["CLIENT_ID"])
			require.NoError(t, loadOnce(func(name string) string { return env[name] }))
			require.NoFileExists(t, stats, "written in the end")
			tt.signals <- sig
			_, err := tt.rest(t)
			require.NoError(t, err)
			got := readStats(t, stats)
			require.Equal(t, map[string]int64{"issued": 1}, got.TokenRequests.ByResult)
			require.Equal(t, map[string]int64{"ok": 1}, got.APIRequests.ByResult)
			entries, err := os.ReadDir(filepath.Dir(stats))
			require.NoError(t, err)
			require.Len(t, entries, 1, "no temporary file is left")
		})
	}
}

// TestServeHTTP holds what is printed for plain HTTP and a client from the
// environment: no CA, and not the secret.
func TestServeHTTP(t *testing.T) {
	t.Parallel()
	tt := serveWith(t, map[string]string{"CLIENT_ID": "me", "CLIENT_SECRET": "top secret", "SCOPE": "a b"})
	lines := tt.until(t, "export SCOPE")
	env := exported(lines)
	tt.signals <- os.Interrupt
	rest, err := tt.rest(t)
	require.NoError(t, err)
	require.Empty(t, rest)
	require.Equal(t, "me", env["CLIENT_ID"])
	require.Equal(t, "a b", env["SCOPE"])
	require.True(t, strings.HasPrefix(env["TOKEN_URL"], "http://127.0.0.1:"))
	require.NotContains(t, strings.Join(lines, "\n"), "top secret")
	require.NotContains(t, env, "SSL_CERT_FILE")
}

func TestServeJWT(t *testing.T) {
	t.Parallel()
	tt := serveWith(t, nil, "--token-format", "jwt", "--jwt-alg", "EdDSA", "--issuer", "/tenant", "--api-check",
		"introspection",
		"--client", "a", "--client", "it's")
	lines := tt.until(t, "# another client")
	env := exported(lines)
	require.NoError(t, loadOnce(func(name string) string { return env[name] }))
	tt.signals <- os.Interrupt
	_, err := tt.rest(t)
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(env["ISSUER"], "/tenant"))
	require.Contains(t, strings.Join(lines, "\n"), "JWK set         "+env["ISSUER"]+"/jwks")
	require.Regexp(t, `^# another client: CLIENT_ID='it'\\''s' CLIENT_SECRET=[A-Z2-7]{52}$`, lines[len(lines)-1])
}

// TestServeUntilK6Ends holds that the end of k6 is the end of the server.
func TestServeUntilK6Ends(t *testing.T) {
	t.Parallel()
	tt := serveWith(t, nil)
	tt.until(t, "export TOKEN_URL")
	tt.state.Cancel()
	_, err := tt.rest(t)
	require.NoError(t, err)
}

func TestBadFlags(t *testing.T) { //nolint:tparallel // the server that holds the address ends with the test
	t.Parallel()
	dir := t.TempDir()
	taken := serveWith(t, nil)
	address := strings.TrimPrefix(exported(taken.until(t, "export SCOPE"))["ISSUER"], "http://")
	defer func() { taken.signals <- os.Interrupt }()
	for _, tt := range []struct {
		args []string
		env  map[string]string
		err  string
	}{
		{[]string{"x"}, nil, `serve does not take the argument "x"; write a command to run after --`},
		{[]string{"x", "--", "y"}, nil, `serve does not take the argument "x" before --; write a command to run after --`},
		{[]string{"--"}, nil, "there is no command after --; write one, or leave out --"},
		{[]string{"--nosuch"}, nil, "unknown flag: --nosuch; `clientcreds serve --help` lists the flags"},
		{
			[]string{"--addr", "x"},
			nil,
			`--addr: "x" is not an address; it must be host:port, such as 127.0.0.1:8089 or 127.0.0.1:0`,
		},
		{[]string{"--addr", address}, nil, "--addr: cannot listen on " + address +
			": bind: address already in use; port 0 takes a free one"},
		{
			[]string{"--api-addr", "x"},
			nil,
			`--api-addr: "x" is not an address; it must be host:port, such as 127.0.0.1:8089 or 127.0.0.1:0`,
		},
		{
			[]string{"--issuer", "x"},
			nil,
			"--issuer: the value is not an issuer identifier; it must be an http(s) URL of plain characters without user, query " +
				"and fragment, or a path such as /tenant",
		},
		{[]string{"--ttl", "5"}, nil, `--ttl is "5"; it must be a duration above 0, such as 30s or 5m`},
		{[]string{"--ttl", "0s"}, nil, `--ttl is "0s"; it must be a duration above 0, such as 30s or 5m`},
		{
			[]string{"--ttl", "1500ms"},
			nil,
			"--ttl: 1.5s is not a lifetime of tokens; it must be whole seconds, 1s or more, such as 5m",
		},
		{[]string{"--token-format", "x"}, nil, `--token-format: "x" is unknown; it must be one of opaque, jwt`},
		{
			[]string{"--token-format", "jwt", "--jwt-alg", "x"},
			nil,
			`--jwt-alg: "x" is unknown; it must be one of ES256, RS256, PS256, EdDSA`,
		},
		{[]string{"--dpop-nonce=500ms"}, nil, "--dpop-nonce: 500ms is too short for a nonce; it must be 1s or more, such as 1m"},
		{[]string{"--jwt-alg", "RS256"}, nil, "--jwt-alg has no effect on opaque tokens: drop it, or add --token-format jwt"},
		{[]string{"--basic-encoding", "x"}, nil, `--basic-encoding: "x" is unknown; it must be one of form, raw`},
		{[]string{"--api-check", "x"}, nil, `--api-check: "x" is unknown; it must be one of local, introspection`},
		{
			[]string{"--allow-host", "a:80"},
			nil,
			`--allow-host: "a:80" is not the name of a host; it must be a name without scheme and port, such as authserver`,
		},
		{[]string{"--api-scope", "a b"}, nil, `--api-scope: "a b" is not one scope token (RFC 6749 §3.3)`},
		{[]string{"--api-audience", "ä"}, nil, `--api-audience: "ä" has characters other than printable ASCII`},
		{[]string{"--tls-dir", "serve_test.go"}, nil, "--tls-dir: mkdir " + absolute(t,
			"serve_test.go") + ": not a directory"},
		{
			[]string{"--stats-file", dir},
			nil,
			`--stats-file: "` + dir + `" cannot be written: it is a folder; name a file in a folder that exists and can be written to`,
		},
		{[]string{"--stats-file", "serve_test.go/x"}, nil, "--stats-file: mkdir serve_test.go: not a directory"},
		{[]string{"--client", "a", "--client", "a"}, nil, `--client: client "a" is registered twice`},
		{[]string{"--client-count", "0"}, nil, "--client-count is 0; it must be a number from 1 to 1000000"},
		{[]string{"--client-count", "1000001"}, nil, "--client-count is 1000001; it must be a number from 1 to 1000000"},
		{
			[]string{"--client-count", "2", "--client", "a"},
			nil,
			"--client-count and --client are both set; set one of them",
		},
		{
			[]string{"--client-count", "2", "--clients", "x"},
			nil,
			"--client-count and --clients are both set; set one of them",
		},
		{
			[]string{"--client-count", "2"},
			map[string]string{"SCOPE": "a  b"},
			`SCOPE: client "client-1": "a  b" is not a scope; it must be tokens ` +
				"separated by single spaces (RFC 6749 §3.3)",
		},
		{[]string{"--client", ""}, nil, "--client: client number 1 has no id"},
		{
			nil,
			map[string]string{"SCOPE": "a  b"},
			`CLIENT_ID, CLIENT_SECRET, SCOPE: client "demo": "a  b" is not a scope; it must be tokens ` +
				"separated by single spaces (RFC 6749 §3.3)",
		},
		{
			nil,
			map[string]string{"CLIENT_SECRET": "topsecret\n"},
			`CLIENT_ID, CLIENT_SECRET, SCOPE: the secret of client "demo" has ` +
				"characters other than printable ASCII",
		},
	} {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			out, err := serveWith(t, tt.env, tt.args...).rest(t)
			require.EqualError(t, err, tt.err)
			require.Equal(t, 104, exitCode(err))
			require.Empty(t, out)
		})
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	require.NoError(t, err)
	return path
}

// TestCommandTree holds that the command alone shows its help, and that an
// unknown one is an error.
func TestCommandTree(t *testing.T) {
	t.Parallel()
	state := tests.NewGlobalTestState(t)
	cmd := New(state.GlobalState, os.DirFS(projectRoot))
	cmd.SetOut(state.GlobalState.Stdout)
	cmd.SetArgs([]string{}) // nil stands for the arguments of the test binary
	require.NoError(t, cmd.Execute())
	require.Contains(t, state.Stdout.String(), "serve ")
	cmd.SetArgs([]string{"nosuch"})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	require.ErrorContains(t, cmd.Execute(), `unknown command "nosuch"`)
}

// BenchmarkNew measures the cost at every start of k6.
func BenchmarkNew(b *testing.B) {
	state := tests.NewGlobalTestState(b).GlobalState
	for b.Loop() {
		New(state, os.DirFS(projectRoot))
	}
}
