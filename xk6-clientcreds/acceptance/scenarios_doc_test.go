package acceptance

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	scenarioRow  = regexp.MustCompile("(?m)^\\| \\[`([^`]+)`\\]\\(\\.\\./\\.\\./scripts/([^)]+)\\) \\|(.*)\\|$")
	inBackquotes = regexp.MustCompile("`([^`]+)`")
	readVariable = regexp.MustCompile(`\b(?:choice|count|duration|env|number|numberOf|required|seconds|share|url)\('([A-Z0-9_]+)'`)
	ownVariables = regexp.MustCompile(`(?m)^// {3}((?:[A-Z0-9_]+ )+) *\S`)
)

// documentedScenario is a row of the table in docs/reference/scenarios.md.
type documentedScenario struct{ environment, thresholds []string }

func documentedScenarios(t *testing.T) map[string]documentedScenario {
	t.Helper()
	rows := make(map[string]documentedScenario)
	for _, row := range scenarioRow.FindAllStringSubmatch(read(t, filepath.Join(projectRoot, "docs", "reference", "scenarios.md")), -1) {
		require.Equal(t, row[1], row[2], "the link")
		cells := strings.Split(row[3], " | ")
		require.Len(t, cells, 4, row[1])
		for _, i := range []int{0, 2, 3} {
			require.NotEmpty(t, strings.TrimSpace(cells[i]), row[1])
		}
		require.NotContains(t, rows, row[1])
		rows[row[1]] = documentedScenario{environment: quotedIn(cells[1]), thresholds: quotedIn(cells[2])}
	}
	return rows
}

func quotedIn(text string) []string {
	var names []string
	for _, name := range inBackquotes.FindAllStringSubmatch(text, -1) {
		names = append(names, name[1])
	}
	return names
}

// Every scenario is in the table, with the variables that its head names and that it reads itself, but
// for those that are everybody's, and with thresholds that it has; and a test of this package runs it.
func TestScenariosAreDocumentedAndTested(t *testing.T) {
	t.Parallel()
	rows := documentedScenarios(t)
	files, err := filepath.Glob(filepath.Join(projectRoot, "scripts", "*.js"))
	require.NoError(t, err)
	var names []string
	for _, file := range files {
		names = append(names, filepath.Base(file))
	}
	require.ElementsMatch(t, names, slices.Collect(maps.Keys(rows)))

	tests := scenarioTests(t)
	common := read(t, filepath.Join(projectRoot, "scripts", "lib", "config.js"))
	for name, row := range rows {
		script := read(t, filepath.Join(projectRoot, "scripts", name))
		code, head := strings.Builder{}, strings.Builder{}
		for line := range strings.Lines(script) {
			if strings.HasPrefix(line, "//") {
				head.WriteString(line)
			} else {
				code.WriteString(line)
			}
		}
		for _, read := range readVariable.FindAllStringSubmatch(code.String(), -1) {
			if !strings.Contains(common, "'"+read[1]+"'") {
				require.Contains(t, row.environment, read[1], "%s reads it", name)
			}
		}
		var told []string
		for _, line := range ownVariables.FindAllStringSubmatch(head.String(), -1) {
			told = append(told, strings.Fields(line[1])...)
		}
		for _, variable := range row.environment {
			require.Contains(t, told, variable, "the head of %s", name)
		}
		for _, metric := range row.thresholds {
			require.Contains(t, code.String(), metric, "a threshold of %s", name)
		}
		require.Contains(t, tests, `"scripts/`+name+`"`, "no test runs it")
	}
}

// scenarioTests is the text of the tests that run scenarios.
func scenarioTests(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("sc*s_*test.go") // scripts_test.go, scenarios_*_test.go
	require.NoError(t, err)
	var text strings.Builder
	for _, file := range files {
		if file != "scenarios_doc_test.go" {
			text.WriteString(read(t, file))
		}
	}
	return text.String()
}
