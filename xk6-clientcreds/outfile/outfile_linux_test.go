package outfile

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFilesThatAreOpenElsewhere: /dev/stdout is a link to such a name, and can be a plain file.
func TestFilesThatAreOpenElsewhere(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file, err := os.Create(filepath.Join(folder, "output")) // #nosec G304 -- of this test
	require.NoError(t, err)
	defer file.Close()
	_, err = file.WriteString("before\n")
	require.NoError(t, err)
	link := filepath.Join(folder, "stdout")
	require.NoError(t, os.Symlink("/proc/self/fd/"+strconv.FormatUint(uint64(file.Fd()), 10), link))
	require.NoError(t, Check(link))
	require.NoError(t, Write(link, []byte("hello\n"), 0o644))
	_, err = file.Seek(0, io.SeekEnd)
	require.NoError(t, err)
	_, err = file.WriteString("after\n")
	require.NoError(t, err)
	text, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	assert.Equal(t, "before\nhello\nafter\n", string(text))
}

// TestFolderThatTakesNoFile: a path so long that there is none for a temporary file.
func TestFolderThatTakesNoFile(t *testing.T) {
	const longest = 4096 - 1 // of a path on Linux, less the zero at its end
	t.Chdir(t.TempDir())
	folder, err := os.Getwd()
	require.NoError(t, err)
	for len(folder) < longest-240 {
		folder = filepath.Join(folder, strings.Repeat("d", 200))
	}
	folder = filepath.Join(folder, strings.Repeat("d", longest-10-len(folder)))
	require.NoError(t, os.MkdirAll(folder, 0o700))
	path := filepath.Join(folder, "a")
	require.ErrorContains(t, Check(path), "file name too long")
	require.ErrorContains(t, Write(path, []byte("x"), 0o644), "file name too long")
	assert.Empty(t, contents(t, folder))

	put(t, path, "an old and long text", 0o604)
	require.NoError(t, Check(path))
	assert.Equal(t, map[string]string{"a": "an old and long text"}, contents(t, folder), "a check changes nothing")
	require.NoError(t, Write(path, []byte("new"), 0o644))
	assert.Equal(t, map[string]string{"a": "new"}, contents(t, folder), "the file itself is written")
	assert.Equal(t, fs.FileMode(0o604), modeOf(t, path))
}
