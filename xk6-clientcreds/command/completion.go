package command

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/doctor"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// flagValues returns the values of the flags that have few. A flag has the same values in every command.
func flagValues() map[string][]string {
	return map[string][]string{
		"admin":          {string(authserver.AdminLoopback), string(authserver.AdminOn), string(authserver.AdminOff)},
		"api-check":      {string(authserver.CheckLocal), string(authserver.CheckIntrospection)},
		"assignment":     {"vu", "round-robin", "random", "zipf", "hot"},
		"auth":           doctor.Methods(),
		"basic-encoding": {string(authserver.BasicForm), string(authserver.BasicRaw)},
		"cache-scope":    {"vu", "shared", "none"},
		"dpop":           {"true"},
		"exchange":       {"true"},
		"jwt-alg":        {"ES256", "RS256", "PS256", "EdDSA"},
		"key-alg":        oauth.KeyAlgorithms,
		"on-error":       {"abort"},
		"outage-how":     {"error", "reset"},
		"refresh":        {"background", "blocking"},
		"profile":        authserver.Profiles(),
		"token-format":   {string(authserver.Opaque), string(authserver.JWT)},
	}
}

// oneOf lists the values of a flag for its help.
func oneOf(flag string) string {
	values := flagValues()[flag]
	last := len(values) - 1
	return strings.Join(values[:last], ", ") + " or " + values[last]
}

// fileExtensions are the extensions of the files that some flags name.
var fileExtensions = map[string][]string{
	"faults": {"json"}, "rules": {"yml", "yaml"}, "clients": {"csv", "json"}, "base": {"json"},
}

// withCompletion lets a shell complete the values of all flags of the command and of its subcommands: the values that
// are allowed, files, or folders. It completes nothing where a value can be anything.
func withCompletion(cmd *cobra.Command) {
	values := flagValues()
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Value.Type() == "bool" {
			return
		}
		kind, _ := pflag.UnquoteUsage(f)
		complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return valuesOf(f.Name, kind, values)
		}
		if err := cmd.RegisterFlagCompletionFunc(f.Name, complete); err != nil {
			panic(err) // the flag exists, and this is the first function
		}
	})
	for _, sub := range cmd.Commands() {
		withCompletion(sub)
	}
}

// valuesOf completes the value of a flag. kind is the word for the value in its help.
func valuesOf(flag, kind string, values map[string][]string) ([]string, cobra.ShellCompDirective) {
	switch extensions := fileExtensions[flag]; {
	case values[flag] != nil:
		return values[flag], cobra.ShellCompDirectiveNoFileComp
	case kind == "folder":
		return nil, cobra.ShellCompDirectiveFilterDirs
	case extensions != nil:
		return extensions, cobra.ShellCompDirectiveFilterFileExt
	case kind == "file":
		return nil, cobra.ShellCompDirectiveDefault
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// completeRecords completes run records, and folders of them.
func completeRecords(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"json"}, cobra.ShellCompDirectiveFilterFileExt
}

// completeNothing is for arguments that can be anything, or that a command does not have.
func completeNothing(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// completeValue completes the value of a scenario's flag, if one comes next: after --flag, or after --flag=.
func completeValue(args []string, toComplete string) (list []string, directive cobra.ShellCompDirective, ok bool) {
	var flag, prefix string
	if name, _, found := strings.Cut(toComplete, "="); found {
		flag, prefix = name, name+"="
	} else if len(args) > 0 && !strings.HasPrefix(toComplete, "-") {
		flag = args[len(args)-1]
	} else {
		return nil, 0, false
	}
	name, isFlag := strings.CutPrefix(flag, "--")
	if !isFlag || name == "" || strings.Contains(name, "=") || name == "dry-run" {
		return nil, 0, false
	}
	kind := ""
	if strings.HasSuffix(name, "-file") {
		kind = "file"
	}
	list, directive = valuesOf(name, kind, flagValues())
	if directive != cobra.ShellCompDirectiveFilterFileExt {
		list = slices.Clone(list)
		for i := range list {
			list[i] = prefix + list[i]
		}
	}
	return list, directive, true
}
