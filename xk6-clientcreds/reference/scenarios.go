package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// head is what the comment at the top of a script says.
type head struct {
	about     string
	sections  [][2]string // a name, and the text after its colon
	variables [][2]string // a variable, and what it is for
}

var (
	headSection  = regexp.MustCompile(`^(What it measures|How to read it|Thresholds): `)
	headVariable = regexp.MustCompile(`^ {2}([A-Z][A-Z0-9_]+) {2,}(\S.*)$`)
	initialValue = `\b(?:choice|count|duration|env|number|numberOf|seconds|share)\('%s',\s*('[^']*'|[0-9_.e]+)`
)

// parseHead reads the comment at the top of a script.
func parseHead(script string) head {
	var (
		h       head
		current *string
	)
	paragraph := true
	for line := range strings.Lines(script) {
		text, isComment := strings.CutPrefix(strings.TrimRight(line, "\n"), "//")
		if !isComment {
			break
		}
		text = strings.TrimPrefix(text, " ")
		if m := headVariable.FindStringSubmatch(text); m != nil {
			h.variables = append(h.variables, [2]string{m[1], m[2]})
			current = &h.variables[len(h.variables)-1][1]
			continue
		}
		if m := headSection.FindStringSubmatch(text); m != nil {
			h.sections = append(h.sections, [2]string{m[1], strings.TrimPrefix(text, m[0])})
			current = &h.sections[len(h.sections)-1][1]
			continue
		}
		text = strings.TrimSpace(text)
		switch {
		case text == "":
			paragraph = len(h.sections) == 0 && h.about == ""
			current = nil
		case current != nil:
			*current += " " + text
		case paragraph || h.about == "":
			h.about = text
			current = &h.about
		}
	}
	return h
}

// scenarios describes the scripts that args name.
func (p *project) scenarios(args []string) (string, error) {
	var b strings.Builder
	for _, name := range args {
		script, err := os.ReadFile(filepath.Join(p.root, "scripts", name)) // #nosec G304 -- of the project
		if err != nil {
			return "", err
		}
		h := parseHead(string(script))
		fmt.Fprintf(&b, "### [`%s`](../../scripts/%s)\n\n%s\n\n", name, name, h.about)
		for _, s := range h.sections {
			fmt.Fprintf(&b, "- **%s**: %s\n", s[0], prose(s[1]))
		}
		b.WriteString("\n")
		writeVariables(&b, h.variables, string(script))
	}
	return b.String(), nil
}

// variables describes the variables that the heads of scripts in scripts/lib list.
func (p *project) variables(args []string) (string, error) {
	var b strings.Builder
	for _, name := range args {
		script, err := os.ReadFile(filepath.Join(p.root, "scripts", "lib", name)) // #nosec G304 -- of the project
		if err != nil {
			return "", err
		}
		writeVariables(&b, parseHead(string(script)).variables, string(script))
	}
	return b.String(), nil
}

// writeVariables writes a table of variables, with the defaults that the script has for them.
func writeVariables(b *strings.Builder, variables [][2]string, script string) {
	if len(variables) == 0 {
		return
	}
	b.WriteString("| Variable | Default | Meaning |\n|---|---|---|\n")
	for _, v := range variables {
		initial := ""
		if m := regexp.MustCompile(fmt.Sprintf(initialValue, v[0])).FindStringSubmatch(script); m != nil {
			initial = "`" + strings.Trim(m[1], "'") + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", v[0], initial, v[1])
	}
	b.WriteString("\n")
}
