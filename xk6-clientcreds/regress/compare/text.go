package compare

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
)

// WriteText writes the result for a terminal.
func WriteText(w io.Writer, r *Result) error {
	var out strings.Builder
	fmt.Fprintf(&out, "verdict: %s\n", r.Verdict)
	for _, reason := range r.Reasons {
		fmt.Fprintf(&out, "  %s\n", reason)
	}
	fmt.Fprintf(&out, "\nbase: %s\nhead: %s\n", r.Base, r.Head)
	for _, difference := range r.Differences {
		fmt.Fprintf(&out, "differs: %s\n", difference)
	}
	out.WriteString("\n")
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(Columns(), "\t"))
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

// Columns are the heads of the cells of a finding.
func Columns() []string {
	return []string{"metric", "base", "head", "change", "noise", "limit", "p", "outcome"}
}

// Cells are a finding as a row of a table.
func (f *Finding) Cells() []string {
	row := []string{f.Rule.Subject.String(), "-", "-", "-", "-", f.limit(), "-", string(f.Outcome)}
	if c := f.Change; c != nil {
		row[1], row[2] = f.Unit.format(c.Base), f.Unit.format(c.Head)
		row[3] = f.change()
		row[4] = "±" + f.relative(c.Noise)
		row[6] = strconv.FormatFloat(c.P, 'f', 3, 64)
	}
	return row
}

// limit is the limit with the metric's unit.
func (f *Finding) limit() string {
	l := f.Rule.Limit
	if l.Relative || l.Zero() {
		return l.String()
	}
	return l.String()[:1] + f.Unit.format(math.Abs(l.Amount))
}

// change is the change as its limit speaks of it: a share, or an amount.
func (f *Finding) change() string {
	c := f.Change
	if share := c.Share(); f.Rule.Limit.Relative && !math.IsInf(share, 0) {
		return fmt.Sprintf("%+.1f%%", share*100)
	}
	sign := "+"
	if c.Head < c.Base {
		sign = "-"
	}
	return sign + f.Unit.format(math.Abs(c.Head-c.Base))
}

func (f *Finding) relative(amount float64) string {
	if f.Rule.Limit.Relative && f.Change.Base != 0 {
		return fmt.Sprintf("%.1f%%", amount/math.Abs(f.Change.Base)*100)
	}
	return f.Unit.format(amount)
}
