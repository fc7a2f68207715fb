package results

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestResultsAreSavedWhereTheyAreWanted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out, table := filepath.Join(dir, "build", "bench.json"), filepath.Join(dir, "performance.md")
	require.ErrorIs(t, Save(out, []byte("[]\n"), table, "text"), os.ErrNotExist)
	rows, err := os.ReadFile(out) // #nosec G304 -- of this test
	require.NoError(t, err)
	require.Equal(t, "[]\n", string(rows))

	require.NoError(t, os.WriteFile(table, []byte("no markers"), 0o600))
	require.ErrorIs(t, Save("", nil, table, "text"), ErrNoMarkers)
	require.NoError(t, os.WriteFile(table, []byte(Begin+End), 0o600))
	require.NoError(t, Save("", nil, table, "the tables"))
	document, err := os.ReadFile(table) // #nosec G304 -- of this test
	require.NoError(t, err)
	require.Contains(t, string(document), "the tables")
	require.NoError(t, Save("", nil, "", "nowhere"))
}
