package verdict

import (
	"regexp"
	"strings"
	"unicode"

	"go.k6.io/k6/v2/errext"
)

// maxWhy bounds what a script said, in bytes.
const maxWhy = 300

var (
	// place is where in a script an exception or a call of abort() was, on the line of its text.
	place = regexp.MustCompile(` at \S+ \([a-z]+://[^)]*\).*$`)
	// address is a URL, with its user, its origin, and what comes after that.
	address = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)(?:[^\s/?#"'<>]*@)?([^\s/?#"'<>]*)([/?#][^\s"'<>]*)?`)
	// kinds are the words before the text of an exception.
	kinds = regexp.MustCompile(`^(?:test aborted: |Uncaught \(in promise\) |GoError: |Error: )+`)
)

// safeText returns the first line of what a script said when it stopped the test: without secrets, and of URLs only the
// origin, since records and reports are passed on.
func (r *Run) safeText(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	text = place.ReplaceAllString(text, "")
	text = kinds.ReplaceAllString(text, "")
	if text == errext.AbortTest {
		return ""
	}
	if r.Redact != nil {
		text = r.Redact(text)
	}
	text = address.ReplaceAllStringFunc(text, func(found string) string {
		parts := address.FindStringSubmatch(found)
		if len(parts[3]) > 1 {
			return parts[1] + parts[2] + "/…"
		}
		return parts[1] + parts[2] + parts[3]
	})
	text = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return -1
		}
		return c
	}, strings.TrimSpace(text))
	if len(text) > maxWhy {
		text = strings.ToValidUTF8(text[:maxWhy-len("…")], "") + "…"
	}
	return text
}
