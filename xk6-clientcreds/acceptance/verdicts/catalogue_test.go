package verdicts

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// judgedRun is a run with a known verdict. docs/guides/validity.md has a table of them.
type judgedRun struct {
	what    string // is wrong, or looks wrong and is right
	options string // of the script
	client  string // more options of the client
	code    string // of the script's default function, unless the script is whole
	script  string // a whole script
	server  func(*authserver.Config)
	env     []string
	args    []string
	during  func(t *testing.T, s *servers.Local, p *k6test.K6, file string)
	prepare func(t *testing.T, s *servers.Local) []string // more of the environment
	judged  bool
	exit    int
	reason  string // of the verdict, with … for what differs from run to run; "" for PASS
	rules   []string
	check   func(t *testing.T, r *k6test.Record) // more of the record
	late    bool                                 // without an output, the summary is made before the module knows
}

// judgedScript is the script of such a run: its options, more options of the client, and its code.
const judgedScript = `import exec from 'k6/execution';
import http from 'k6/http';
import ws from 'k6/ws';
import { sleep } from 'k6';
import { Client, validity } from 'k6/x/clientcreds';
const api = __ENV.API_URL;
export const options = { %s };
const client = new Client({ tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET, %s });
%s
export function handleSummary() { return { stdout: 'The summary: ' + validity().text + '\n' }; }
`

func (c *judgedRun) text() string {
	code, options := c.script, c.options
	if code == "" {
		code = "export default async function () { " + c.code + " }"
	}
	if options == "" {
		options = "vus: 2, duration: '1s'"
	}
	return fmt.Sprintf(judgedScript, options, c.client, code)
}

func (c *judgedRun) verdict() string {
	switch {
	case c.reason == "":
		return "PASS"
	case slices.Contains([]int{
		k6test.ExitThresholds, exitMarkedAsFailed, k6test.ExitScriptException, exitUnknown,
	}, c.exit) &&
		!slices.Contains(c.rules, "no_iterations"):
		return "FAIL"
	default:
		return "INVALID"
	}
}

// begin starts the run, and returns the file of its record.
func (c *judgedRun) begin(t *testing.T, recorded bool) (*k6test.K6, string) {
	t.Helper()
	server := servers.StartLocal(t, c.server)
	r := k6test.Run{
		Code: c.text(), Env: server.Env(append([]string{"K6_CLIENTCREDS_EXIT_CODE=verdict"}, c.env...)...),
		Args: slices.Clone(c.args), Judged: c.judged,
	}
	if c.prepare != nil {
		r.Env = k6test.With(r.Env, c.prepare(t, server)...)
	}
	file := filepath.Join(t.TempDir(), "record", "record.json")
	require.NoError(t, os.Mkdir(filepath.Dir(file), 0o700))
	if recorded {
		r.Args = append(r.Args, "-o", "clientcreds-record="+file)
	}
	p := r.Start(t)
	if c.during != nil {
		c.during(t, server, p, file)
	}
	return p, file
}

// TestVerdicts: no wrong run is PASS, each says what is wrong, and every right one is PASS; in the log, the summary,
// the exit code, the record and k6 x clientcreds verdict alike, and without a record as with one.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, c := range slices.Concat(wrongRuns(), rightRuns()) {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			c.test(t)
		})
	}
}

// test does the run twice: without a record, and with one.
func (c *judgedRun) test(t *testing.T) {
	t.Helper()
	want := c.verdict()
	if c.reason != "" {
		want += ": " + c.reason
	}
	pattern := counted(want)
	t.Run("alone", func(t *testing.T) {
		t.Parallel()
		if slices.Contains(c.rules, "results_not_written") {
			return // there is none
		}
		p, _ := c.begin(t, false)
		r := p.Result(t)
		require.Equal(t, c.exit, r.ExitCode, r.Output)
		if !c.late {
			require.Regexp(t, `(?m)^The summary: `+pattern+`$`, r.Output)
		}
		if c.reason == "" {
			require.NotContains(t, r.Output, "The run is")
			return
		}
		require.Regexp(t, fmt.Sprintf(`msg="The run is %s; exit code %d\b`, quoted(pattern), c.exit), r.Output)
	})
	t.Run("recorded", func(t *testing.T) {
		t.Parallel()
		p, file := c.begin(t, true)
		r := p.Result(t)
		require.Equal(t, c.exit, r.ExitCode, r.Output)
		if slices.Contains(c.rules, "results_not_written") {
			require.Regexp(t, fmt.Sprintf(`msg="The run is %s; exit code %d\b`, quoted(pattern), c.exit), r.Output)
			return
		}
		record := k6test.ReadRecord(t, file)
		require.Equal(t, c.verdict(), record.Validity.Verdict, r.Output)
		require.Equal(t, append([]string{}, c.rules...), record.Rules(), r.Output)
		if c.check != nil {
			c.check(t, record)
		}
		said := `msg="run record \S+: ` + quoted(pattern)
		if c.reason != "" {
			said += fmt.Sprintf(`; exit code %d\b[^\n]*`, c.exit)
		}
		require.Regexp(t, said+`" output=clientcreds-record`, r.Output)
		require.Regexp(t, `(?m)^The summary: `+pattern+`$`, r.Output)
		code, output := k6test.Judge(t, file)
		require.Equal(t, map[string]int{"PASS": 0, "FAIL": k6test.ExitThresholds, "INVALID": k6test.ExitInvalid}[c.verdict()], code, output)
		require.Contains(t, output, c.verdict()+"\n")
	})
}

var (
	severalOf = regexp.MustCompile(`(… (?:\w+ )?(?:answer|call|iteration|request|sample))s\b`)
	theyWere  = regexp.MustCompile(`\b(were|have)\b`)
)

// counted is a pattern of a reason, with … for what differs from run to run: a busy machine may count one of a thing.
func counted(reason string) string {
	pattern := severalOf.ReplaceAllString(regexp.QuoteMeta(reason), "${1}s?")
	pattern = theyWere.ReplaceAllString(pattern, "(?:$1|was|has)")
	return strings.ReplaceAll(pattern, "…", `.*?`)
}

// quoted is a pattern of a text as k6's log has it in quotes.
func quoted(pattern string) string { return strings.ReplaceAll(pattern, `"`, `\\"`) }

// TestVerdictsAreDocumented: the tables of docs/guides/validity.md list the tests.
func TestVerdictsAreDocumented(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("| Wrong run | Verdict | Exit code |\n|---|---|---|\n")
	for _, c := range append(wrongRuns(), throttledRun("")) {
		fmt.Fprintf(&text, "| %s | `%s: %s` | %d |\n", c.what, c.verdict(), c.reason, c.exit)
	}
	text.WriteString("\n| Right run |\n|---|\n")
	for _, c := range rightRuns() {
		fmt.Fprintf(&text, "| %s |\n", c.what)
	}
	require.Contains(t, k6test.ReadFile(t, filepath.Join(k6test.Root, "docs", "guides", "validity.md")), text.String())
	require.GreaterOrEqual(t, len(wrongRuns()), 20)
	require.GreaterOrEqual(t, len(rightRuns()), 10)
}
