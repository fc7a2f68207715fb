package exporter

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// helpArgument asks for the list of options: -o prometheus=help.
const helpArgument = "help"

// errHelp ends k6 after the list: no test has run, and nobody shall take that for a test that passed.
var errHelp = errors.New("the options are listed above, and no test has run; leave out =help to run it")

// writeOptions lists the options as a terminal shows them.
func writeOptions(w io.Writer) error {
	var text strings.Builder
	text.WriteString("Options of the output prometheus: metrics for Prometheus to scrape while the test runs.\n\n" +
		"  k6 run -o prometheus script.js\n" +
		"  k6 run -o prometheus=ADDR,option=value,… script.js\n\n" +
		"Items of a list are separated by spaces. Each option is also a variable, and a member of collectors.prometheus\n" +
		"in the JSON of k6 run --config; the argument takes precedence over the variable, and the variable over JSON.\n")
	for _, o := range Options() {
		fmt.Fprintf(&text, "\n%s, %s", o.Name, o.Variable)
		if o.Default != "" {
			fmt.Fprintf(&text, " (default %s)", o.Default)
		}
		text.WriteString("\n" + indented(plain(o.Help), "    ", 96) + "\n")
	}
	text.WriteString("\n")
	_, err := io.WriteString(w, text.String())
	return err
}

// plain takes the Markdown out of a description: code marks, and the addresses of links.
func plain(markdown string) string {
	text := strings.ReplaceAll(markdown, "`", "")
	for {
		before, rest, found := strings.Cut(text, "](")
		if !found {
			return text
		}
		address, after, _ := strings.Cut(rest, ")")
		text = strings.Replace(before, "[", "", 1) + " (" + address + ")" + after
	}
}

// indented breaks a text into lines of at most width characters.
func indented(text, indent string, width int) string {
	var lines []string
	line := indent
	for _, word := range strings.Fields(text) {
		if len(line) > len(indent) && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = indent
		}
		if len(line) > len(indent) {
			line += " "
		}
		line += word
	}
	return strings.Join(append(lines, line), "\n")
}
