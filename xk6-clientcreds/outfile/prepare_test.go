package outfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A file that an earlier run has left is emptied and keeps its mode. Nothing is made where there is nothing.
func TestClear(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "a")
	require.NoError(t, Clear(path))
	assert.Empty(t, contents(t, folder))
	put(t, path, "one", 0o640)
	require.NoError(t, Clear(path))
	assert.Equal(t, map[string]string{"a": ""}, contents(t, folder))
	assert.Equal(t, fs.FileMode(0o640), modeOf(t, path))
	require.NoError(t, Clear(os.DevNull))
	require.ErrorIs(t, Clear(folder), errFolder)
}

func TestHasContent(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "a")
	assert.False(t, HasContent(path), "nothing is there")
	put(t, path, "", 0o600)
	assert.False(t, HasContent(path), "it is empty")
	put(t, path, "x", 0o600)
	assert.True(t, HasContent(path))
	assert.False(t, HasContent(folder))
	assert.False(t, HasContent(os.DevNull))
}
