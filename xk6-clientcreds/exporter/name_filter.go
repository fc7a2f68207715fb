package exporter

import (
	"fmt"
	"path"
	"slices"
)

// nameFilter says which names are served, of labels or of metrics.
type nameFilter struct {
	allow, deny []string // globs
}

// keeps reports whether something with these names is served.
func (f nameFilter) keeps(names ...string) bool {
	matches := func(globs []string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return matchesAny(globs, name) })
	}
	return matches(f.allow) && !matches(f.deny)
}

func matchesAny(globs []string, name string) bool {
	return slices.ContainsFunc(globs, func(glob string) bool {
		ok, _ := path.Match(glob, name) // parseGlobs has seen to the error
		return ok
	})
}

func parseGlobs(s string) ([]string, error) {
	globs := parseList(s)
	for _, glob := range globs {
		if _, err := path.Match(glob, ""); err != nil {
			return nil, fmt.Errorf("%q is not a pattern; write a name with *, ?, and [a-z]", glob)
		}
	}
	return globs, nil
}
