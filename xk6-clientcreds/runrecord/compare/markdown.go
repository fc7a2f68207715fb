package compare

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

var verdictMarks = map[string]string{"PASS": "✅", "FAIL": "❌", "INVALID": "⚠️", "UNCLEAR": "❔"}

const (
	// maxMarkdown is the largest comment that GitHub takes. GitHub counts characters; these are bytes, which are more.
	maxMarkdown = 65_536
	// maxListed bounds the reasons and the differences before the table, which has the rules again.
	maxListed = 20
	// maxCell bounds a cell, and maxLine a line that is not one of the table.
	maxCell, maxLine = 200, 600
	// maxRest is room for how many rows are left out.
	maxRest = 200
)

// WriteMarkdown writes the result as GitHub-flavoured Markdown: for a comment on a pull request, or
// a step's summary. Of a result that is too large for a comment the rules that matter least are left out.
func WriteMarkdown(w io.Writer, r *Result) error {
	var before, after strings.Builder
	verdict := string(r.Verdict)
	fmt.Fprintf(&before, "### %s Load test: %s\n\n", verdictMarks[verdict], verdict)
	fmt.Fprintf(&before, "%s\n\n", r.Conclusion())
	for _, reason := range listed(r.Reasons) {
		fmt.Fprintf(&before, "- %s\n", reason)
	}
	if len(r.Reasons) > 0 {
		before.WriteString("\n")
	}
	writeRow(&before, r.Columns())
	writeRow(&before, []string{"---", "--:", "--:", "--:", "--:", "--:", "--:", "---"})
	fmt.Fprintf(&after, "\nBase: %s.\nHead: %s.\n", line(r.Base.String()), line(r.Head.String()))
	for _, i := range r.interferences() {
		fmt.Fprintf(&after, "\nInterference: %s.\n", line(i.String()))
	}
	for _, difference := range listed(r.Differences) {
		fmt.Fprintf(&after, "\nDiffers: %s.\n", difference)
	}
	rows := table(r.Findings, maxMarkdown-before.Len()-after.Len()-maxRest)
	_, err := io.WriteString(w, before.String()+rows+after.String())
	return err
}

// listed are the first of the texts, and how many there are more.
func listed(texts []string) []string {
	var list []string
	for _, text := range texts[:min(len(texts), maxListed)] {
		list = append(list, line(text))
	}
	if more := len(texts) - maxListed; more > 0 {
		list = append(list, fmt.Sprintf("… and %d more", more))
	}
	return list
}

// line is a text from elsewhere as part of a line.
func line(text string) string { return shorten(escape(text), maxLine) }

// table is the rows of the findings, those that decide the verdict first, as far as they fit into so many bytes.
func table(findings []Finding, room int) string {
	sorted := slices.Clone(findings)
	order := []Outcome{Broken, Unknown, Unclear, Within}
	slices.SortStableFunc(sorted, func(a, b Finding) int {
		return cmp.Compare(slices.Index(order, a.Outcome), slices.Index(order, b.Outcome))
	})
	var out, row strings.Builder
	for i := range sorted {
		row.Reset()
		writeRow(&row, markdownCells(&sorted[i]))
		if out.Len()+row.Len() > room {
			fmt.Fprintf(&out, "\n… and %d more rules, which do not fit into a comment; the text, the JSON and the JUnit "+
				"report have all of them.\n", len(sorted)-i)
			break
		}
		out.WriteString(row.String())
	}
	return out.String()
}

func markdownCells(f *Finding) []string {
	cells := f.Cells()
	for i, cell := range cells {
		cells[i] = shorten(escape(cell), maxCell)
	}
	if f.Outcome == Broken || f.Outcome == Unknown {
		cells[len(cells)-1] = "**" + string(f.Outcome) + "**"
	}
	return cells
}

func writeRow(out *strings.Builder, cells []string) {
	out.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// escape keeps what a record says from being markup.
func escape(text string) string { return escaper.Replace(strings.Map(printable, text)) }

var escaper = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "*", `\*`, "_", `\_`, "`", "\\`",
	"[", `\[`, "]", `\]`, "@", "&#64;", "#", `\#`, "~", `\~`, "\n", " ",
)
