package command

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/cmd/tests"
)

// loadScript is a scenario with a variable of each kind.
const loadScript = `// Loads something.
//
// What it measures: the time of ` + "`everything`" + `.
//
//   RATE              requests per second
//   API_URL           URL of the API
//   CLIENTS_FILE      many clients
import './lib/config.js';
const rate = count('RATE', 100);
`

var scenarioFiles = fstest.MapFS{
	"scripts/token-load.js": {Data: []byte(loadScript)},
	"scripts/api-load.js": {Data: []byte("// Loads an API.\n//\n//   VUS   number of virtual users\nconst vus = " +
		"count('VUS', 20);\n")},
	"scripts/smoke.test.js": {Data: []byte("// Tests everything once.\n")},
	"scripts/lib/config.js": {Data: []byte("// Reads.\n//\n//   ISSUER   issuer\n//   TOKEN_URL   token endpoint\n// " +
		"  CLIENT_ID   client\n//   CLIENT_SECRET   secret\n//   CLIENT_SECRET_FILE   file\n")},
	"scripts/lib/api.js":       {Data: []byte("// Reads.\n//\n//   API_URL   URL of the API\n")},
	"scripts/regression.yml":   {Data: []byte("rules:\n")},
	"scripts/lib/readme.txt":   {Data: []byte("text")},
	"dashboards/dashboard.txt": {Data: []byte("text")},
}

// runs are calls of k6 x clientcreds run in which this test binary stands for k6.
type runs struct {
	*tests.GlobalTestState

	out, errText *bytes.Buffer
	cmd          *cobra.Command
}

func newRuns(t *testing.T, child string, env map[string]string) *runs {
	t.Helper()
	r := &runs{GlobalTestState: tests.NewGlobalTestState(t), out: new(bytes.Buffer), errText: new(bytes.Buffer)}
	r.GlobalState.Stdout.Writer, r.GlobalState.Stderr.Writer = r.out, r.errText
	r.Env = map[string]string{childVariable: child, "HOME": "/home/me"}
	for name, value := range env {
		r.Env[name] = value
	}
	r.Getwd = func() (string, error) { return "/home/me/project", nil }
	r.cmd = newRun(r.GlobalState, scenarioFiles)
	withExitCodes(r.cmd)
	r.cmd.SilenceErrors, r.cmd.SilenceUsage = true, true
	return r
}

// do runs it, and returns the lines that the command printed.
func (r *runs) do(args ...string) ([]string, error) {
	r.cmd.SetArgs(append([]string{}, args...)) // without any, cobra takes the arguments of the test binary
	err := r.cmd.Execute()
	return strings.Split(strings.TrimSpace(r.out.String()), "\n"), err
}

var configured = map[string]string{
	"TOKEN_URL": "https://idp.example/token", "CLIENT_ID": "me",
	"CLIENT_SECRET": "top secret",
}

// The flags and the environment reach k6, and k6's own flags too. The exit code is k6's.
func TestRunStartsK6(t *testing.T) {
	t.Parallel()
	r := newRuns(t, "k6", configured)
	lines, err := r.do("token-load", "--rate", "50", "--client-id=other", "--client-secret-file", "secret.txt", "--",
		"--out", "json=x", "-q")
	require.Equal(t, 7, exitCode(err))
	require.EqualError(t, err, "the run has ended, see above")
	arguments := lines[:5]
	script := strings.TrimPrefix(arguments[4], "argument ")
	assert.Equal(t, []string{"argument run", "argument --out", "argument json=x", "argument -q", "argument " + script},
		arguments)
	assert.Equal(t, "token-load.js", filepath.Base(script))
	for _, want := range []string{
		"RATE=50", "CLIENT_ID=other", "CLIENT_SECRET_FILE=/home/me/project/secret.txt", "TOKEN_URL=https://idp.example/token",
		"CLIENT_SECRET=top secret", "HOME=/home/me",
	} {
		assert.Contains(t, lines, want)
	}
	assert.Contains(t, r.out.String(), "script "+loadScript)
	assert.NoDirExists(t, filepath.Dir(filepath.Dir(script)), "the scripts are removed")
	assert.Equal(t, `scenario        token-load: Loads something.
token endpoint  https://idp.example/token
client          other
load            RATE=50

`, r.errText.String())
}

