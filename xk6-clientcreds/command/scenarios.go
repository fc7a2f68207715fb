package command

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"go.k6.io/k6/v2/cmd/state"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/scenario"
)

func newScenarios(gs *state.GlobalState, files fs.FS) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "scenarios [flags]",
		Short: "List the load tests that this binary contains",
		Long:  "List the scenarios, which are the load tests that this binary contains, with a description of each.",
		Example: "  k6 x clientcreds scenarios\n\n  # print a script, to start your own from it\n" +
			"  k6 x clientcreds scenarios show token-load",
		Args:              knownCommand,
		ValidArgsFunction: completeNothing,
		RunE: func(*cobra.Command, []string) error {
			list, err := scenario.Load(files)
			if err != nil {
				return err
			}
			if asJSON {
				return writeScenariosJSON(gs.Stdout.Writer, list)
			}
			return writeScenarios(gs.Stdout.Writer, list)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON instead of text, with the variables of each scenario")
	cmd.AddCommand(newScenariosShow(gs, files))
	return cmd
}

func newScenariosShow(gs *state.GlobalState, files fs.FS) *cobra.Command {
	r := &runner{gs: gs, files: files}
	return &cobra.Command{
		Use:   "show scenario",
		Short: "Print the script of a scenario",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return invalidf("show takes the name of one scenario; `k6 x clientcreds scenarios` lists them")
			}
			return nil
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return completeNothing(cmd, args, toComplete)
			}
			return r.complete(cmd, args, toComplete)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			s, _, err := r.find(args[0])
			if err != nil {
				return err
			}
			text, err := fs.ReadFile(files, s.Script)
			if err != nil {
				return err
			}
			_, err = gs.Stdout.Writer.Write(text)
			return err
		},
	}
}

func writeScenarios(w io.Writer, list []scenario.Scenario) error {
	var b strings.Builder
	for _, s := range list {
		fmt.Fprintf(&b, "%-22s%s\n", s.Name, wrapped(s.About, 22))
	}
	b.WriteString("\nRun one: k6 x clientcreds run NAME. Its flags: k6 x clientcreds run NAME --help.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func writeScenariosJSON(w io.Writer, list []scenario.Scenario) error {
	type variable struct {
		Name    string `json:"name"`
		Meaning string `json:"meaning"`
		Default string `json:"default,omitempty"`
	}
	type entry struct {
		Name      string            `json:"name"`
		About     string            `json:"about"`
		Sections  map[string]string `json:"sections,omitempty"`
		Variables []variable        `json:"variables"`
	}
	entries := make([]entry, len(list))
	for i, s := range list {
		e := entry{Name: s.Name, About: s.About, Sections: make(map[string]string), Variables: []variable{}}
		for _, part := range s.Sections {
			e.Sections[part.Name] = part.Text
		}
		for _, v := range s.Variables {
			e.Variables = append(e.Variables, variable(v))
		}
		entries[i] = e
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(entries)
}

// width is the width of a terminal.
const width = 80

// wrapped breaks a text into lines for a terminal. All but the first one are indented.
func wrapped(text string, indent int) string {
	var b strings.Builder
	column := indent
	for i, word := range strings.Fields(text) {
		length := len([]rune(word))
		switch {
		case i == 0:
		case column+1+length > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += length
	}
	return b.String()
}

// plain removes the marks of Markdown.
func plain(text string) string { return strings.ReplaceAll(text, "`", "") }
