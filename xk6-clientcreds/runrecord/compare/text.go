package compare

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
)

// WriteText writes the result for a terminal.
func WriteText(w io.Writer, r *Result) error {
	var out strings.Builder
	fmt.Fprintf(&out, "verdict: %s\n", r.Verdict)
	fmt.Fprintf(&out, "%s\n", r.Conclusion())
	for _, reason := range r.Reasons {
		fmt.Fprintf(&out, "  %s\n", reason)
	}
	fmt.Fprintf(&out, "\nbase: %s\nhead: %s\n", r.Base, r.Head)
	for _, difference := range r.Differences {
		fmt.Fprintf(&out, "differs: %s\n", difference)
	}
	for _, i := range r.interferences() {
		fmt.Fprintf(&out, "interference: %s\n", i)
	}
	out.WriteString("\n")
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(r.Columns(), "\t"))
	for i := range r.Findings {
		fmt.Fprintln(table, strings.Join(r.Findings[i].Cells(), "\t"))
	}
	_ = table.Flush() // a strings.Builder takes everything
	_, err := io.WriteString(w, strings.Map(printable, out.String()))
	return err
}

// printable keeps what a record says from moving the cursor.
func printable(r rune) rune {
	if r != '\n' && unicode.IsControl(r) {
		return -1
	}
	return r
}

// interferences say how much the sides of a paired run slow each other down.
func (r *Result) interferences() []Interference {
	if r.Paired == nil {
		return nil
	}
	return r.Paired.Interferences
}
