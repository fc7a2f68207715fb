package jsmodule

import "strings"

// maxWords is how much of a server's own words an error or a warning shows.
const maxWords = 600

// words returns what a server said as it may be shown: secrets and tokens are hidden first and the
// text is shortened then, because half a secret would not be recognised as one.
func (p *process) words(text string) string {
	text = strings.ToValidUTF8(p.redactor.String(text), "")
	n := 0
	for i := range text {
		if n == maxWords {
			return text[:i] + "…"
		}
		n++
	}
	return text
}
