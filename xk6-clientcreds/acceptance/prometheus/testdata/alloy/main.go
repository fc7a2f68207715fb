// Parses a configuration of Grafana Alloy with Alloy's own parser, and lists its blocks. What the components of Alloy
// know of their arguments is not part of the parser.
package main

import (
	"fmt"
	"os"

	"github.com/grafana/alloy/syntax/ast"
	"github.com/grafana/alloy/syntax/parser"
)

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err == nil {
		var file *ast.File
		if file, err = parser.ParseFile(os.Args[1], text); err == nil {
			list(file.Body)
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func list(body ast.Body) {
	for _, statement := range body {
		if block, ok := statement.(*ast.BlockStmt); ok {
			fmt.Println(block.GetBlockName(), block.Label)
		}
	}
}