// The text before the load contains the defaults, and no secret.
func TestRunAnnouncesTheLoad(t *testing.T) {
	t.Parallel()
	r := newRuns(t, "0", configured)
	_, err := r.do("token-load", "--token-url", "https://user:pass@idp.example/token?key=hidden#fragment", "--api-url",
		"http://[::1", "--clients-file", "c.csv")
	require.NoError(t, err)
	assert.Equal(t, `scenario        token-load: Loads something.
token endpoint  https://idp.example/token?…
API             …
client          me
load            RATE=100 CLIENTS_FILE=/home/me/project/c.csv

`, r.errText.String())
}

// A flag for one of both addresses replaces what the environment has of either.
func TestRunFlagsOfAddresses(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"ISSUER": "https://a.example", "TOKEN_URL": "https://a.example/token", "CLIENT_ID": "me",
		"CLIENT_SECRET": "s",
	}
	for flag, want := range map[string][2]bool{
		"--issuer": {true, false}, "--token-url": {false, true},
		"--client-id": {true, true},
	} {
		lines, err := newRuns(t, "k6", env).do("token-load", flag, "https://b.example")
		require.Equal(t, 7, exitCode(err))
		text := strings.Join(lines, "\n")
		assert.Equal(t, want, [2]bool{strings.Contains(text, "\nISSUER="), strings.Contains(text, "\nTOKEN_URL=")}, flag)
	}
}

func TestRunDryRun(t *testing.T) {
	t.Parallel()
	r := newRuns(t, "k6", configured)
	lines, err := r.do("token-load", "--rate", "50", "--dry-run", "--", "--out", "json=it's")
	require.NoError(t, err)
	require.Len(t, lines, 1)
	dir := lines[0][strings.LastIndex(lines[0], " ")+1 : strings.Index(lines[0], "/scripts/")]
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	k6, err := os.Executable()
	require.NoError(t, err)
	assert.Equal(t, `RATE=50 `+k6+` run --out 'json=it'\''s' `+dir+`/scripts/token-load.js`, lines[0])
	text, err := os.ReadFile(filepath.Join(dir, "scripts", "token-load.js")) // #nosec G304 -- written by the command
	require.NoError(t, err)
	assert.Equal(t, loadScript, string(text))
	assert.FileExists(t, filepath.Join(dir, "scripts", "lib", "config.js"))
	assert.NotContains(t, r.out.String()+r.errText.String(), "top secret")
}

// Whatever is wrong is named, with what to do, and nothing is run.
func TestRunRefuses(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		args []string
		env  map[string]string
	}{
		`there is no scenario "token-lod" (did you mean "token-load"?)`: {[]string{"token-lod"}, configured},
		"the scenario token-load does not have the flag --rat (did you mean \"rate\"?)": {[]string{
			"token-load", "--rat",
			"3",
		}, configured},
		"the scenario api-load does not have the flag --rate": {
			[]string{"--rate", "3"},
			configured,
		},
		"--client-secret does not exist, because": {[]string{
			"token-load",
			"--client-secret", "x",
		}, configured},
		`run does not take the argument "3" after the scenario`: {
			[]string{"token-load", "3"},
			configured,
		},
		"--rate has no value; write --rate followed by the value": {
			[]string{"token-load", "--rate"},
			configured,
		},
		"the scenario token-load needs --issuer or --token-url (ISSUER or TOKEN_URL), --client-id (CLIENT_ID), the " +
			"client's secret (CLIENT_SECRET, or --client-secret-file); to try it with a local server: k6 x clientcreds serve " +
			"-- k6 x clientcreds run token-load": {[]string{"token-load"}, nil},
		"the scenario api-load needs the client's secret": {
			nil,
			map[string]string{"ISSUER": "https://a.example", "CLIENT_ID": "me"},
		},
	} {
		r := newRuns(t, "k6", c.env)
		_, err := r.do(c.args...)
		require.ErrorContains(t, err, want)
		assert.Equal(t, 104, exitCode(err), want)
		assert.Empty(t, r.out.String(), want)
	}
	_, err := newRuns(t, "k6", map[string]string{"ISSUER": "https://a.example", "CLIENTS_FILE": "c.csv"}).do("token-load")
	assert.Equal(t, 7, exitCode(err), "the file has the clients")
}

