package compare

import (
	"fmt"
	"io"
	"strings"
)

var verdictMarks = map[string]string{"PASS": "✅", "FAIL": "❌", "INVALID": "⚠️"}

// WriteMarkdown writes the result as GitHub-flavoured Markdown: for a comment on a pull request, or
// a step's summary.
func WriteMarkdown(w io.Writer, r *Result) error {
	var out strings.Builder
	verdict := string(r.Verdict)
	fmt.Fprintf(&out, "### %s Load test: %s\n\n", verdictMarks[verdict], verdict)
	for _, reason := range r.Reasons {
		fmt.Fprintf(&out, "- %s\n", escape(reason))
	}
	if len(r.Reasons) > 0 {
		out.WriteString("\n")
	}
	writeRow(&out, Columns())
	writeRow(&out, []string{"---", "--:", "--:", "--:", "--:", "--:", "--:", "---"})
	for i := range r.Findings {
		cells := r.Findings[i].Cells()
		for j, cell := range cells {
			cells[j] = escape(cell)
		}
		if o := r.Findings[i].Outcome; o == Broken || o == Unknown {
			cells[len(cells)-1] = "**" + string(o) + "**"
		}
		writeRow(&out, cells)
	}
	fmt.Fprintf(&out, "\nBase: %s.\nHead: %s.\n", escape(r.Base.String()), escape(r.Head.String()))
	for _, difference := range r.Differences {
		fmt.Fprintf(&out, "\nDiffers: %s.\n", escape(difference))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func writeRow(out *strings.Builder, cells []string) {
	out.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// escape keeps what a record says from being markup.
var escape = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "*", `\*`, "_", `\_`, "`", "\\`",
	"[", `\[`, "]", `\]`, "@", "&#64;", "#", `\#`, "~", `\~`, "\n", " ", "\r", " ",
).Replace
