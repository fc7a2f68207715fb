package command

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
)

// exitFailed is the exit code of a command that was used correctly and did not succeed.
const exitFailed exitcodes.ExitCode = 1

// ExitCode describes an exit code, which means the same in all commands.
type ExitCode struct {
	Code    string // a number, or a range of them
	Meaning string
	// Commands are the commands that have the exit code, nil for all of them.
	Commands []string
	// By has what the exit code means in some of the commands.
	By map[string]string
}

// ExitCodes lists the exit codes of the commands.
func ExitCodes() []ExitCode {
	return []ExitCode{
		{Code: "0", Meaning: "success", By: map[string]string{
			"compare": "`PASS`",
			"doctor":  "the server is usable, also with warnings",
			"health":  "the server answered 200",
			"run":     "`PASS`",
			"verdict": "`PASS`",
		}},
		{Code: "1", Meaning: "any other failure", By: map[string]string{
			"doctor": "the server is not usable: a check failed",
			"health": "the server did not answer, or not with 200",
		}},
		{Code: "90", Meaning: "`INVALID`: the numbers cannot be trusted or compared", Commands: []string{
			"compare", "run", "verdict",
		}},
		{Code: "91", Meaning: "`UNCLEAR`: a paired run ended before every rule was decided", Commands: []string{"compare"}},
		{Code: "99", Meaning: "`FAIL`: a threshold was crossed, or a rule broken", Commands: []string{
			"compare", "run", "verdict",
		}},
		{
			Code: "104", Meaning: "a flag, an argument, a variable of the environment, or a file that one of them names " +
				"cannot be used",
		},
		{Code: "126, 127", Meaning: "the command after `--` cannot be started, or was not found", Commands: []string{
			"run", "serve",
		}, By: map[string]string{"run": "k6 cannot be started, or was not found"}},
		{Code: "others", Meaning: "", Commands: []string{"run", "serve"}, By: map[string]string{
			"run": "the exit code of `k6 run`",
			"serve": "the exit code of the command after `--`, or 128 plus the number of the signal that ended the " +
				"command",
		}},
	}
}

// exitCodesOf returns the exit codes of one command, with the meaning in that command.
func exitCodesOf(command string) []ExitCode {
	var list []ExitCode
	for _, c := range ExitCodes() {
		if c.Commands != nil && !slices.Contains(c.Commands, command) {
			continue
		}
		if meaning, ok := c.By[command]; ok {
			c.Meaning = meaning
		}
		list = append(list, c)
	}
	return list
}

// withExitCodes gives every error of the command and of its subcommands an exit code. k6 would exit with 255.
func withExitCodes(cmd *cobra.Command) {
	args, run := cmd.Args, cmd.RunE
	cmd.Args = func(cmd *cobra.Command, list []string) error { return invalid(args(cmd, list)) }
	cmd.RunE = func(cmd *cobra.Command, list []string) error {
		return errext.WithExitCodeIfNone(run(cmd, list), exitFailed)
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		// The flags of a misspelled subcommand are unknown too, but are not what is wrong.
		if argsErr := args(cmd, cmd.Flags().Args()); cmd.HasSubCommands() && argsErr != nil {
			return invalid(argsErr)
		}
		return invalid(flagError(cmd, err))
	})
	for _, sub := range cmd.Commands() {
		withExitCodes(sub)
	}
}

// writeExitCodes writes the exit codes of a command for its help.
func writeExitCodes(b *strings.Builder, command string) {
	b.WriteString("\nExit codes:\n")
	for _, c := range exitCodesOf(command) {
		fmt.Fprintf(b, "  %-8s  %s\n", c.Code, wrapped(plain(c.Meaning), 12))
	}
}
