//go:build unix

package outfile

import (
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pipe makes a named pipe, and returns its path and what reads from it.
func pipe(t *testing.T, folder string) (path string, reader *os.File) {
	t.Helper()
	path = filepath.Join(folder, "pipe")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // #nosec G304 -- of this test
	require.NoError(t, err)
	t.Cleanup(func() { _ = reader.Close() })
	return path, reader
}

func TestPipesAreWrittenTo(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, reader := pipe(t, folder)
	link := filepath.Join(folder, "link")
	require.NoError(t, os.Symlink("pipe", link))
	for _, name := range []string{path, link} {
		require.NoError(t, Check(name))
		require.NoError(t, Clear(name))
		require.NoError(t, Write(name, []byte("hello"), 0o644))
		text := make([]byte, 10)
		n, err := reader.Read(text)
		require.NoError(t, err)
		assert.Equal(t, "hello", string(text[:n]))
	}
	info, err := os.Lstat(path)
	require.NoError(t, err)
	assert.Equal(t, os.ModeNamedPipe, info.Mode().Type())
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, entries, 2, "nothing else is left")

	require.NoError(t, reader.Close())
	require.EqualError(t, Write(path, []byte("hello"), 0o644),
		`"`+path+`" cannot be written: nothing reads from the named pipe`)
}

func TestSocketsAreRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	require.NoError(t, err)
	defer listener.Close()
	require.ErrorContains(t, Check(path), "it is a socket")
	require.ErrorContains(t, Write(path, []byte("x"), 0o644), "it is a socket")
}

// TestDiskThatIsFull: no file may be larger than a limit, which fails as a full disk does: in the middle.
func TestDiskThatIsFull(t *testing.T) { //nolint:paralleltest // the limit is one of the process
	signal.Ignore(syscall.SIGXFSZ)
	var old syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old))
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1000, Max: old.Max}))
	defer func() { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old)) }()
	folder := t.TempDir()
	long := []byte(strings.Repeat("x", 2000))
	path := filepath.Join(folder, "a")
	require.EqualError(t, Write(path, long, 0o644), `"`+path+`" cannot be written: file too large`)
	assert.Empty(t, contents(t, folder))

	put(t, path, "old", 0o644)
	require.Error(t, Write(path, long, 0o644))
	assert.Equal(t, map[string]string{"a": "old"}, contents(t, folder))
	require.Error(t, overwrite(path, long, nil))
	assert.Equal(t, map[string]string{"a": ""}, contents(t, folder), "half a file does not stay")
}
