package command

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/scenario"
)

// TestHelpFitsATerminal: no line of any help is wider than 80 columns.
func TestHelpFitsATerminal(t *testing.T) {
	t.Parallel()
	var calls [][]string
	for _, cmd := range ours(t) {
		calls = append(calls, strings.Fields(cmd.CommandPath())[1:])
	}
	for _, s := range scenarios(t) {
		calls = append(calls, []string{"x", Name, "run", s.Name})
	}
	for _, call := range calls {
		out, err := belowK6(t, append(call, "--help")...)
		require.NoError(t, err)
		if len(call) == 4 && call[2] == "run" {
			out, err = runCommand(t, "run", call[3], "--help") // to k6's standard output
			require.NoError(t, err)
		}
		require.Contains(t, out, "Usage:\n", call)
		for line := range strings.Lines(out) {
			require.LessOrEqual(t, len([]rune(strings.TrimSuffix(line, "\n"))), width, "%s: %s", call, line)
		}
	}
}

func scenarios(t *testing.T) []scenario.Scenario {
	t.Helper()
	list, err := scenario.Load(projectFiles)
	require.NoError(t, err)
	return list
}

// TestGroupsOfFlags: a command groups all of its flags, or none.
func TestGroupsOfFlags(t *testing.T) {
	t.Parallel()
	grouped := make(map[string][]string)
	for _, cmd := range ours(t) {
		for _, g := range FlagGroups(cmd) {
			grouped[cmd.Name()] = append(grouped[cmd.Name()], g.Title)
		}
		if titles := grouped[cmd.Name()]; len(titles) > 1 {
			require.NotContains(t, titles, "", cmd.CommandPath())
		}
	}
	require.Equal(t, []string{
		"Server", "Clients", "Tokens", "Protected API", "Faults", "Counters and administration",
	}, grouped["serve"])
	require.Equal(t, []string{"Server", "Client", "Token", "Checks", "Results"}, grouped["doctor"])
}

// TestJSONIsASwitch: --json has no value in any command, and -o is a file wherever it is.
func TestJSONIsASwitch(t *testing.T) {
	t.Parallel()
	with := make(map[string][]string)
	for _, cmd := range ours(t) {
		if f := cmd.Flags().Lookup("json"); f != nil {
			require.Equal(t, "bool", f.Value.Type(), cmd.CommandPath())
			with["json"] = append(with["json"], cmd.Name())
		}
		if f := cmd.Flags().ShorthandLookup("o"); f != nil {
			require.Equal(t, "output", f.Name, cmd.CommandPath())
			require.Contains(t, f.Usage, "- is standard output", cmd.CommandPath())
			with["output"] = append(with["output"], cmd.Name())
		}
		if f := cmd.Flags().Lookup("force"); f != nil {
			require.Equal(t, "overwrite existing files", f.Usage)
			with["force"] = append(with["force"], cmd.Name())
		}
	}
	require.Equal(t, []string{"delete", "register", "compare", "doctor", "scenarios", "verdict"}, with["json"])
	require.Equal(t, []string{"compare", "doctor", "report", "verdict"}, with["output"])
	require.Equal(t, []string{"register", "compare", "doctor", "init", "report", "serve", "verdict"}, with["force"])
}

func TestVersion(t *testing.T) {
	t.Parallel()
	out, err := runCommand(t, "--version")
	require.NoError(t, err)
	require.Regexp(t, `^k6/x/clientcreds \S+ \(k6 \S+, go1\.\S+, \w+/\w+\)\n$`, out)
}

// complete asks for completions as a shell does. The directive is after the colon.
func complete(t *testing.T, args ...string) (values []string, directive string) {
	t.Helper()
	out, err := belowK6(t, append([]string{cobra.ShellCompNoDescRequestCmd, "x", Name}, args...)...)
	require.NoError(t, err)
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if after, ok := strings.CutPrefix(line, ":"); ok {
			return values, after
		}
		values = append(values, line)
	}
	require.Fail(t, "no directive", out)
	return nil, ""
}
