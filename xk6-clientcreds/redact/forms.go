package redact

import (
	"encoding/json"
	"net/url"
	"strings"
)

// formsOf are the ways in which s is written: as it is, in JSON, and in a URL or a form.
func formsOf(s string) []string {
	if !strings.ContainsFunc(s, isReserved) {
		return []string{s} // as most tokens are, of which there are many
	}
	return append(jsonForms(s), s, url.QueryEscape(s), url.PathEscape(s))
}

// isReserved reports whether some encoding changes c (RFC 3986 §2.3).
func isReserved(c rune) bool {
	return !isWord(c) && c != '.' && c != '~'
}

// jsonForms are the ways in which s stands in JSON: with and without the escapes that protect
// HTML, and with escapes of slashes, which some servers write.
func jsonForms(s string) []string {
	var forms []string
	for _, html := range []bool{true, false} {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(html)
		if e.Encode(s) == nil {
			quoted := strings.TrimSuffix(b.String(), "\n")
			forms = append(forms, quoted[1:len(quoted)-1])
		}
	}
	return append(forms, strings.ReplaceAll(forms[len(forms)-1], "/", `\/`))
}
