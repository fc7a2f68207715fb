package command

import (
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"go.k6.io/k6/v2/cmd/state"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/nearest"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/scenario"
)

const runLong = `Run a scenario, which is a load test that this binary contains. The default is api-load.

Environment variables configure the scenario, and flags take precedence: --token-url is TOKEN_URL, --rate is RATE, and so
on. The secret does not have a flag, because other users of the machine can read command lines: set CLIENT_SECRET or
--client-secret-file. Options of k6 run follow --.

  k6 x clientcreds scenarios              lists the scenarios
  k6 x clientcreds run SCENARIO --help    lists the variables of a scenario
  k6 x clientcreds doctor                 checks the server before the load test`

const runExample = `  # load a token endpoint with 50 requests per second
  export CLIENT_SECRET=…
  k6 x clientcreds run token-load --token-url https://idp.example.com/token \
    --client-id load --rate 50 --duration 30s

  # the same with a local authorization server
  k6 x clientcreds serve -- k6 x clientcreds run token-load --rate 50

  # keep the run record
  k6 x clientcreds run token-load -- --out clientcreds-record=run.json`

// defaultScenario is the main job: a protected API under load.

const defaultScenario = "api-load"

// runner is one call of k6 x clientcreds run.

type runner struct {
	gs    *state.GlobalState
	files fs.FS
	// executable returns the path of k6.
	executable func() (string, error)
}

func newRun(gs *state.GlobalState, files fs.FS) *cobra.Command {
	r := &runner{gs: gs, files: files, executable: os.Executable}
	return &cobra.Command{
		Use:     "run [scenario] [flags] [-- flags of k6 run]",
		Short:   "Run a load test that this binary contains",
		Long:    runLong,
		Example: runExample,
		Args:    cobra.ArbitraryArgs,
		// Each scenario has flags of its own.
		DisableFlagParsing: true,
		ValidArgsFunction:  r.complete,
		RunE:               r.run,
	}
}

// scenarioRun holds the settings of the command line.

type scenarioRun struct {
	scenario  scenario.Scenario
	variables []scenario.Variable // of the scenario, and then those that all have in common
	env       map[string]string   // with the flags
	flags     []string            // the names of the variables that flags have set
	dryRun    bool
	k6        []string // arguments of k6 run
}

func (r *runner) run(cmd *cobra.Command, args []string) error {
	own, k6 := args, []string(nil)
	if dash := slices.Index(args, "--"); dash >= 0 {
		own, k6 = args[:dash], args[dash+1:]
	}
	if len(own) > 0 && (own[0] == "--help" || own[0] == "-h") {
		return cmd.Help()
	}
	name := defaultScenario
	if len(own) > 0 && !strings.HasPrefix(own[0], "-") {
		name, own = own[0], own[1:]
	}
	s, variables, err := r.find(name)
	if err != nil {
		return err
	}
	run := scenarioRun{scenario: s, variables: variables, env: maps.Clone(r.gs.Env), k6: k6}
	help, err := run.parse(own)
	switch {
	case err != nil:
		return invalid(err)
	case help:
		return run.help(r.gs.Stdout)
	}
	if err := run.configured(); err != nil {
		return invalid(err)
	}
	if err := run.locate(r.gs.Getwd); err != nil {
		return err
	}
	return r.start(&run)
}

// find returns the scenario of that name, with all of its variables.

func (r *runner) find(name string) (s scenario.Scenario, variables []scenario.Variable, err error) {
	list, err := scenario.Load(r.files)
	if err != nil {
		return s, nil, err
	}
	i := slices.IndexFunc(list, func(s scenario.Scenario) bool { return s.Name == strings.TrimSuffix(name, ".js") })
	if i < 0 {
		var names []string
		for _, s := range list {
			names = append(names, s.Name)
		}
		return s, nil, invalidf("there is no scenario %q%s; `k6 x clientcreds scenarios` lists the scenarios, and `k6 run` "+
			"runs a script of yours",
			name, nearest.DidYouMean(name, names))
	}
	s = list[i]
	common, err := scenario.Common(r.files)
	if err != nil {
		return s, nil, err
	}
	variables = slices.Clone(s.Variables)
	for _, v := range common {
		if !slices.ContainsFunc(variables, func(w scenario.Variable) bool { return w.Name == v.Name }) {
			variables = append(variables, v)
		}
	}
	return s, variables, nil
}

// parse reads the flags.

// flagError says what is wrong with the flags, of which the scenario has those with the names.

// configured returns an error that says what a run needs, unless an authorization server and a client are configured.

// locate makes the paths of files absolute: to a script they are relative to its folder, which is a temporary one.

// start writes the scripts to a temporary folder and runs k6.

// errEnded is the error of a run whose own output says why it ended.

// withoutText keeps the exit code of a command that has said itself what happened.

// complete completes names of scenarios, and then flags and their values.
