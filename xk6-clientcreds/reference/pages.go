package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// block is a generated part of a page, with the markers around it.
var block = regexp.MustCompile(`(?s)(<!-- generated: ([a-z]+)([^\n]*?) -->\n).*?(<!-- /generated -->)`)

// project is the source of the reference.
type project struct {
	root  string
	types *declarations
}

// generators have a name, by which a page asks for their text, and take the words after it.
func (p *project) generators() map[string]func(args []string) (string, error) {
	always := func(text func() string) func([]string) (string, error) {
		return func([]string) (string, error) { return text(), nil }
	}
	return map[string]func(args []string) (string, error){
		"options":    p.types.options,
		"class":      p.types.class,
		"results":    p.types.results,
		"functions":  always(p.types.functions),
		"scenarios":  p.scenarios,
		"variables":  p.variables,
		"metrics":    always(metricsList),
		"tags":       always(tagsList),
		"errors":     errorsTable,
		"commands":   always(commandsList),
		"exitcodes":  always(exitCodesTable),
		"prometheus": prometheusList,
		"settings":   always(settingsList),
	}
}

// render returns the pages of docs/reference as they must be, by their path in the project.
func render(root string) (map[string]string, error) {
	types, err := os.ReadFile(filepath.Join(root, "index.d.ts")) // #nosec G304 -- of the project
	if err != nil {
		return nil, err
	}
	p := &project{root: root}
	if p.types, err = parseTypes(string(types)); err != nil {
		return nil, fmt.Errorf("index.d.ts: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(root, "docs", "reference", "*.md"))
	if err != nil {
		return nil, err
	}
	pages := make(map[string]string)
	for _, file := range files {
		before, err := os.ReadFile(file) // #nosec G304 -- of the project
		if err != nil {
			return nil, err
		}
		name := filepath.Join("docs", "reference", filepath.Base(file))
		if pages[name], err = p.fill(string(before)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return pages, nil
}

// fill replaces the generated parts of a page.
func (p *project) fill(page string) (string, error) {
	var failed error
	generators := p.generators()
	filled := block.ReplaceAllStringFunc(page, func(whole string) string {
		m := block.FindStringSubmatch(whole)
		generate, found := generators[m[2]]
		if !found {
			failed = fmt.Errorf("nothing generates %q; use one of %s", m[2],
				strings.Join(slices.Sorted(maps.Keys(generators)), ", "))
			return whole
		}
		text, err := generate(strings.Fields(m[3]))
		if err != nil {
			failed = err
		}
		return m[1] + "\n" + strings.TrimSpace(text) + "\n\n" + m[4]
	})
	return filled, failed
}
