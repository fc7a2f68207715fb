package oauth

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckSecret finds characters that no client secret, identifier or token has: those are in one line
// of printable text (RFC 6749 §A.1 and §A.2, which also allow nothing but ASCII; servers do). The
// error goes on with a sentence that says where the text is from, and holds nothing of it.
func CheckSecret(text string) error {
	switch {
	case !strings.ContainsFunc(text, func(c rune) bool { return c < 0x20 || c > 0x7e }):
		return nil // as nearly all are
	case !utf8.ValidString(text):
		return errors.New("is not UTF-8; it must be text in one line")
	case strings.HasPrefix(text, "\ufeff"):
		return errors.New("begins with a byte order mark; it must be text without one")
	case strings.ContainsFunc(text, unicode.IsControl):
		return errors.New("has a line break or another control character in it; it must be text in one line")
	}
	for _, c := range text {
		if unicode.Is(unicode.Cf, c) { // such as the zero width space that is copied along from a web page
			return fmt.Errorf("has the invisible character %U in it; it must be text without one", c)
		}
	}
	return nil
}
