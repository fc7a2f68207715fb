package main

import (
	_ "embed"
	"fmt"
)

// switches is the name of the file with the functions that the instrumented package calls.
const switches = "mutation_switches.go"

//go:embed switches.go.txt
var switchesText string

// switches returns that file, for a number of points.
func (pkg *source) switches(points int) []byte {
	return fmt.Appendf(nil, switchesText, pkg.Name, points)
}