func TestRunHelp(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"token-load", "--help"}, {"token-load", "--rate", "3", "-h"}} {
		r := newRuns(t, "k6", nil)
		_, err := r.do(args...)
		require.NoError(t, err)
		assert.Equal(t, `Loads something.

What it measures: the time of everything.

Usage:
  k6 x clientcreds run token-load [flags] [-- flags of k6 run]

Flags of this scenario:
  --rate                      requests per second (default 100)
  --api-url                   URL of the API
  --clients-file              many clients

Flags of all scenarios:
  --issuer                    issuer
  --token-url                 token endpoint
  --client-id                 client
  CLIENT_SECRET               secret
  --client-secret-file        file
  --dry-run                   print the k6 command and write the scripts, but do
                              not run them

Exit codes:
  0         PASS
  1         any other failure
  90        INVALID: the numbers cannot be trusted or compared
  99        FAIL: a threshold was crossed, or a rule broken
  104       a flag, an argument, a variable of the environment, or a file that
            one of them names cannot be used
  126, 127  k6 cannot be started, or was not found
  others    the exit code of k6 run
`, r.out.String())
	}
	r := newRuns(t, "k6", nil)
	r.cmd.SetOut(r.out)
	_, err := r.do("--help")
	require.NoError(t, err)
	assert.Contains(t, r.out.String(), "The default is api-load")
}

// Signals reach k6, which decides what they mean.
func TestRunPassesSignalsOn(t *testing.T) {
	t.Parallel()
	r := newRuns(t, "signal", configured)
	registered := make(chan chan<- os.Signal, 1)
	r.SignalNotify = func(c chan<- os.Signal, _ ...os.Signal) { registered <- c }
	r.SignalStop = func(chan<- os.Signal) {}
	out := new(lockedBuffer)
	r.GlobalState.Stdout.Writer = out
	done := make(chan error, 1)
	go func() {
		_, err := r.do("token-load")
		done <- err
	}()
	signals := <-registered
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "ready") }, 10*time.Second, time.Millisecond)
	signals <- syscall.SIGTERM
	require.Equal(t, 3, exitCode(<-done))
	assert.Contains(t, out.String(), "got terminated")
}

func TestRunCompletes(t *testing.T) {
	t.Parallel()
	r := &runner{files: scenarioFiles}
	names, _ := r.complete(nil, nil, "")
	assert.Equal(t, []string{"api-load\tLoads an API.", "smoke\tTests everything once.", "token-load\tLoads something."},
		names)
	flags, _ := r.complete(nil, []string{"token-load"}, "--")
	assert.Equal(t, []string{
		"--dry-run", "--rate\trequests per second", "--api-url\tURL of the API", "--clients-file\tmany clients",
		"--issuer\tissuer",
		"--token-url\ttoken endpoint", "--client-id\tclient", "--client-secret-file\tfile",
	}, flags)
}

func TestScenariosCommand(t *testing.T) {
	t.Parallel()
	out, err := runCommand(t, "scenarios")
	require.NoError(t, err)
	for line := range strings.Lines(out) {
		assert.LessOrEqual(t, len([]rune(line)), width+1, line)
	}
	assert.Contains(t, out, "\ntoken-load ")

	out, err = runCommand(t, "scenarios", "--json")
	require.NoError(t, err)
	var list []struct {
		Name, About string
		Variables   []struct{ Name, Meaning, Default string }
	}
	require.NoError(t, json.Unmarshal([]byte(out), &list))
	assert.Greater(t, len(list), 20)
	for _, s := range list {
		assert.NotEmpty(t, s.About, s.Name)
	}

	out, err = runCommand(t, "scenarios", "show", "token-load")
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(projectRoot, "scripts", "token-load.js"))
	require.NoError(t, err)
	assert.Equal(t, string(text), out)

	for want, args := range map[string][]string{
		`there is no scenario "token-lode" (did you mean "token-load"?)`: {"scenarios", "show", "token-lode"},
		"show takes the name of one scenario":                            {"scenarios", "show"},
		`unknown command "list"`:                                         {"scenarios", "list"},
	} {
		_, err := runCommand(t, args...)
		require.ErrorContains(t, err, want)
		assert.Equal(t, 104, exitCode(err))
	}
}
