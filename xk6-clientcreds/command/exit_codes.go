package command

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/nearest"
)

// exitFailed is the exit code of a command that was used rightly and did not succeed.
const exitFailed exitcodes.ExitCode = 1

// exitCodes are the exit codes of errors without one: k6 would end with 255, which says nothing.
type exitCodes struct {
	usage  exitcodes.ExitCode // flags and arguments
	failed exitcodes.ExitCode // all that comes after
}

// ExitCodeInfo describes the exit codes of one command.
type ExitCodeInfo struct {
	Command       string
	Usage, Failed int
	Further       string // besides 0, these two
}

// ExitCodes lists the exit codes of the commands below root, and of root.
func ExitCodes(root *cobra.Command) []ExitCodeInfo {
	further := map[string]string{
		"serve": "With a command after `--`: the command's exit code; 126 or 127 if it cannot be started; " +
			"128 plus the number of the signal that ended it",
		"run":     "any exit code of `k6 run`; 126 or 127 if k6 cannot be started",
		"compare": "99 `FAIL`, 90 `INVALID`",
		"verdict": "99 `FAIL`, 90 `INVALID`",
	}
	var infos []ExitCodeInfo
	for _, c := range append([]*cobra.Command{root}, root.Commands()...) {
		name := strings.TrimSuffix("k6 x "+Name+" "+strings.TrimPrefix(c.Name(), Name), " ")
		codes := exitCodesOf(c.Name())
		infos = append(infos, ExitCodeInfo{name, int(codes.usage), int(codes.failed), further[c.Name()]})
	}
	return infos
}

// exitCodesOf has the exit codes of every command.
func exitCodesOf(command string) exitCodes {
	switch command {
	case "doctor":
		return exitCodes{usage: exitUsage, failed: exitUnusable}
	case "compare", "report", "verdict":
		// A result that cannot be written is not a verdict, and the command line names all files that they read and write.
		return exitCodes{usage: exitcodes.InvalidConfig, failed: exitcodes.InvalidConfig}
	default:
		return exitCodes{usage: exitcodes.InvalidConfig, failed: exitFailed}
	}
}

// withExitCodes gives every error of the command and of its subcommands an exit code.
func withExitCodes(cmd *cobra.Command) *cobra.Command {
	codes := exitCodesOf(cmd.Name())
	args, run := cmd.Args, cmd.RunE
	cmd.Args = func(cmd *cobra.Command, list []string) error {
		return errext.WithExitCodeIfNone(args(cmd, list), codes.usage)
	}
	cmd.RunE = func(cmd *cobra.Command, list []string) error {
		return errext.WithExitCodeIfNone(run(cmd, list), codes.failed)
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		// The flags of a misspelt subcommand are unknown too, but are not what is wrong.
		if argsErr := args(cmd, cmd.Flags().Args()); cmd.HasSubCommands() && argsErr != nil {
			err = argsErr
		}
		return errext.WithExitCodeIfNone(withSuggestion(err, cmd.Flags()), codes.usage)
	})
	for _, sub := range cmd.Commands() {
		withExitCodes(sub)
	}
	return cmd
}

// withSuggestion adds the flag that was probably meant to the error of an unknown one.
func withSuggestion(err error, flags *pflag.FlagSet) error {
	unknown, ok := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !ok {
		return err
	}
	var names []string
	flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return fmt.Errorf("%w%s", err, nearest.DidYouMean(unknown, names))
}

// knownCommand refuses what is not a subcommand.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range cmd.Commands() {
		names = append(names, sub.Name())
	}
	return invalidf("unknown command %q%s; allowed: %s", args[0], nearest.DidYouMean(args[0], names),
		strings.Join(names, ", "))
}
