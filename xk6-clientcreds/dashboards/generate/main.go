// Command generate writes the Grafana dashboards into the folder that it is given.
package main

import (
	"fmt"
	"os"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/dashboards"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: generate FOLDER")
		os.Exit(2)
	}
	if err := dashboards.Write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}
