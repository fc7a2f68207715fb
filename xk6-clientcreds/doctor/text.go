package doctor

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// marks are how statuses are shown: a symbol, a word, and a color of ECMA-48 §8.3.117.
var marks = map[Status]struct{ symbol, word, color string }{
	OK:      {"✓", "ok", "32"},
	Info:    {"·", "info", "36"},
	Warning: {"!", "warning", "33"},
	Failed:  {"✗", "FAILED", "31"},
	Skipped: {"-", "skipped", "90"},
}

// order is the order in the last line.
var order = []Status{OK, Info, Warning, Failed, Skipped}

// The columns of a check: its status, its name, and a text that is wrapped. All lines fit a terminal of 80 columns,
// unless a word such as a URL is longer than the column.
const (
	nameWidth = 18
	indent    = 2 + 9 + 1 + nameWidth + 1
	textWidth = 80 - indent
)

// wrap breaks text between words into lines of at most width characters. It returns at least one line.
func wrap(text string, width int) []string {
	lines := []string{""}
	for word := range strings.FieldsSeq(text) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case utf8.RuneCountInString(*last)+1+utf8.RuneCountInString(word) <= width:
			*last += " " + word
		default:
			lines = append(lines, word)
		}
	}
	return lines
}

// WriteText writes the report for a human, in color if that is wanted.
func (r *Report) WriteText(w io.Writer, colored bool) error {
	var b strings.Builder
	paint := func(s Status, text string) string {
		if !colored {
			return text
		}
		return "\x1b[" + marks[s].color + "m" + text + "\x1b[0m"
	}
	for _, line := range r.head() {
		if line[1] != "" {
			fmt.Fprintf(&b, "%-16s%s\n", line[0], line[1])
		}
	}
	section := ""
	for _, c := range r.Checks {
		of, name, _ := strings.Cut(c.ID, ".")
		if of != section {
			section = of
			fmt.Fprintf(&b, "\n%s\n", section)
		}
		m := marks[c.Status]
		status := paint(c.Status, fmt.Sprintf("%s %-7s", m.symbol, m.word))
		name = strings.ReplaceAll(name, "_", " ")
		fmt.Fprintf(&b, "  %s %-*s", status, nameWidth, name)
		if len(name) > nameWidth {
			fmt.Fprintf(&b, "\n%*s", indent-1, "")
		}
		for i, line := range wrap(c.Summary, textWidth) {
			if i > 0 {
				fmt.Fprintf(&b, "%*s", indent-1, "")
			}
			fmt.Fprintf(&b, " %s\n", line)
		}
		if c.Hint != "" {
			for i, line := range wrap(c.Hint, textWidth-2) {
				mark := "→ "
				if i > 0 {
					mark = "  "
				}
				fmt.Fprintf(&b, "%*s%s%s\n", indent, "", mark, line)
			}
		}
	}
	fmt.Fprintf(&b, "\n%s: %s\n", r.verdict(paint), r.totals())
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) head() [][2]string {
	auth := r.AuthMethod
	if r.BasicEncoding != "" {
		auth += " (" + r.BasicEncoding + ")"
	}
	return [][2]string{
		{"issuer", r.Issuer}, {"token endpoint", r.TokenEndpoint}, {"client", r.ClientID}, {"authentication", auth},
	}
}

func (r *Report) verdict(paint func(Status, string) string) string {
	switch {
	case !r.Usable:
		return paint(Failed, "not usable")
	case r.Counts[Warning] > 0:
		return paint(Warning, "usable, with warnings")
	}
	return paint(OK, "usable")
}

func (r *Report) totals() string {
	var words []string
	for _, s := range order {
		if n := r.Counts[s]; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, s))
		}
	}
	return strings.Join(words, ", ")
}
