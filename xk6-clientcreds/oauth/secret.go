package oauth

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckSecret finds characters that no client secret, identifier or token has: those are in one line
// of printable text (RFC 6749 §A.1 and §A.2, which also allow nothing but ASCII; servers do). The
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
	for _, c := range text {
		if unicode.Is(unicode.Cf, c) { // such as the zero width space that is copied along from a web page
			return fmt.Errorf("has the invisible character %U in it; it must be text without one", c)
		}
	}
	return nil
}

// maxSecretFile bounds the files of secrets, keys, certificates and assertions, in bytes.
const maxSecretFile = 64 << 10

// ReadSecretFile reads the file of a secret, key, certificate or assertion. The error goes on with a
// sentence that says which.
func ReadSecretFile(path string) ([]byte, error) {
	text, err := readSecretFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w (%s)", err, shownPath(path))
	}
	return text, nil
}

func readSecretFile(path string) ([]byte, error) {
	f, err := os.Open(path) // #nosec G304 -- the user names it
	if err != nil {
		return nil, unreadable(err)
	}
	defer f.Close() // only read
	text, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	switch {
	case err != nil:
		return nil, unreadable(err)
	case len(text) > maxSecretFile:
		return nil, fmt.Errorf("has more than %d bytes", maxSecretFile)
	case len(bytes.TrimSpace(text)) == 0:
		return nil, errors.New("is empty")
	}
	return text, nil
}

// unreadable is err without the path.
func unreadable(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return fmt.Errorf("cannot be read: %w", err)
}

// shownPath is a path for an error, in full. Users sometimes pass the secret where the path belongs: the
// part of the path that does not exist is left out if it looks like a secret.
func shownPath(path string) string {
	full, err := filepath.Abs(path)
	if err != nil {
		full = path
	}
	there := full
	for parent := filepath.Dir(there); parent != there; there, parent = parent, filepath.Dir(parent) {
		if _, err := os.Lstat(there); err == nil {
			break
		}
	}
	rest := strings.TrimPrefix(full, there)
	names := strings.Split(rest, string(filepath.Separator))
	if !strings.Contains(rest, ".") { // Base64 has slashes, but no dots
		names = append(names, rest)
	}
	if slices.ContainsFunc(names, looksSecret) {
		return "below " + there + "; the rest is not shown, because it may be the secret"
	}
	return Printable(full, maxDescription)
}

// looksSecret reports whether nobody gives a file such a name: long, with capitals, small letters and
// digits, or all of it hexadecimal; or in several lines, as a key is.
func looksSecret(name string) bool {
	has := func(from string) bool { return strings.ContainsAny(name, from) }
	const digits, small, capitals = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	mixed := has(digits) && has(small) && has(capitals)
	return len(name) >= 16 && (mixed || strings.Trim(name, digits+"abcdefABCDEF") == "") ||
		strings.ContainsFunc(name, unicode.IsControl)
}

// TrimSecretFile cuts the newline that ends a file, as editors and echo write it: it does not belong
// to the secret.
func TrimSecretFile(text string) string {
	return strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
}
