// Command reference writes the generated parts of docs/reference: options and methods from index.d.ts, scenarios from
// the heads of the scripts, and metrics, commands, flags, exit codes, variables, and errors from the code.
//
//	go run ./xk6-clientcreds/reference    # in the root of the project; `make docs`
//
// A page marks where its generated parts belong, and everything else on it is written by hand:
//
//	<!-- generated: options CacheOptions cache. -->
//	<!-- /generated -->
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	if err := run(".", os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run brings the pages of the project in the folder root up to date.
func run(root string, out io.Writer) error {
	pages, err := render(root)
	if err != nil {
		return err
	}
	for name, text := range pages {
		path := filepath.Join(root, name)
		if before, err := os.ReadFile(path); err == nil && string(before) == text { // #nosec G304 -- a page of the project
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil { // #nosec G306 -- a page for everybody
			return fmt.Errorf("writing %s: %w", name, err)
		}
		if _, err := fmt.Fprintln(out, "wrote", name); err != nil {
			return err
		}
	}
	return nil
}
