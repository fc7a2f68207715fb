package command

import (
	"cmp"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/cmd/tests"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// TestExitCodes holds that no error leaves the exit code to k6, which has 255 for those without one.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	table := docsTable(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{
			[]string{"repot", "x.json"},
			`unknown command "repot" (did you mean "report"?); allowed: compare, doctor, health, init, report, run, scenarios, serve, verdict`,
		},
		{
			[]string{"repot", "x.json", "--output", "y"},
			`unknown command "repot" (did you mean "report"?); allowed: compare, doctor, health, init, report, run, scenarios, serve, verdict`,
		},
		{
			[]string{"nothing-like-it"},
			`unknown command "nothing-like-it"; allowed: compare, doctor, health, init, report, run, scenarios, serve, verdict`,
		},
		{[]string{"--jsno"}, "unknown flag: --jsno"},
		{[]string{"serve", "--stat-file", "x"}, `unknown flag: --stat-file (did you mean "stats-file"?)`},
		{[]string{"serve", "--ttl"}, "flag needs an argument: --ttl"},
		{[]string{"doctor", "--jsno"}, `unknown flag: --jsno (did you mean "json"?)`},
		{[]string{"doctor", "x"}, `doctor does not take the argument "x", only flags`},
		{[]string{"compare", "--rule", "x"}, `unknown flag: --rule (did you mean "rules"?)`},
		{[]string{"compare"}, ""},
		{[]string{"report", "--outptu", "x"}, `unknown flag: --outptu (did you mean "output"?)`},
		{[]string{"report"}, ""},
		{[]string{"verdict", "--merge", "x"}, `unknown flag: --merge (did you mean "merged"?)`},
		{[]string{"verdict"}, ""},
		{[]string{"health", "--url", "x"}, `unknown flag: --url`},
		{[]string{"health", "a", "b"}, "health takes one URL, but got 2 arguments"},
	} {
		k6 := &cobra.Command{Use: "x", SilenceErrors: true, SilenceUsage: true}
		k6.AddCommand(New(tests.NewGlobalTestState(t).GlobalState, os.DirFS(projectRoot)))
		k6.SetArgs(append([]string{Name}, c.args...))
		err := k6.Execute()
		require.Error(t, err, c.args)
		if c.want != "" {
			require.EqualError(t, err, c.want)
		}
		name := c.args[0]
		if table[name] == nil {
			name = Name
		}
		require.Equal(t, table[name][0], strconv.Itoa(exitCode(err)), "%s: %s", c.args, err)
	}
	root := New(tests.NewGlobalTestState(t).GlobalState, os.DirFS(projectRoot))
	require.Len(t, table, len(root.Commands())+1, "the table has all commands")
	for _, cmd := range append(root.Commands(), root) {
		codes := exitCodesOf(cmd.Name())
		require.Equal(t, []string{strconv.Itoa(int(codes.usage)), strconv.Itoa(int(codes.failed))}, table[cmd.Name()][:2],
			cmd.Name())
	}
}

// docsTable is the table of exit codes, by command.
func docsTable(t *testing.T) map[string][]string {
	t.Helper()
	text := testkit.Read(t, "docs/reference/commands.md")
	table := make(map[string][]string)
	for _, row := range regexp.MustCompile("(?m)^\\| `k6 x clientcreds ?([a-z]*)` \\| (\\d+) \\| (\\d+) \\|").FindAllStringSubmatch(text, -1) {
		table[cmp.Or(row[1], Name)] = row[2:]
	}
	return table
}
