package command

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/cmd/tests"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// belowK6 runs k6 x clientcreds below a root command, as k6 does.
func belowK6(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	k6 := k6Root(t)
	k6.SetOut(&out)
	k6.SetErr(&out)
	k6.SetArgs(args)
	err := k6.Execute()
	return out.String(), err
}

// k6Root is k6 with the command.
func k6Root(t *testing.T) *cobra.Command {
	t.Helper()
	k6 := &cobra.Command{Use: "k6", SilenceErrors: true, SilenceUsage: true}
	x := &cobra.Command{Use: "x"}
	x.AddCommand(New(tests.NewGlobalTestState(t).GlobalState, os.DirFS(projectRoot)))
	k6.AddCommand(x)
	return k6
}

// all returns the command and those below it.
func all(cmd *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		list = append(list, all(sub)...)
	}
	return list
}

// ours returns the commands of the extension.
func ours(t *testing.T) []*cobra.Command {
	t.Helper()
	cmd, _, err := k6Root(t).Find([]string{"x", Name})
	require.NoError(t, err)
	return all(cmd)
}

// TestUsageErrors: what a user writes wrongly has one exit code in all commands, and the error says what to do.
func TestUsageErrors(t *testing.T) {
	t.Parallel()
	const allowed = "; use one of clients, compare, doctor, health, init, report, run, scenarios, serve, verdict"
	help := func(command string) string { return "; `k6 x clientcreds" + command + " --help` lists the flags" }
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"repot", "x.json"}, `unknown command "repot" (did you mean "report"?)` + allowed},
		{[]string{"repot", "x.json", "--output", "y"}, `unknown command "repot" (did you mean "report"?)` + allowed},
		{[]string{"nothing-like-it"}, `unknown command "nothing-like-it"` + allowed},
		{[]string{"--jsno"}, "unknown flag: --jsno" + help("")},
		{
			[]string{"serve", "--stat-file", "x"},
			`unknown flag: --stat-file (did you mean "stats-file"?)` + help(" serve"),
		},
		{[]string{"serve", "-z"}, "unknown shorthand flag: 'z' in -z" + help(" serve")},
		{[]string{"serve", "--ttl"}, "--ttl has no value; write --ttl followed by the duration"},
		{[]string{"serve", "--ttl", "-1s"}, `--ttl is "-1s"; it must be a duration above 0, such as 30s or 5m`},
		{[]string{"serve", "--client-count", "x"}, `--client-count is "x"; it must be a whole number`},
		{[]string{"serve", "x"}, `serve does not take the argument "x"; write a command to run after --`},
		{[]string{"serve", "--"}, "there is no command after --; write one, or leave out --"},
		{[]string{"doctor", "--jsno"}, `unknown flag: --jsno (did you mean "json"?)` + help(" doctor")},
		{[]string{"doctor", "--json=x"}, `--json is "x"; it must be true or false, or have no value`},
		{[]string{"doctor", "--vus", "many"}, `--vus is "many"; it must be a whole number`},
		{[]string{"doctor", "x"}, `doctor does not take the argument "x"; write flags, such as --issuer`},
		{[]string{"doctor"}, "TOKEN_URL and ISSUER are both unset; set one of them"},
		{[]string{"compare", "--rule", "x"}, `unknown flag: --rule (did you mean "rules"?)` + help(" compare")},
		{[]string{"compare"}, "expected two arguments, BASE and HEAD"},
		{[]string{"compare", "-o", "", "a", "b"}, "--output is empty; name a file, or - for standard output"},
		{
			[]string{"compare", "--markdown", "-", "--junit", "-", "a", "b"},
			"--markdown and --junit both write to standard output; name a file for one of them",
		},
		{
			[]string{"compare", "--json", "--junit", "-", "a", "b"},
			"--json and --junit both write to standard output; name a file for one of them",
		},
		{[]string{"report", "--outptu", "x"}, `unknown flag: --outptu (did you mean "output"?)` + help(" report")},
		{[]string{"report", "-o"}, "flag needs an argument: 'o' in -o" + help(" report")},
		{[]string{"report"}, "report requires at least one record, or a folder of records"},
		{[]string{"report", "-o", "", "a"}, "--output is empty; name a file, or - for standard output"},
		{[]string{"verdict", "--merge", "x"}, `unknown flag: --merge (did you mean "merged"?)` + help(" verdict")},
		{[]string{"verdict"}, "verdict requires at least one record, or a folder of records"},
		{
			[]string{"verdict", "--merged", "-", "a"},
			"--merged writes a record, which cannot be standard output; name a file",
		},
		{[]string{"health", "--url", "x"}, "unknown flag: --url" + help(" health")},
		{[]string{"health", "a", "b"}, "health takes one URL, but got 2 arguments; check one server at a time"},
		{[]string{"init", "a", "b"}, "init takes one folder, but got 2 arguments; name one, or none for this folder"},
		{[]string{"run", "token-laod"}, `there is no scenario "token-laod" (did you mean "token-load"?); `},
		{[]string{"run", "token-load", "--rate"}, "--rate has no value; write --rate followed by the value"},
		{[]string{"run", "token-load", "--rat", "1"}, "the scenario token-load does not have the flag --rat"},
		{[]string{"scenarios", "x"}, `unknown command "x"; use one of show`},
		{[]string{"scenarios", "show"}, "show takes the name of one scenario; `k6 x clientcreds scenarios` lists them"},
		{[]string{"scenarios", "show", "x"}, `there is no scenario "x"`},
	} {
		_, err := belowK6(t, append([]string{"x", Name}, c.args...)...)
		require.ErrorContains(t, err, c.want, c.args)
		require.True(t, strings.HasPrefix(err.Error(), c.want), err)
		require.NotContains(t, err.Error(), "\n")
		require.Equal(t, 104, exitCode(err), "%s: %s", c.args, err)
	}
}

// TestEveryErrorHasAnExitCode: k6 has 255 for errors without one, which says nothing.
func TestEveryErrorHasAnExitCode(t *testing.T) {
	t.Parallel()
	for _, cmd := range ours(t) {
		require.NotNil(t, cmd.RunE, cmd.CommandPath())
		require.NotNil(t, cmd.Args, cmd.CommandPath())
		err := cmd.FlagErrorFunc()(cmd, os.ErrInvalid)
		require.Equal(t, 104, exitCode(err), cmd.CommandPath())
	}
}

// TestTableOfExitCodes: the page has one table for all commands, and each command's help has its part of it.
func TestTableOfExitCodes(t *testing.T) {
	t.Parallel()
	page := testkit.Read(t, "docs/reference/commands.md")
	rows := regexp.MustCompile(`(?m)^\| (\d[\d, ]*|others) \|`).FindAllStringSubmatch(page, -1)
	require.Len(t, rows, len(ExitCodes()))
	names := make(map[string]bool)
	for _, cmd := range ours(t) {
		names[cmd.Name()] = true
		if cmd.HasSubCommands() {
			continue
		}
		out, err := belowK6(t, append(strings.Fields(cmd.CommandPath())[1:], "--help")...)
		require.NoError(t, err)
		_, out, _ = strings.Cut(out, "\nExit codes:\n")
		for _, c := range exitCodesOf(cmd.Name()) {
			require.Contains(t, out, "  "+c.Code+" ", cmd.CommandPath())
		}
	}
	for i, c := range ExitCodes() {
		require.Equal(t, c.Code, rows[i][1])
		for _, command := range c.Commands {
			require.True(t, names[command], command)
		}
		for command := range c.By {
			require.True(t, names[command], command)
		}
	}
}
