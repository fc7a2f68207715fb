package scenarios

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// summaryText is the summary that a scenario printed.
var summaryText = regexp.MustCompile(`(?ms)^ {2}run {6}.*?\n\n`)

// The summary says whether the run counts, and why not.
func TestScenarioSummary(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string // api-load.js unless given
		server func(*authserver.Config)
		env    []string
		args   []string
		exit   int
		lines  []string
		not    []string // nowhere in the summary

		crossed []string // at least
	}{
		"a good run": {
			lines: []string{
				`  run      {n} iterations in {x} s by up to 2 VUs, {x}/s`,
				`  verdict  PASS`,
				`  API      {n} requests, {x}/s, 0.00% failed; checks {n} passed, 0 failed`,
				`  tokens   3 requests (3 cold), {x}/s, 0.00% failed, 0 retries`,
				`  cache    {n} hits, 3 waits ({x}% hits); at least 29{n} s left at each use`,
				`  report   add -o clientcreds-record=FILE; then k6 x clientcreds report FILE`,
			},
			not: []string{"errors", "crossed", "answer", "unknown"},
		},
		"a scenario that uses no cache": {
			script: "token-load.js", env: []string{"RATE=20", "MAX_VUS=5"},
			lines: []string{`  tokens   {n} requests (1 cold, {n} acquire), {x}/s, 0.00% failed, 0 retries`},
			not:   []string{"cache", "API"},
		},
		"rejected tokens": {
			server: func(c *authserver.Config) { c.APIMiddleware = []authserver.Middleware{servers.RejectsEveryFourth()} },
			exit:   k6test.ExitInvalid,
			lines: []string{
				`  verdict  INVALID: {n} answers were 401`,
				`  errors   API requests: invalid_token 401 ×{n}`,
			},
			crossed: []string{"clientcreds_rejections"},
		},
		"a slow start": {
			server: func(c *authserver.Config) { c.TokenMiddleware = []authserver.Middleware{servers.UnavailableTwice()} },
			exit:   k6test.ExitThresholds,
			lines: []string{
				`  verdict  FAIL: 1 threshold was crossed`,
				`  tokens   5 requests (5 cold), {x}/s, 40.00% failed, 2 retries`,
				`  errors   token requests: http_error 503 ×2`,
				`           the answer is empty`,
				`  crossed  clientcreds_request_failed: rate==0 does not hold (rate 0.4)`,
			},
		},
		"an authorization server that dies": {
			server: func(c *authserver.Config) {
				servers.WithFaults(`{"ttl": "1s", "token": {"outages": [{"after": "2s", "for": "1m", "how": "reset"}]}}`)(c)
			},
			env: []string{"DURATION=4s"}, exit: k6test.ExitInvalid,
			lines: []string{
				`  run      {n} iterations in {x} s by up to 2 VUs, {x}/s; {n} of them failed`,
				`  API      {n} requests, {x}/s, 0.00% failed; checks {n} passed, 0 failed`,
				`  tokens   {n} requests ({n} cold, {n} early, {n} expired), {x}/s, {x}% failed, {n} retries, {n} suppressed`,
				`  errors   token requests: connection_reset ×{n}`,
			},
			not: []string{"p50 0 ms"},
		},
		"an API that cannot be reached in between": {
			server: func(c *authserver.Config) {
				servers.WithFaults(`{"api": {"outages": [{"after": "2s", "for": "500ms", "how": "reset"}]}}`)(c)
			},
			env: []string{"DURATION=4s"}, exit: k6test.ExitThresholds,
			lines: []string{`  errors   API requests: connection_reset ×{n}`},
			not:   []string{"p50 0 ms"},
		},
		"a wrong secret": {
			env: []string{"CLIENT_SECRET=wrong"}, exit: k6test.ExitScriptException,
			lines: []string{
				`  run      no iteration was completed in {time}`,
				`  verdict  INVALID: no iteration was completed; not one token was granted: 1 token request failed`,
				`  errors   token requests: invalid_client 401 ×1`,
				`           client authentication failed`,
				`  next     k6 x clientcreds doctor examines the server`,
			},
			not: []string{"API", "tokens", "cache", "p50", "0.00%", "report"},
		},
		"nobody there": {
			env: []string{"TOKEN_URL=http://127.0.0.1:9/token", "ISSUER="}, exit: k6test.ExitScriptException,
			lines: []string{`  errors   token requests: connection_refused ×3`, `           connection refused (127.0.0.1:9)`},
			not:   []string{"API", "tokens", "cache", "p50", "0.00%", "report"},
		},
		"an API that refuses all tokens": {
			server: func(c *authserver.Config) { c.APIScope = "orders.admin" }, exit: k6test.ExitScriptException,
			lines: []string{
				`  run      no iteration was completed in {time}`,
				`  errors   API requests: insufficient_scope 403 ×1`,
			},
			not: []string{"API  ", "tokens", "cache", "p50", "0.00%", "report"},
		},
		"a kind of call that did not happen": {
			script: "mixed.js", env: []string{"RATE=10", "MIX=grant=1,api=0.0000001"}, exit: k6test.ExitThresholds,
			lines: []string{`  crossed  mixed_calls{kind:api}: count>0 does not hold (count 0)`, `           api: no call`},
		},
		"k6's new form of data": {
			args: []string{"--new-machine-readable-summary"},
			lines: []string{
				`  run      {n} iterations in {x} s by up to 2 VUs, {x}/s`,
				`  verdict  PASS`,
				`  API      {n} requests, {x}/s, 0.00% failed; checks {n} passed, 0 failed`,
				`  tokens   3 requests (3 cold), {x}/s, 0.00% failed, 0 retries`,
			},
			not: []string{"THRESHOLDS", "unknown  "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := servers.StartLocal(t, c.server)
			if c.script == "" {
				c.script = "api-load.js"
			}
			env := server.Env(append([]string{"VUS=2", "DURATION=2s", "PAUSE=0.02"}, c.env...)...)
			r := k6test.Run{Script: "scripts/" + c.script, Env: env, Args: c.args}.Do(t)
			require.Equal(t, c.exit, r.ExitCode, r.Output)
			r.Shows(t, c.lines...)
			require.Subset(t, r.Crossed(), c.crossed)
			text := summaryText.FindString(r.Output)
			require.NotEmpty(t, text, r.Output)
			for _, words := range c.not {
				require.NotContains(t, text, words)
			}
			for line := range strings.Lines(text) {
				require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 80, line)
			}
		})
	}
}

