package k6test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Update is the flag -update: a test writes the document that it compares otherwise.
var Update = flag.Bool("update", false, "write the document that the test compares")

// ReplaceFile replaces a file in one step, as a secret is rotated.
func ReplaceFile(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".new", []byte(text), 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

// Fixture returns the path of a file in the folder testdata of the test's package, for k6, which runs in another
// folder.
func Fixture(name string) string {
	path, err := filepath.Abs(filepath.Join("testdata", name))
	if err != nil {
		panic(err) // the process has no working directory
	}
	return path
}

// ReadFile returns the text of a file.
func ReadFile(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file) // #nosec G304 -- of this test
	require.NoError(t, err)
	return string(text)
}
