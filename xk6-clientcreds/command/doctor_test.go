package command

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/cmd/tests"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/doctor"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

const doctorSecret = "secret-of-the-doctor's-client"

// examinee is a server for doctor, and the environment that names it.
func examinee(t *testing.T) (*authserver.Server, map[string]string) {
	t.Helper()
	server, err := authserver.New(authserver.Config{
		Clients: []authserver.Client{{ID: "me", Secret: secret.New(doctorSecret), Scope: "a b"}}, TokenFormat: authserver.JWT,
	})
	require.NoError(t, err)
	require.NoError(t, server.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
		defer cancel()
		require.NoError(t, server.Shutdown(ctx))
	})
	e := server.Endpoints()
	return server, map[string]string{
		"ISSUER": e.Issuer, "TOKEN_URL": e.Token, "API_URL": e.API + "orders",
		"CLIENT_ID": "me", "CLIENT_SECRET": doctorSecret, "SCOPE": "a b", "AUDIENCE": "https://api.example", "VUS": "7",
	}
}

// examine runs k6 x clientcreds doctor.
func examine(t *testing.T, prepare func(*tests.GlobalTestState), env map[string]string, args ...string) (string,
	error,
) {
	t.Helper()
	state := tests.NewGlobalTestState(t)
	for name, value := range env {
		state.Env[name] = value
	}
	var out bytes.Buffer
	state.GlobalState.Stdout.Writer = &out
	state.SignalNotify = func(chan<- os.Signal, ...os.Signal) {}
	state.SignalStop = func(chan<- os.Signal) {}
	if prepare != nil {
		prepare(state)
	}
	cmd := New(state.GlobalState, os.DirFS(projectRoot))
	cmd.SetArgs(append([]string{"doctor"}, args...))
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err := cmd.Execute()
	require.NotContains(t, out.String(), doctorSecret)
	return out.String(), err
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	server, env := examinee(t)
	out, err := examine(t, nil, env)
	require.NoError(t, err)
	require.Contains(t, out, "token endpoint  "+server.Endpoints().Token+"\nclient          me\n")
	require.Regexp(t, `\nusable: [0-9]+ ok, 4 info, 2 skipped\n$`, out)
	require.Contains(t, strings.Join(strings.Fields(out), " "), "7 virtual users make 7 token requests at the start")
	require.NotContains(t, out, "\x1b", "this is no terminal")
	require.EqualValues(t, doctor.DefaultGrants, server.Stats().TokenRequests.ByResult["issued"])
}

func TestDoctorJSON(t *testing.T) {
	t.Parallel()
	server, env := examinee(t)
	out, err := examine(t, nil, env, "--json", "--grants", "2", "--vus", "3", "--all-methods")
	require.NoError(t, err)
	var report doctor.Report
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	require.Equal(t, doctor.SchemaVersion, report.SchemaVersion)
	require.True(t, report.Usable)
	byID := make(map[string]doctor.Result)
	for _, c := range report.Checks {
		byID[c.ID] = c
	}
	require.Equal(t, []any{"https://api.example"}, byID["token.aud"].Data["aud"], "AUDIENCE")
	require.EqualValues(t, 3, byID["advice.requests"].Data["vus"], "a flag takes precedence over the environment")
	require.Equal(t, doctor.OK, byID["grant.client_secret_post"].Status)
	require.Equal(t, doctor.OK, byID["grant.client_secret_basic_raw"].Status, "decoding leaves an apostrophe as it is")
	require.EqualValues(t, 2+2, server.Stats().TokenRequests.Total, "--grants and --all-methods")
}

func TestDoctorColors(t *testing.T) {
	t.Parallel()
	_, env := examinee(t)
	out, err := examine(t, func(s *tests.GlobalTestState) { s.GlobalState.Stdout.IsTTY = true }, env)
	require.NoError(t, err)
	require.Contains(t, out, "\x1b[32musable\x1b[0m: ")
	out, err = examine(t, func(s *tests.GlobalTestState) {
		s.GlobalState.Stdout.IsTTY, s.Flags.NoColor = true, true // as NO_COLOR sets it
	}, env)
	require.NoError(t, err)
	require.NotContains(t, out, "\x1b")
}

func TestDoctorFlags(t *testing.T) {
	t.Parallel()
	server, _ := examinee(t)
	e := server.Endpoints()
	// Everything in the environment but the secret is wrong, and the flags replace it.
	env := map[string]string{
		"TOKEN_URL": "http://127.0.0.1:1/token", "CLIENT_ID": "x", "CLIENT_SECRET": doctorSecret, "SCOPE": "x",
		"AUDIENCE": "x",
		"RESOURCE": "x", "AUTH": "x", "BASIC_ENCODING": "x", "API_URL": "x", "VUS": "x",
	}
	out, err := examine(t, nil, env, "--issuer", e.Issuer, "--client-id", "me", "--scope", "a", "--audience",
		"https://api.example",
		"--resource", "https://api.example/orders", "--auth", "client_secret_post", "--basic-encoding", "raw",
		"--api-url", e.API, "--vus", "2", "--timeout", "20s")
	require.NoError(t, err)
	require.Contains(t, out, "authentication  client_secret_post\n")
	require.Contains(t, out, "https://api.example https://api.example/orders")
}

