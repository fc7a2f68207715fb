package oauth

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// maxSecretFile bounds the files of secrets, keys, certificates and assertions, in bytes.
const maxSecretFile = 64 << 10

// ReadSecretFile reads the file of a secret, key, certificate or assertion. The error goes on with a
// sentence that says which, and is without the path: who mistakes the one for the other gives the secret.
func ReadSecretFile(path string) ([]byte, error) {
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

// TrimSecretFile cuts the newline that ends a file, as editors and echo write it: it does not belong
// to the secret.
func TrimSecretFile(text string) string {
	return strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
}
