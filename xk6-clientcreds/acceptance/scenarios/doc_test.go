package scenarios

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

var (
	inBackquotes = regexp.MustCompile("`([^`]+)`")
	readVariable = regexp.MustCompile(`\b(?:choice|count|duration|env|number|numberOf|required|seconds|share|url)\('([A-Z0-9_]+)'`)
	ownVariable  = regexp.MustCompile(`(?m)^// {3}([A-Z][A-Z0-9_]+) {2,}\S`)
	thresholds   = regexp.MustCompile(`(?m)^// Thresholds: (?:.*\n// ?\w.*|.*)*$`)
)

// namesIn returns the words in backquotes.
func namesIn(text string) []string {
	var names []string
	for _, name := range inBackquotes.FindAllStringSubmatch(text, -1) {
		names = append(names, name[1])
	}
	return names
}

// The head of every scenario, from which the reference is generated, has the three sections. It lists the variables
// that the scenario itself reads, except for common ones, and it names thresholds that the scenario has. A test of this
// package runs it.
func TestScenariosAreDocumentedAndTested(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(k6test.Root, "scripts", "*.js"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	reference := k6test.ReadFile(t, filepath.Join(k6test.Root, "docs", "reference", "scenarios.md"))
	tests := scenarioTests(t)
	common := k6test.ReadFile(t, filepath.Join(k6test.Root, "scripts", "lib", "config.js"))
	for _, file := range files {
		name := filepath.Base(file)
		require.Contains(t, reference, "](../../scripts/"+name+")", "docs/reference/scenarios.md lists it")
		require.Contains(t, tests, `"scripts/`+name+`"`, "no test runs it")
		head, code := headAndCode(k6test.ReadFile(t, file))
		for _, section := range []string{"What it measures", "How to read it", "Thresholds"} {
			require.Contains(t, head, "\n// "+section+": ", name)
		}
		var listed []string
		for _, line := range ownVariable.FindAllStringSubmatch(head, -1) {
			listed = append(listed, line[1])
		}
		for _, read := range readVariable.FindAllStringSubmatch(code, -1) {
			if !strings.Contains(common, "'"+read[1]+"'") {
				require.Contains(t, listed, read[1], "%s reads it", name)
			}
		}
		for _, metric := range namesIn(thresholds.FindString(head)) {
			require.Contains(t, code, metric, "a threshold of %s", name)
		}
	}
}

// headAndCode separates the comments of a script from its code.
func headAndCode(script string) (head, code string) {
	var comments, statements strings.Builder
	for line := range strings.Lines(script) {
		if strings.HasPrefix(line, "//") {
			comments.WriteString(line)
		} else {
			statements.WriteString(line)
		}
	}
	return comments.String(), statements.String()
}

// scenarioTests is the text of the tests that run scenarios.
func scenarioTests(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	var text strings.Builder
	for _, file := range files {
		if file != "doc_test.go" {
			text.WriteString(k6test.ReadFile(t, file))
		}
	}
	return text.String()
}
