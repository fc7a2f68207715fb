package command

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/scenario"
)

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
