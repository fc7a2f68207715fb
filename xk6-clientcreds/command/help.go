package command

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// groupAnnotation marks a flag with the group that it is listed in.
const groupAnnotation = "clientcreds_group"

// group puts flags into a group of the help.
func group(set *pflag.FlagSet, title string, names ...string) {
	for _, name := range names {
		f := set.Lookup(name)
		if f.Annotations == nil {
			f.Annotations = make(map[string][]string)
		}
		f.Annotations[groupAnnotation] = []string{title}
	}
}

// FlagGroup has some flags of a command.
type FlagGroup struct {
	Title string // "" if the command's flags are not grouped
	Flags *pflag.FlagSet
}

// FlagGroups returns the flags of a command, in the order of the help.
func FlagGroups(cmd *cobra.Command) []FlagGroup {
	var groups []FlagGroup
	index := make(map[string]int)
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		title := ""
		if marks := f.Annotations[groupAnnotation]; len(marks) > 0 {
			title = marks[0]
		}
		i, ok := index[title]
		if !ok {
			i = len(groups)
			index[title] = i
			set := pflag.NewFlagSet(title, pflag.ContinueOnError)
			set.SortFlags = false
			groups = append(groups, FlagGroup{title, set})
		}
		groups[i].Flags.AddFlag(f)
	})
	return groups
}

// withHelp lets the command and its subcommands print help that fits a terminal: k6 wraps lines at 120 columns.
func withHelp(cmd *cobra.Command) {
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) { fmt.Fprint(cmd.OutOrStdout(), helpOf(cmd)) })
	cmd.SetUsageFunc(func(cmd *cobra.Command) error {
		_, err := fmt.Fprint(cmd.OutOrStderr(), usageOf(cmd))
		return err
	})
}

func helpOf(cmd *cobra.Command) string {
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	return reflowed(text) + "\n\n" + usageOf(cmd)
}

func usageOf(cmd *cobra.Command) string {
	var b strings.Builder
	b.WriteString("Usage:\n")
	line := cmd.CommandPath() + strings.TrimPrefix(cmd.Use, cmd.Name())
	if cmd.HasAvailableSubCommands() {
		line = cmd.CommandPath() + " COMMAND"
	}
	if cmd.Runnable() && cmd.HasAvailableSubCommands() && cmd.Name() != Name {
		fmt.Fprintf(&b, "  %s%s\n", cmd.CommandPath(), strings.TrimPrefix(cmd.Use, cmd.Name()))
	}
	fmt.Fprintf(&b, "  %s\n", wrapped(line, 6))
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&b, "  %-10s %s\n", sub.Name(), wrapped(sub.Short, 13))
			}
		}
	}
	for _, g := range FlagGroups(cmd) {
		title := "Flags"
		if g.Title != "" {
			title = g.Title
		}
		fmt.Fprintf(&b, "\n%s:\n%s", title, g.Flags.FlagUsagesWrapped(width))
	}
	if !cmd.HasAvailableSubCommands() {
		writeExitCodes(&b, cmd.Name())
	}
	b.WriteString("\n" + wrapped("The global flags of k6 apply too, such as --secret-source, --no-color and --verbose: "+
		"k6 --help", 0) + "\n")
	return b.String()
}

// reflowed breaks the paragraphs of a text into lines for a terminal. A paragraph that is indented stays as it is.
func reflowed(text string) string {
	paragraphs := strings.Split(text, "\n\n")
	for i, p := range paragraphs {
		if lines := strings.Split(p, "\n"); !strings.HasPrefix(lines[len(lines)-1], " ") {
			paragraphs[i] = wrapped(p, 0)
		}
	}
	return strings.Join(paragraphs, "\n\n")
}
