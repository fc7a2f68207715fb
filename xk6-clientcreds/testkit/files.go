package testkit

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// Read returns a file of the project by its path from the project's root, such as docs/reference/metrics.md.
func Read(t testing.TB, path string) string {
	t.Helper()
	_, self, _, ok := runtime.Caller(0)
	require.True(t, ok)
	text, err := os.ReadFile(filepath.Join(filepath.Dir(self), "..", "..", path)) // #nosec G304 -- a file of this project
	require.NoError(t, err)
	return string(text)
}
