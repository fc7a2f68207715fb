package registration

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestJournalIsOpenOnce(t *testing.T) {
	t.Parallel()
	r, path := newRun(t, newServer(), nil)
	_, err := OpenJournal(path)
	require.EqualError(t, err, "another process is using it; wait until that has ended")
	require.NoError(t, r.Journal.Close())
	j, err := OpenJournal(path)
	require.NoError(t, err)
	require.Equal(t, settings(nil), j.Settings)
	_, err = NewJournal(path, settings(nil))
	require.ErrorIs(t, err, os.ErrExist)
}

func TestOtherFilesAreNoJournals(t *testing.T) {
	t.Parallel()
	for text, problem := range map[string]string{
		"":                                     "is not a journal of registrations",
		"{\"event\":":                          "is not a journal of registrations",
		"[1]\n":                                "byte 0 is not the beginning of an entry",
		"{\"event\":\"begin\"}\n":              "has version 0",
		`{"event":"begin","version":9}` + "\n": "has version 9; this version of the extension reads version 1",
	} {
		path := filepath.Join(t.TempDir(), "j")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := OpenJournal(path)
		require.ErrorContains(t, err, problem)
		after, err := os.ReadFile(path) // #nosec G304 -- of this test
		require.NoError(t, err)
		require.Equal(t, text, string(after), "what is not a journal is not changed")
	}
}
