package oauth

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckSecret finds what says that a text is no client secret but something else, such as another
// file: a secret is in one line (RFC 6749 §A.2, which also allows nothing but ASCII; servers do). The
// error goes on with a sentence that says where the text is from, and holds nothing of it.
func CheckSecret(text string) error {
	switch {
	case !utf8.ValidString(text):
		return errors.New("is not UTF-8; it must be text in one line")
	case strings.HasPrefix(text, "\ufeff"):
		return errors.New("begins with a byte order mark; it must be text without one")
	case strings.ContainsFunc(text, unicode.IsControl):
		return errors.New("has a line break or another control character in it; it must be text in one line")
	}
	return nil
}
