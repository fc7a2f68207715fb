package command

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"go.k6.io/k6/v2/cmd/state"
	"go.k6.io/k6/v2/errext"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/nearest"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/scenario"
)

const runLong = `Run a scenario, a load test that comes with this binary: by default api-load.

The environment configures it, and flags take precedence: --token-url is TOKEN_URL, --rate is RATE, and so on. The secret
has no flag, because other users of a machine can read command lines: set CLIENT_SECRET, or --client-secret-file. Options
of k6 run follow --.

  k6 x clientcreds scenarios              lists the scenarios
  k6 x clientcreds run SCENARIO --help    lists the variables of a scenario
  k6 x clientcreds doctor                 checks the server before you load it`

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
		Short:   "Run a load test that comes with this binary",
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

func flagName(variable string) string {
	return strings.ReplaceAll(strings.ToLower(variable), "_", "-")
}

// parse reads the flags.
func (r *scenarioRun) parse(args []string) (help bool, err error) {
	set := pflag.NewFlagSet(r.scenario.Name, pflag.ContinueOnError)
	set.Usage = func() {}
	values := make(map[string]*string)
	var names []string
	for _, v := range r.variables {
		if v.Name != secretVariable {
			values[v.Name] = set.String(flagName(v.Name), "", v.Meaning)
			names = append(names, flagName(v.Name))
		}
	}
	set.BoolVar(&r.dryRun, "dry-run", false, "")
	set.BoolVarP(&help, "help", "h", false, "")
	if err := set.Parse(args); err != nil {
		return false, r.flagError(err, names)
	}
	if set.NArg() > 0 {
		return false, fmt.Errorf("run does not take the argument %q after the scenario; flags of k6 run follow --",
			set.Arg(0))
	}
	for _, v := range r.variables {
		if v.Name != secretVariable && set.Changed(flagName(v.Name)) {
			r.env[v.Name] = *values[v.Name]
			r.flags = append(r.flags, v.Name)
		}
	}
	// A flag for one of both addresses replaces what the environment has of either.
	switch issuer, tokenURL := set.Changed("issuer"), set.Changed("token-url"); {
	case issuer && !tokenURL:
		delete(r.env, "TOKEN_URL")
	case tokenURL && !issuer:
		delete(r.env, "ISSUER")
	}
	return help, nil
}

// flagError says what is wrong with the flags, of which the scenario has those with the names.
func (r *scenarioRun) flagError(err error, names []string) error {
	if name, ok := strings.CutPrefix(err.Error(), "flag needs an argument: --"); ok {
		return fmt.Errorf("--%s has no value; write --%s followed by the value", name, name)
	}
	unknown, ok := strings.CutPrefix(err.Error(), "unknown flag: --")
	switch {
	case ok && unknown == flagName(secretVariable):
		return errors.New("--client-secret does not exist, because other users of this machine can read command lines: " +
			"set CLIENT_SECRET in the environment, or --client-secret-file")
	case ok:
		return fmt.Errorf("the scenario %s does not have the flag --%s%s; `k6 x clientcreds run %s --help` lists its flags, "+
			"and flags of k6 run follow --",
			r.scenario.Name, unknown, nearest.DidYouMean(unknown, names), r.scenario.Name)
	}
	return err
}

// configured returns an error that says what a run needs, unless an authorization server and a client are configured.
func (r *scenarioRun) configured() error {
	paired := slices.ContainsFunc(r.scenario.Variables, func(v scenario.Variable) bool {
		return v.Name == "BASE_TOKEN_URL"
	})
	has := func(names ...string) bool {
		of := func(prefix string) bool {
			return slices.ContainsFunc(names, func(name string) bool { return r.env[prefix+name] != "" })
		}
		return of("") || paired && of("BASE_") && of("HEAD_")
	}
	var missing []string
	for _, need := range []struct {
		text string
		met  bool
	}{
		{"--issuer or --token-url (ISSUER or TOKEN_URL)", has("ISSUER", "TOKEN_URL")},
		{"--client-id (CLIENT_ID)", has("CLIENT_ID", "CLIENTS_FILE")},
		{
			"the client's secret (CLIENT_SECRET, or --client-secret-file)",
			has(secretVariable, fileVariable, sourceVariable, "CLIENT_KEY_FILE", "CLIENTS_FILE"),
		},
	} {
		if !need.met {
			missing = append(missing, need.text)
		}
	}
	if missing == nil {
		return nil
	}
	return fmt.Errorf("the scenario %[1]s needs %[2]s; to try it with a local server: k6 x clientcreds serve -- k6 x "+
		"clientcreds run %[1]s",
		r.scenario.Name, strings.Join(missing, ", "))
}

// locate makes the paths of files absolute: to a script they are relative to its folder, which is a temporary one.
func (r *scenarioRun) locate(getwd func() (string, error)) error {
	dir, err := getwd()
	if err != nil {
		return err
	}
	for _, name := range []string{fileVariable, "CLIENT_KEY_FILE", "CLIENT_CERTIFICATE_FILE", "CLIENTS_FILE"} {
		if value := r.env[name]; value != "" && !filepath.IsAbs(value) {
			r.env[name] = filepath.Join(dir, value)
		}
	}
	return nil
}

// start writes the scripts to a temporary folder and runs k6.
func (r *runner) start(run *scenarioRun) (err error) {
	k6, err := r.executable()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "clientcreds-")
	if err != nil {
		return err
	}
	if !run.dryRun {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	scripts, err := fs.Sub(r.files, scenario.Dir)
	if err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(dir, scenario.Dir), scripts); err != nil {
		return err
	}
	script := filepath.Join(dir, filepath.FromSlash(run.scenario.Script))
	command := slices.Concat([]string{k6, "run"}, run.k6, []string{script})
	if run.dryRun {
		return run.print(r.gs.Stdout, command)
	}
	if err := run.announce(r.gs.Stderr); err != nil {
		return err
	}
	signals := make(chan os.Signal, 2)
	r.gs.SignalNotify(signals, os.Interrupt, syscall.SIGTERM)
	defer r.gs.SignalStop(signals)
	c := childProcess{gs: r.gs, command: command, signals: signals}
	for name, value := range run.env {
		c.env = append(c.env, name+"="+value)
	}
	return withoutText(c.run())
}

// errEnded is the error of a run whose own output says why it ended.
var errEnded = errors.New("the run has ended, see above")

// withoutText keeps the exit code of a command that has said itself what happened.
func withoutText(err error) error {
	var exit errext.HasExitCode
	if errors.As(err, &exit) && exit.ExitCode() != exitNotFound && exit.ExitCode() != exitNotExecutable {
		return errext.WithExitCodeIfNone(errEnded, exit.ExitCode())
	}
	return err
}

// complete completes names of scenarios, and then flags and their values.
func (r *runner) complete(_ *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
	if slices.Contains(args, "--") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	if list, directive, ok := completeValue(args, toComplete); ok {
		return list, directive
	}
	if len(args) == 0 && !strings.HasPrefix(toComplete, "-") {
		list, err := scenario.Load(r.files)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		var names []string
		for _, s := range list {
			names = append(names, s.Name+"\t"+s.About)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	name := defaultScenario
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name = args[0]
	}
	_, variables, err := r.find(name)
	if err != nil || !strings.HasPrefix(toComplete, "-") {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	flags := []string{"--dry-run"}
	for _, v := range variables {
		if v.Name != secretVariable {
			flags = append(flags, "--"+flagName(v.Name)+"\t"+v.Meaning)
		}
	}
	return flags, cobra.ShellCompDirectiveNoFileComp
}
