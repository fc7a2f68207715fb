package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const output = `goos: linux
goarch: amd64
pkg: example.com/x/oauth
cpu: AMD EPYC
BenchmarkResponse/json-2         	     500	     45444 ns/op	    6392 B/op	      70 allocs/op
BenchmarkHit-2                   	     500	       748.7 ns/op	       4 B/op	       0 allocs/op
PASS
`

func TestTableIsReadAsWritten(t *testing.T) {
	t.Parallel()
	measured, err := read(strings.NewReader(output))
	require.NoError(t, err)
	require.Equal(t, map[string]cost{"oauth Response/json": {70, 6392}, "oauth Hit": {0, 4}}, measured)
	known, err := parse(format(measured))
	require.NoError(t, err)
	require.Equal(t, measured, known)
	require.Empty(t, compare(known, measured))
}

func TestWhatIsAProblem(t *testing.T) {
	t.Parallel()
	known := map[string]cost{"a": {100, 1000}}
	for _, c := range []struct {
		now     map[string]cost
		problem string
	}{
		{map[string]cost{"a": {150, 1500}}, ""},
		{map[string]cost{"a": {151, 1000}}, "a: 151 allocations per turn, and 100 in the table"},
		{map[string]cost{"a": {100, 1565}}, "a: 1565 bytes per turn, and 1000 in the table"},
		{map[string]cost{}, "a did not run"},
		{map[string]cost{"a": {1, 1}, "b": {0, 0}}, "b is not in the table"},
	} {
		problems := compare(known, c.now)
		if c.problem == "" {
			assert.Empty(t, problems)
			continue
		}
		require.Len(t, problems, 1, c.problem)
		assert.ErrorContains(t, problems[0], c.problem)
	}
	assert.Len(t, compare(map[string]cost{"a": {0, 0}}, map[string]cost{"a": {1, 0}}), 1, "a hit that begins to allocate")
}

func TestOutputOfNothing(t *testing.T) {
	t.Parallel()
	_, err := read(strings.NewReader("PASS\n"))
	require.EqualError(t, err, "no benchmark has run")
	_, err = read(strings.NewReader("pkg: x\nBenchmarkHit-2 500 748.7 ns/op\n"))
	require.ErrorContains(t, err, "Hit-2 has no allocations; run go test with -benchmem")
}

func TestRun(t *testing.T) {
	t.Parallel()
	page := filepath.Join(t.TempDir(), "page.md")
	require.NoError(t, os.WriteFile(page, []byte("a\n"), 0o600))
	require.ErrorContains(t, run(strings.NewReader(output), page, true), "has no place for the table")
	require.NoError(t, os.WriteFile(page, []byte("a\n"+begin+end+"\nb\n"), 0o600))
	require.ErrorContains(t, run(strings.NewReader(output), page, false), "oauth Hit is not in the table")
	require.NoError(t, run(strings.NewReader(output), page, true))
	require.NoError(t, run(strings.NewReader(output), page, false))
	text, err := os.ReadFile(page) // #nosec G304 -- of this test
	require.NoError(t, err)
	require.Contains(t, string(text), "| oauth Response/json | 70 | 6392 |")
	require.True(t, strings.HasSuffix(string(text), end+"\nb\n"))
}
