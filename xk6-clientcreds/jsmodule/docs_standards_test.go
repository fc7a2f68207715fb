package jsmodule

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

var (
	testFunction  = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	backquoted    = regexp.MustCompile("`([^`]+)`")
	rfcNumber     = regexp.MustCompile(`RFC (\d+)`)
	standardTable = regexp.MustCompile(`(?m)^\| ((?:RFC|OpenID)[^|]+) \|([^|]+)\|([^|]+)\|([^|]+)\|([^|]+)\|$`)
)

// testNames are the tests of all packages, as package.Test.
func testNames(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"../*/*_test.go", "../*/*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			for _, test := range testFunction.FindAllStringSubmatch(testkit.Read(t,
				filepath.Join("xk6-clientcreds/jsmodule", file)), -1) {
				names = append(names, filepath.Base(filepath.Dir(file))+"."+test[1])
			}
		}
	}
	return names
}

// Every row of the page names tests that there are, and options and functions that there are.
func TestStandardsAreTested(t *testing.T) {
	t.Parallel()
	page := testkit.Read(t, "docs/evidence/standards.md")
	rows := standardTable.FindAllStringSubmatch(page, -1)
	require.Len(t, rows, strings.Count(page, "\n| ")-1, "each row has five cells, and begins with what it is about")

	tests, options := testNames(t), optionsOfTypes(t)
	types := testkit.Read(t, "index.d.ts")
	var covered []string
	for _, row := range rows {
		for _, rfc := range rfcNumber.FindAllStringSubmatch(row[1], -1) {
			covered = append(covered, rfc[1])
		}
		named := backquoted.FindAllStringSubmatch(row[5], -1)
		require.NotEmpty(t, named, row[1])
		for _, name := range named {
			assert.Contains(t, tests, name[1], row[1])
		}
		about := backquoted.FindAllStringSubmatch(row[4], -1)
		require.NotEmpty(t, about, row[1])
		for _, name := range about {
			if member, isFunction := strings.CutSuffix(name[1], "()"); isFunction {
				assert.Regexp(t, `(?m)^ {8}`+member+`[(<]`, types, row[1])
				continue
			}
			assert.Contains(t, options, name[1], row[1])
		}
	}
	// Those that a client of this grant has to do with.
	for _, rfc := range []string{
		"6749", "6750", "7009", "7521", "7523", "7662", "8414", "8693", "8705", "8707", "9068", "9396", "9449", "9700",
	} {
		assert.True(t, slices.Contains(covered, rfc), "RFC %s has no row", rfc)
	}
}
