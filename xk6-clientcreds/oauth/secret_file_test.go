package oauth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The errors say what is wrong with a file, and which it is unless the path looks like a secret.
func TestReadSecretFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(text string) string {
		path := filepath.Join(dir, "s3cr3t-"+strings.ReplaceAll(t.Name(), "/", "-"))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	here, err := os.Getwd()
	require.NoError(t, err)
	hidden := func(folder string) string {
		return " (below " + folder + "; the rest is not shown, because it may be the secret)"
	}
	largest := strings.Repeat("x", maxSecretFile)
	text, err := ReadSecretFile(file(largest))
	require.NoError(t, err)
	require.Equal(t, largest, string(text))

	for _, c := range []struct{ path, want string }{
		{filepath.Join(dir, "gone"), "cannot be read: no such file or directory (" + filepath.Join(dir, "gone") + ")"},
		{
			filepath.Join(dir, "no", "Folder", "client-1.txt"),
			"cannot be read: no such file or directory (" + filepath.Join(dir, "no", "Folder", "client-1.txt") + ")",
		},
		{"gone", "cannot be read: no such file or directory (" + filepath.Join(here, "gone") + ")"},
		{
			filepath.Join(dir, "secret-of-the-client-for-orders"),
			"cannot be read: no such file or directory (" + filepath.Join(dir, "secret-of-the-client-for-orders") + ")",
		},
		{dir, "cannot be read: is a directory (" + dir + ")"},
		{"s3cr3t\x00", "cannot be read: invalid argument" + hidden(here)},
		{filepath.Join(dir, "Zq9xY7kPw3LmTa7y"), "cannot be read: no such file or directory" + hidden(dir)},
		{filepath.Join(dir, "aB3/xY9+q8Z=/kk/w"), "cannot be read: no such file or directory" + hidden(dir)},
		{"0123456789abcdef", "cannot be read: no such file or directory" + hidden(here)},
		{filepath.Join(dir, "abc8Q~wXk0vKqPzLmTa7yR3b.txt"), "cannot be read: no such file or directory" + hidden(dir)},
		{"-----BEGIN PRIVATE KEY-----\nabc", "cannot be read: no such file or directory" + hidden(here)},
	} {
		_, err := ReadSecretFile(c.path)
		require.EqualError(t, err, c.want)
	}
	_, err = ReadSecretFile(file(largest + "x"))
	require.EqualError(t, err, "has more than 65536 bytes ("+file("x")+")")
	_, err = ReadSecretFile(file(" \r\n"))
	require.EqualError(t, err, "is empty ("+file("x")+")")
}
