package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/scenario"
)

// scenarios describes the scripts that args name.
func (p *project) scenarios(args []string) (string, error) {
	var b strings.Builder
	for _, name := range args {
		h, err := p.head(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "### [`%s`](../../scripts/%s)\n\n%s\n\n", name, name, h.About)
		for _, s := range h.Sections {
			fmt.Fprintf(&b, "- **%s**: %s\n", s.Name, prose(s.Text))
		}
		b.WriteString("\n")
		writeVariables(&b, h.Variables)
	}
	return b.String(), nil
}

// variables describes the variables that the heads of scripts in scripts/lib list.
func (p *project) variables(args []string) (string, error) {
	var b strings.Builder
	for _, name := range args {
		h, err := p.head(filepath.Join("lib", name))
		if err != nil {
			return "", err
		}
		writeVariables(&b, h.Variables)
	}
	return b.String(), nil
}

// head reads the head of a script in scripts/.
func (p *project) head(name string) (scenario.Head, error) {
	script, err := os.ReadFile(filepath.Join(p.root, scenario.Dir, name)) // #nosec G304 -- of the project
	if err != nil {
		return scenario.Head{}, err
	}
	h, err := scenario.ParseHead(string(script))
	if err != nil {
		return h, fmt.Errorf("%s: %w", name, err)
	}
	return h, nil
}

// writeVariables writes a table of variables.
func writeVariables(b *strings.Builder, variables []scenario.Variable) {
	if len(variables) == 0 {
		return
	}
	b.WriteString("| Variable | Default | Meaning |\n|---|---|---|\n")
	for _, v := range variables {
		initial := ""
		if v.Default != "" {
			initial = "`" + v.Default + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", v.Name, initial, v.Meaning)
	}
	b.WriteString("\n")
}
