// Command release prepares what a release of the extension consists of, beside the binaries.
//
//	release proxy MODULE VERSION DIR      writes the module at HEAD as version VERSION to DIR, a file proxy (GOPROXY=file://DIR)
//	release licenses BINARY DIR           copies the license texts of the modules that BINARY is built from to DIR
//	release changes CHANGELOG VERSION     prints the changelog's section of VERSION
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 4 && args[0] == "proxy":
		return writeProxy(args[1], args[2], args[3])
	case len(args) == 3 && args[0] == "licenses":
		return copyLicenses(args[1], args[2])
	case len(args) == 3 && args[0] == "changes":
		return printChanges(os.Stdout, args[1], args[2])
	default:
		return fmt.Errorf("expected proxy MODULE VERSION DIR, licenses BINARY DIR, or changes CHANGELOG VERSION, but got %q",
			args)
	}
}
