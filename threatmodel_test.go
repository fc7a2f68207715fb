package harness_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each threat has a defense, and each defense a test that exists.
func TestThreatModel(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("docs", "guides", "threat-model.md"))
	require.NoError(t, err)
	tests, threats := testNames(t), 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(line, "|\n "), " | ")
		if !strings.HasPrefix(line, "|") || cells[0] == "Threat" || strings.HasPrefix(line, "|---") {
			continue
		}
		threats++
		require.Len(t, cells, 3, line)
		names := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[2], -1)
		assert.NotEmpty(t, names, line)
		for _, name := range names {
			assert.True(t, tests[name[1]], "no test has the name %s", name[1])
		}
	}
	require.Greater(t, threats, 30)
}

// testNames returns the names of all tests and fuzz tests of the project.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := make(map[string]bool)
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	require.NoError(t, filepath.WalkDir("xk6-clientcreds", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path) // #nosec G304 G122 -- of this project
		for _, name := range declared.FindAllStringSubmatch(string(text), -1) {
			names[name[1]] = true
		}
		return err
	}))
	return names
}
