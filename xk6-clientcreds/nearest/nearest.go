// Package nearest suggests the known name that a misspelled one was probably meant to be.
package nearest

import (
	"fmt"
	"strings"
)

// DidYouMean returns a hint at the known name that key was probably meant to be, for the end of an error text, or "".
func DidYouMean(key string, known []string) string {
	best, least := "", len(key)/2+1
	for _, name := range known {
		if d := distance(strings.ToLower(key), strings.ToLower(name)); d < least {
			best, least = name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// distance is the Levenshtein distance between two names.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
