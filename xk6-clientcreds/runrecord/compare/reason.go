package compare

import (
	"fmt"
	"strings"
)

const (
	// maxReason bounds a reason in bytes: it is one line of a terminal, a comment and a page.
	maxReason = 500
	// maxText bounds a name or a value in a reason, and maxValues the values of one option on one side.
	maxText   = 60
	maxValues = 2
)

// inBoth names the values on both sides.
func inBoth(base, head []string) string {
	return alternatives(base) + " in base and " + alternatives(head) + " in head"
}

func alternatives(values []string) string {
	texts := make([]string, 0, maxValues+1)
	for _, value := range values[:min(len(values), maxValues)] {
		texts = append(texts, shorten(value, maxText))
	}
	if more := len(values) - maxValues; more > 0 {
		texts = append(texts, fmt.Sprintf("%d other values", more))
	}
	return strings.Join(texts, " or ")
}

// summarize is as many of the items as fit into a reason, and how many there are more.
func summarize(text string, items []string) string {
	for i, item := range items {
		more := ""
		if left := len(items) - i - 1; left > 0 {
			more = fmt.Sprintf("; and %d more", left)
		}
		if i > 0 {
			item = "; " + item
		}
		if i > 0 && len(text)+len(item)+len(more) > maxReason {
			return text + fmt.Sprintf("; and %d more", len(items)-i)
		}
		text += item
	}
	return text
}

// shorten cuts a text to so many bytes, between two characters.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	const dots = "…"
	return strings.ToValidUTF8(text[:most-len(dots)], "") + dots
}
