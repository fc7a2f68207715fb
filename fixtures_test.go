package harness_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A script that nothing runs only looks as if it were tested. The package of a script names it, or another script
// imports it.
func TestEveryFixtureIsUsed(t *testing.T) {
	t.Parallel()
	for pattern, extension := range map[string]string{
		"xk6-clientcreds/acceptance/*/testdata/*.js": ".js",
		"xk6-clientcreds/bench/scripts/*.js":         "", // the benchmarks add it
	} {
		scripts, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.Greater(t, len(scripts), 20, pattern)
		for _, script := range scripts {
			folder, name := filepath.Split(script)
			used := named(wordsIn(t, folder+"../*.go"), strings.TrimSuffix(name, ".js")+extension) ||
				wordsIn(t, folder+"*.js")["./"+name]
			assert.True(t, used, "no test, no benchmark, and no other script uses %s", script)
		}
	}
}

// named reports whether a name is among the words, as a whole or in two parts.
func named(words map[string]bool, name string) bool {
	if words[name] {
		return true
	}
	begin, end, cut := strings.Cut(name, "-")
	return cut && words[begin+"-"] && words[end]
}

var quotedWord = regexp.MustCompile(`["']([a-z0-9./-]+)["']`)

// wordsIn returns the quoted words of the files.
func wordsIn(t *testing.T, pattern string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	words := make(map[string]bool)
	for _, file := range files {
		text, err := os.ReadFile(file) // #nosec G304 -- of this project
		require.NoError(t, err)
		for _, m := range quotedWord.FindAllStringSubmatch(string(text), -1) {
			words[m[1]] = true
		}
	}
	return words
}