// Events that happened once are in the singular.
func TestScenarioSummaryOfOne(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, nil)
	k6test.Run{Script: k6test.Fixture("one-iteration.js"), Env: server.Env()}.Do(t).Passes(t).Shows(t,
		`  run      1 iteration in {time}, {x}/s`,
		`  API      1 request, {x}/s, 0.00% failed; checks 0 passed, 0 failed`,
		`  tokens   1 request (1 cold), {x}/s, 0.00% failed, 0 retries`,
		`  cache    1 hit, 1 wait (50.00% hits); at least {x} s left at each use`)
}

// The summary ends with the command that shows the record, if there is one.
func TestScenarioSummaryNamesTheRecord(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, nil)
	for name, shown := range map[string]string{"record.json": `{file}`, "my record.json": `'{file}'`} {
		file := filepath.Join(t.TempDir(), name)
		r := k6test.Run{
			Script: "scripts/api-load.js", Env: server.Env("VUS=1", "DURATION=1s"),
			Args: []string{"-o", "clientcreds-record=" + file},
		}.Do(t).Passes(t)
		require.Contains(t, r.Unwrapped(), "  report   k6 x clientcreds report "+strings.ReplaceAll(shown, "{file}",
			file)+"\n")
		require.FileExists(t, file)
	}
}

// The verdict has a color on a terminal, unless the user does not want any.
func TestScenarioSummaryInColor(t *testing.T) {
	t.Parallel()
	lib, err := filepath.Abs(filepath.Join(k6test.Root, "scripts", "lib"))
	require.NoError(t, err)
	for change, colored := range map[string]bool{
		`state: {...data.state, isStdOutTTY: true}, options: {...data.options, noColor: false}`: true,
		// by NO_COLOR, which all tests set
		`state: {...data.state, isStdOutTTY: true}`:  false,
		`options: {...data.options, noColor: false}`: false,
	} {
		r := k6test.Run{Env: map[string]string{"K6_CLIENTCREDS_ALLOW": "no_tokens"}, Code: `import { summary } from '` + lib + `/summary.js';
			export default function () {}
			export function handleSummary(data) { return summary({...data, ` + change + `}); }`}.Do(t).Passes(t)
		require.Equal(t, colored, strings.Contains(r.Output, "\n  verdict  \u001b[32mPASS\u001b[0m\n"), r.Output)
		require.Equal(t, colored, strings.Contains(r.Output, "\u001b"), r.Output)
	}
}

// A threshold that nothing can cross is none: it would be in every list of thresholds that held.
func TestScenariosHaveNoThresholdThatAlwaysHolds(t *testing.T) {
	t.Parallel()
	alwaysHolds := regexp.MustCompile(`>= ?0$`)
	files, err := filepath.Glob(filepath.Join(k6test.Root, "scripts", "*.js"))
	require.NoError(t, err)
	for _, file := range files {
		cmd := exec.CommandContext(t.Context(), k6test.Binary(t), "inspect", "--include-system-env-vars", file) // #nosec G204 -- the binary under test
		clients, err := filepath.Abs(filepath.Join(k6test.Root, "examples", "clients.json"))
		require.NoError(t, err)
		cmd.Env = []string{
			"HOME=" + t.TempDir(), "ISSUER=https://127.0.0.1:9", "API_URL=http://127.0.0.1:9/api", "CLIENT_ID=" + servers.LocalID,
			"CLIENT_SECRET=" + servers.LocalSecret, "CLIENTS_FILE=" + clients, "CLIENTS=1,2",
		}
		out, err := cmd.Output()
		require.NoError(t, err, "%s: %s", file, out)
		var options struct{ Thresholds map[string][]string }
		require.NoError(t, json.Unmarshal(out, &options))
		require.NotEmpty(t, options.Thresholds, file)
		for metric, list := range options.Thresholds {
			for _, source := range list {
				require.NotRegexp(t, alwaysHolds, source, "%s: %s", file, metric)
			}
		}
	}
}
