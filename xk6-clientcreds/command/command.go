package command

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"go.k6.io/k6/v2/cmd/state"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/nearest"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/procinfo"
)

// Name is the name of the command below k6 x.
const Name = "clientcreds"

// New makes the command. files has the scenarios and everything else that the commands give to their users. k6 calls
// New at every start, whatever is to be run, so it does no more than declare.
func New(gs *state.GlobalState, files fs.FS) *cobra.Command {
	root := &cobra.Command{
		Use:   Name,
		Short: "Load-test OAuth 2.0 token endpoints and the APIs behind them",
		Long: "Tools for the JavaScript module k6/x/clientcreds, which gives load tests OAuth 2.0 client credentials " +
			"tokens.",
		Args:              knownCommand,
		ValidArgsFunction: completeNothing,
	}
	version := root.Flags().Bool("version", false, "print the versions of the extension, k6, and Go")
	root.RunE = func(cmd *cobra.Command, _ []string) error {
		if *version {
			return writeVersion(gs.Stdout.Writer)
		}
		return cmd.Help()
	}
	root.AddCommand(newRun(gs, files), newInit(gs, files), newScenarios(gs, files), newServe(gs), newDoctor(gs),
		newClients(gs), newCompare(gs), newReport(gs), newVerdict(gs), newHealth(gs))
	withExitCodes(root)
	withHelp(root)
	withCompletion(root)
	return root
}

// writeVersion writes what this binary is built of.
func writeVersion(w io.Writer) error {
	_, err := fmt.Fprintf(w, "k6/x/clientcreds %s (k6 %s, %s, %s/%s)\n", procinfo.VersionOf(procinfo.ExtensionModule),
		procinfo.VersionOf(procinfo.K6Module), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
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
	return invalidf("unknown command %q%s; use one of %s", args[0], nearest.DidYouMean(args[0], names),
		strings.Join(names, ", "))
}

// invalidf is an error of what the user wrote. It ends k6 with the exit code
// for invalid configuration.
func invalidf(format string, args ...any) error {
	return invalid(fmt.Errorf(format, args...))
}

func invalid(err error) error { return errext.WithExitCodeIfNone(err, exitcodes.InvalidConfig) }

// duration is a flag of a positive duration whose error says what is allowed.
type duration time.Duration

var errDuration = errors.New("it must be a duration above 0, such as 30s or 5m")

func (d *duration) Set(s string) error {
	v, err := time.ParseDuration(s)
	if err != nil || v <= 0 {
		return errDuration
	}
	*d = duration(v)
	return nil
}

func (d *duration) String() string {
	if *d == 0 {
		return ""
	}
	s := time.Duration(*d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	return s
}

func (*duration) Type() string { return "duration" }