func TestDoctorExitCodes(t *testing.T) {
	t.Parallel()
	server, env := examinee(t)
	for name, c := range map[string]struct {
		env  map[string]string
		args []string
		code int
		want string
	}{
		"usable, with warnings": {map[string]string{"API_URL": server.Endpoints().Health}, nil, 0, ""},
		"wrong secret": {
			map[string]string{"CLIENT_SECRET": "wrong"},
			nil, 1,
			"the server is not usable: checks failed: 1",
		},
		"no client": {map[string]string{"CLIENT_ID": ""}, nil, 104, "CLIENT_ID is not set"},
		"no secret": {map[string]string{"CLIENT_SECRET": ""}, nil, 104, "CLIENT_SECRET is not set"},
		"method":    {map[string]string{"AUTH": "none"}, nil, 104, "AUTH is"},
		"no key":    {map[string]string{"AUTH": "private_key_jwt"}, nil, 104, "CLIENT_KEY_FILE is not set"},
		"no file of the key": {
			nil,
			[]string{"--auth", "private_key_jwt", "--client-key-file", "gone.pem"},
			104,
			"--client-key-file cannot be read",
		},
		"a key for later": {map[string]string{"CLIENT_KEY_FILE": "gone.pem"}, nil, 0, ""},
		"a key for all methods": {
			map[string]string{"CLIENT_KEY_FILE": "gone.pem"},
			[]string{"--all-methods"},
			104,
			"CLIENT_KEY_FILE cannot be read",
		},
		"DPoP in words":    {map[string]string{"DPOP": "yes"}, nil, 104, `DPOP is "yes"; it must be true or false`},
		"users in words":   {map[string]string{"VUS": "many"}, nil, 104, `VUS is "many"`},
		"no users":         {nil, []string{"--vus", "0"}, 104, "--vus is 0; it must be a whole number, 1 or more"},
		"no grants":        {nil, []string{"--grants", "0"}, 104, "--grants is 0; it must be 1 to 20"},
		"too many grants":  {nil, []string{"--grants", "21"}, 104, "--grants is 21; it must be 1 to 20"},
		"no time":          {nil, []string{"--timeout", "0"}, 104, "above 0"},
		"a secret by flag": {nil, []string{"--client-secret", "x"}, 104, "unknown flag"},
		"an argument":      {nil, []string{"https://idp.example"}, 104, "does not take the argument"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := make(map[string]string)
			for _, m := range []map[string]string{env, c.env} {
				for k, v := range m {
					all[k] = v
				}
			}
			_, err := examine(t, nil, all, c.args...)
			require.Equal(t, c.code, exitCode(err), "%v", err)
			if c.want != "" {
				require.ErrorContains(t, err, c.want)
			}
		})
	}
}

// Ctrl-C ends the examination, and what has been found out is written.
func TestDoctorInterrupted(t *testing.T) {
	t.Parallel()
	signals := make(chan chan<- os.Signal, 1)
	asked := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}))
	defer server.Close()
	go func() {
		<-asked
		(<-signals) <- os.Interrupt
	}()
	out, err := examine(t, func(s *tests.GlobalTestState) {
		s.SignalNotify = func(c chan<- os.Signal, _ ...os.Signal) { signals <- c }
	}, map[string]string{"ISSUER": server.URL, "CLIENT_ID": "me", "CLIENT_SECRET": doctorSecret})
	require.Equal(t, 1, exitCode(err))
	require.Contains(t, out, "interrupted: not all checks were made")
	require.True(t, strings.HasPrefix(out, "issuer          "+server.URL))
}

// What is wrong is named as it was written: by its variable, or by the flag that replaced it.
func TestDoctorNamesSettingsAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	const address = "https://me:s3cr3t@idp.example/token"
	const problem = " contains a user name or password; set the client ID and the client secret instead"
	env := map[string]string{"CLIENT_ID": "me", "CLIENT_SECRET": doctorSecret, "TOKEN_URL": address}
	_, err := examine(t, nil, env)
	require.EqualError(t, err, "TOKEN_URL"+problem)
	_, err = examine(t, nil, env, "--token-url", address)
	require.EqualError(t, err, "--token-url"+problem)

	secretFile := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secretFile, []byte("short"), 0o600))
	delete(env, "CLIENT_SECRET")
	env["TOKEN_URL"], env["AUTH"] = "https://idp.example/token", "client_secret_jwt"
	_, err = examine(t, nil, env, "--client-secret-file", secretFile)
	require.EqualError(t, err,
		"--client-secret-file has 5 bytes; client_secret_jwt with HS256 needs 32 or more (RFC 7518 §3.2)")
}

func TestEveryFlagOfDoctorNamesItsVariable(t *testing.T) {
	t.Parallel()
	d := new(doctorCommand)
	d.declare(pflag.NewFlagSet("doctor", pflag.ContinueOnError))
	for _, s := range d.settings() {
		require.NotNil(t, d.set.Lookup(s.flag), s.flag)
		require.Equal(t, s.variable, d.nameOf(s.variable))
		if s.variable != "" {
			require.Contains(t, s.usage, s.variable, s.flag)
			require.Contains(t, doctorLong, s.variable, s.flag)
		}
	}
	for _, s := range d.settings() {
		if s.variable == "" {
			continue
		}
		require.NoError(t, d.set.Set(s.flag, "1"), s.flag)
		require.Equal(t, "--"+s.flag, d.nameOf(s.variable))
	}
}
