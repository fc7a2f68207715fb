package command

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/nearest"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/scenario"
)

func flagName(variable string) string {
	return strings.ReplaceAll(strings.ToLower(variable), "_", "-")
}

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
