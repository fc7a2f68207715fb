package oauth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The errors say what is wrong with a file, not which it is.
func TestReadSecretFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(text string) string {
		path := filepath.Join(dir, "s3cr3t-"+strings.ReplaceAll(t.Name(), "/", "-"))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	largest := strings.Repeat("x", maxSecretFile)
	text, err := ReadSecretFile(file(largest))
	require.NoError(t, err)
	require.Equal(t, largest, string(text))

	for _, c := range []struct{ path, want string }{
		{filepath.Join(dir, "s3cr3t"), "cannot be read: no such file or directory"},
		{dir, "cannot be read: is a directory"},
		{"s3cr3t\x00", "cannot be read: invalid argument"},
	} {
		_, err := ReadSecretFile(c.path)
		require.EqualError(t, err, c.want)
	}
	_, err = ReadSecretFile(file(largest + "x"))
	require.EqualError(t, err, "has more than 65536 bytes")
	_, err = ReadSecretFile(file(" \r\n"))
	require.EqualError(t, err, "is empty")
}
