// Command mutation is the go command that gremlins runs: it answers "go test" for a changed package in a fraction of a
// second, where the go command would compile and link for several.
//
// Gremlins first runs the tests with coverage. This command then compiles the tests once, with every possible change in
// the binary, each behind a condition, and runs each test alone to see which conditions it reaches. For a changed package
// it finds the operator that differs from the original, and runs the tests that reach it with this one change switched on.
// Constants become variables for that where they can. A change that no condition can hold is compiled as usual.
//
// The environment names the go command (MUTATION_GO) and a folder for what this command has to remember (MUTATION_STATE).
// All other commands are passed to the go command, except "go mod download": it would download modules that no package needs.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// The exit codes that gremlins understands.
const (
	survived  = 0
	noticed   = 1
	notViable = 2
	failed    = 1 // of the coverage run
)

func main() {
	args := os.Args[1:]
	switch {
	case len(args) > 1 && args[0] == "mod" && args[1] == "download":
	case len(args) == 0 || args[0] != "test":
		os.Exit(passOn(args))
	case slices.Contains(args, "-coverprofile"):
		if err := prepare(strings.TrimSuffix(args[len(args)-1], "/..."), args[slices.Index(args, "-coverprofile")+1]); err != nil {
			fmt.Println("mutation:", err) // gremlins shows stdout
			os.Exit(failed)
		}
	default:
		code, err := try()
		if err != nil {
			fmt.Fprintln(os.Stderr, "mutation:", err)
			remember("failures", err.Error())
		}
		os.Exit(code)
	}
}

// realGo is the go command.
func realGo() string { return os.Getenv("MUTATION_GO") }

func passOn(args []string) int {
	cmd := exec.Command(realGo(), args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutation:", err)
		return 1
	}
	return 0
}
