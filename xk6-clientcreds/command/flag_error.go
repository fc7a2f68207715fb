package command

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/nearest"
)

// badValue is how pflag says that a value cannot be used.
var badValue = regexp.MustCompile(`(?s)^invalid argument "(.*)" for "(?:-\w, )?--([a-z-]+)" flag: (.*)$`)

// flagError says what is wrong with a flag, and what to do, where pflag only names it.
func flagError(cmd *cobra.Command, err error) error {
	text := err.Error()
	help := fmt.Sprintf("`%s --help` lists the flags", cmd.CommandPath())
	if unknown, ok := strings.CutPrefix(text, "unknown flag: --"); ok {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		return fmt.Errorf("%w%s; %s", err, nearest.DidYouMean(unknown, names), help)
	}
	if strings.HasPrefix(text, "unknown shorthand flag: ") || strings.HasPrefix(text, "flag needs an argument: '") {
		return fmt.Errorf("%w; %s", err, help)
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: --"); ok {
		kind := "value"
		if f := cmd.Flags().Lookup(name); f != nil {
			kind, _ = pflag.UnquoteUsage(f)
		}
		return fmt.Errorf("--%s has no value; write --%s followed by the %s", name, name, kind)
	}
	if m := badValue.FindStringSubmatch(text); m != nil {
		return fmt.Errorf("--%s is %q; %s", m[2], m[1], allowedValue(cmd.Flags().Lookup(m[2]), m[3]))
	}
	return err
}

// allowedValue says what a flag takes. reason is the error of its type.
func allowedValue(f *pflag.Flag, reason string) string {
	if f == nil {
		return reason
	}
	switch f.Value.Type() {
	case "int":
		return "it must be a whole number"
	case "bool":
		return "it must be true or false, or have no value"
	}
	return reason
}
