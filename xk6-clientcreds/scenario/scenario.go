// Package scenario describes the load tests that come with the extension: k6 scripts that the environment configures.
// The head of a script, its first comment, says what the script does, what it measures, how to read the results, and
// which environment variables it reads. The heads of the libraries list the variables that the scripts have in common.
package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// Dir is the folder of the scripts in the file system that Load reads.
const Dir = "scripts"

// Scenario is a load test.
type Scenario struct {
	// Name is the file name of the script without its extensions, such as "token-load".
	Name string
	// Script is the path of the script in the file system.
	Script string

	Head
}

// Head is the comment at the top of a script.
type Head struct {
	// About says what the script does.
	About string
	// Sections are the parts that have a name: "What it measures", "How to read it", and "Thresholds".
	Sections []Section
	// Variables are the environment variables that the script reads.
	Variables []Variable
}

// Section is a part of a head.
type Section struct{ Name, Text string }

// Variable is an environment variable.
type Variable struct {
	Name string
	// Meaning says what the variable is for.
	Meaning string
	// Default is the value that an unset variable has, "" if it has none, or if the script calculates it.
	Default string
}

// Load reads all scenarios, in the order of their names.
func Load(files fs.FS) ([]Scenario, error) {
	scripts, err := fs.Glob(files, Dir+"/*.js")
	if err != nil {
		return nil, err
	}
	list := make([]Scenario, 0, len(scripts))
	for _, script := range scripts {
		text, err := fs.ReadFile(files, script)
		if err != nil {
			return nil, err
		}
		head, err := ParseHead(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", script, err)
		}
		name := strings.TrimSuffix(strings.TrimSuffix(path.Base(script), ".js"), ".test")
		list = append(list, Scenario{name, script, head})
	}
	return list, nil
}

// Common reads the variables that the scenarios have in common: the variables of the client, and of the API.
func Common(files fs.FS) ([]Variable, error) {
	var list []Variable
	for _, library := range []string{"config.js", "api.js"} {
		text, err := fs.ReadFile(files, path.Join(Dir, "lib", library))
		if err != nil {
			return nil, err
		}
		head, err := ParseHead(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", library, err)
		}
		list = append(list, head.Variables...)
	}
	return list, nil
}

var (
	headSection  = regexp.MustCompile(`^(What it measures|How to read it|Thresholds): (.*)$`)
	headVariable = regexp.MustCompile(`^ {2}([A-Z][A-Z0-9_]+) {2,}(\S.*)$`)
	defaultValue = regexp.MustCompile(`\b(?:choice|count|duration|env|number|numberOf|seconds|share)\('([A-Z][A-Z0-9_]+)',\s*(?:'([^']*)'|([0-9][0-9_.e]*))`)
)

// ParseHead reads the comment at the top of a script.
func ParseHead(script string) (Head, error) {
	var (
		h       Head
		current *string // the text that a line continues
	)
	for line := range strings.Lines(script) {
		text, isComment := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "//")
		if !isComment {
			break
		}
		text = strings.TrimPrefix(text, " ")
		if m := headVariable.FindStringSubmatch(text); m != nil {
			h.Variables = append(h.Variables, Variable{Name: m[1], Meaning: m[2]})
			current = &h.Variables[len(h.Variables)-1].Meaning
			continue
		}
		if m := headSection.FindStringSubmatch(text); m != nil {
			h.Sections = append(h.Sections, Section{m[1], m[2]})
			current = &h.Sections[len(h.Sections)-1].Text
			continue
		}
		switch text = strings.TrimSpace(text); {
		case text == "":
			current = nil
		case current != nil:
			*current += " " + text
		case h.About == "":
			h.About = text
			current = &h.About
		}
	}
	if h.About == "" {
		return h, errors.New("the script must begin with a comment that says what it does")
	}
	for _, m := range defaultValue.FindAllStringSubmatch(script, -1) {
		for i := range h.Variables {
			if v := &h.Variables[i]; v.Name == m[1] && v.Default == "" {
				v.Default = m[2] + m[3]
			}
		}
	}
	return h, nil
}
