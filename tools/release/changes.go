package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// printChanges prints the section of a changelog, in the format of Keep a Changelog, that has the changes of a version.
func printChanges(w io.Writer, changelog, version string) error {
	text, err := os.ReadFile(changelog) // #nosec G304 -- the caller names it
	if err != nil {
		return err
	}
	heading := "## [" + strings.TrimPrefix(version, "v") + "]"
	_, section, found := strings.Cut("\n"+string(text), "\n"+heading)
	if !found {
		return fmt.Errorf("%s has no section %q; write it before the release", changelog, heading)
	}
	_, section, _ = strings.Cut(section, "\n") // the date
	section, _, _ = strings.Cut(section, "\n## [")
	if section = strings.TrimSpace(section); section == "" {
		return fmt.Errorf("the section %q of %s is empty; write it before the release", heading, changelog)
	}
	_, err = fmt.Fprintln(w, section)
	return err
}
