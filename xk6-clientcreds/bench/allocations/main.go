// Command allocations compares the allocations of Go's benchmarks with those in a table, and fails if one needs much
// more: allocations are the same on a busy machine.
//
//	go test -run '^$' -bench . -benchtime 500x -benchmem ./… | go run ./xk6-clientcreds/bench/allocations -table PAGE
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

const begin, end = "<!-- make bench-guard UPDATE=1 writes from here -->\n", "<!-- to here -->"

func main() {
	page := flag.String("table", "", "Markdown `file` with the table")
	update := flag.Bool("update", false, "write the table")
	flag.Parse()
	if err := run(os.Stdin, *page, *update); err != nil {
		fmt.Fprintln(os.Stderr, "allocations:", err)
		os.Exit(1)
	}
}

func run(results io.Reader, page string, update bool) error {
	measured, err := read(results)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(page) // #nosec G304 -- named on the command line
	if err != nil {
		return err
	}
	before, rest, found := bytes.Cut(text, []byte(begin))
	table, after, closed := bytes.Cut(rest, []byte(end))
	if !found || !closed {
		return fmt.Errorf("%s has no place for the table, between %q and %q", page, begin, end)
	}
	if update {
		return os.WriteFile(page, bytes.Join([][]byte{before, []byte(begin), format(measured), []byte(end), after}, nil),
			0o644) // #nosec G306 G703 -- a page of the documentation
	}
	known, err := parse(table)
	if err != nil {
		return fmt.Errorf("%s: %w", page, err)
	}
	problems := compare(known, measured)
	fmt.Printf("allocations: %d benchmarks, %d problems\n", len(measured), len(problems))
	return errors.Join(problems...)
}
