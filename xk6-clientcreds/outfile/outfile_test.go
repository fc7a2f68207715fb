package outfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// contents returns what is in the files of a folder, by name; of links what they name.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	all := make(map[string]string)
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		if target, err := os.Readlink(path); err == nil {
			all[e.Name()] = "-> " + target
			continue
		}
		text, err := os.ReadFile(path) // #nosec G304 -- of this test
		require.NoError(t, err)
		all[e.Name()] = string(text)
	}
	return all
}

func put(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	require.NoError(t, os.Chmod(path, mode))
}

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	require.NoError(t, err)
	return info.Mode().Perm()
}

func TestFilesAreReplaced(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "a")
	require.NoError(t, Check(path))
	assert.Empty(t, contents(t, folder), "a check leaves nothing")
	require.NoError(t, Write(path, []byte("one"), 0o640))
	assert.Equal(t, fs.FileMode(0o640), modeOf(t, path))

	put(t, path, "one", 0o604)
	old, err := os.Open(path) // #nosec G304 -- of this test
	require.NoError(t, err)
	defer old.Close()
	require.NoError(t, Check(path))
	require.NoError(t, Write(path, []byte("two"), 0o640))
	assert.Equal(t, fs.FileMode(0o604), modeOf(t, path), "an existing file keeps its mode")
	text := make([]byte, 10)
	n, err := old.Read(text)
	require.NoError(t, err)
	assert.Equal(t, "one", string(text[:n]), "who has the old file open reads the old content")
	assert.Equal(t, map[string]string{"a": "two"}, contents(t, folder))

	require.NoError(t, Clear(path))
	assert.Equal(t, map[string]string{"a": ""}, contents(t, folder))
	assert.Equal(t, fs.FileMode(0o604), modeOf(t, path))
	require.NoError(t, Clear(filepath.Join(folder, "none")))
	assert.Len(t, contents(t, folder), 1, "nothing is made")
}

func TestLinksAreFollowed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	other := filepath.Join(folder, "other")
	require.NoError(t, os.Mkdir(other, 0o700))
	put(t, filepath.Join(other, "target"), "old", 0o600)
	links := t.TempDir()
	for name, target := range map[string]string{
		"absolute": filepath.Join(other, "target"), "link": "absolute", "missing": filepath.Join(other, "new"),
		"circle": "circle",
	} {
		require.NoError(t, os.Symlink(target, filepath.Join(links, name)))
	}
	// A relative link is one of the folder that it is in, which can be a link itself.
	require.NoError(t, os.Symlink("../target", filepath.Join(other, "up")))
	deep := filepath.Join(folder, "deep")
	require.NoError(t, os.Mkdir(deep, 0o700))
	require.NoError(t, os.Symlink("../other/target", filepath.Join(deep, "relative")))
	require.NoError(t, os.Symlink(deep, filepath.Join(links, "folder")))
	before := contents(t, links)

	for path, target := range map[string]string{
		"absolute": "target", "link": "target", "missing": "new",
		"folder/relative": "target",
	} {
		path = filepath.Join(links, path)
		require.NoError(t, Check(path))
		require.NoError(t, Write(path, []byte(path), 0o644))
		assert.Equal(t, path, contents(t, other)[target])
		require.NoError(t, Clear(path))
		assert.Empty(t, contents(t, other)[target])
	}
	assert.Equal(t, before, contents(t, links), "links stay links")
	for _, err := range []error{Check(filepath.Join(links, "circle")), Write(filepath.Join(links, "circle"), nil, 0o644)} {
		require.Error(t, err)
	}
	assert.Equal(t, before, contents(t, links))
}

// TestStandardOutput: a file of that name would be a surprise wherever "-" is not standard output.
func TestStandardOutput(t *testing.T) {
	t.Chdir(t.TempDir())
	const want = `"-" cannot be written: it stands for standard output, which has other content`
	require.EqualError(t, Check("-"), want+"; name a file in a folder that exists and can be written to")
	require.EqualError(t, Write("-", []byte("x"), 0o644), want)
	require.Error(t, Clear("-"))
	assert.False(t, HasContent("-"))
	assert.Empty(t, contents(t, "."))
	require.NoError(t, Write("./-", []byte("x"), 0o644))
	assert.True(t, HasContent("./-"))
}

func TestReplaceDoesNotFollowLinks(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put(t, filepath.Join(folder, "target"), "old", 0o644)
	require.NoError(t, os.Symlink("target", filepath.Join(folder, "key")))
	require.NoError(t, Replace(filepath.Join(folder, "key"), []byte("private"), 0o600))
	assert.Equal(t, map[string]string{"target": "old", "key": "private"}, contents(t, folder))
	assert.Equal(t, fs.FileMode(0o600), modeOf(t, filepath.Join(folder, "key")))
	require.EqualError(t, Replace(filepath.Join(folder, "none", "key"), nil, 0o600),
		`"`+filepath.Join(folder, "none", "key")+`" cannot be written: no such file or directory`)
}

func TestWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put(t, filepath.Join(folder, "file"), "kept", 0o644)
	long := strings.Repeat("a", 300)
	for name, reason := range map[string]string{
		".":      "it is a folder",
		"none/a": `there is no folder "` + filepath.Join(folder, "none") + `"`,
		"file/a": "not a directory",
		long:     "file name too long",
	} {
		path := filepath.Join(folder, name)
		require.EqualError(t, Check(path),
			`"`+path+`" cannot be written: `+reason+"; name a file in a folder that exists and can be written to")
		require.ErrorContains(t, Write(path, []byte("x"), 0o644), `"`+path+`" cannot be written: `)
	}
	assert.Equal(t, map[string]string{"file": "kept"}, contents(t, folder), "nothing is left")

	name := strings.Repeat("a", 250) + ".json"
	require.NoError(t, Check(filepath.Join(folder, name)))
	require.NoError(t, Write(filepath.Join(folder, name), []byte("x"), 0o644),
		"the name of the temporary file does not grow with it")
}
