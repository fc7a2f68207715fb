package harness_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsmodule"
)

// metricNames is the one package that spells the names of metrics out, for Go code that is not a test.
const metricNames = "xk6-clientcreds/metricname"

func TestMetricNamesAreComplete(t *testing.T) {
	t.Parallel()
	var defined []string
	for _, literal := range stringLiterals(t, metricNames) {
		defined = append(defined, literal.text)
	}
	for _, m := range jsmodule.Metrics() {
		assert.Contains(t, defined, m.Name)
	}
	registry := metrics.NewRegistry()
	metrics.RegisterBuiltinMetrics(registry)
	for _, m := range registry.All() {
		assert.Contains(t, defined, m.Name)
	}
}

// A name that stands in two places can be changed in one of them.
func TestMetricNamesStandInOnePlace(t *testing.T) {
	t.Parallel()
	var names []string
	for _, literal := range stringLiterals(t, metricNames) {
		// "checks", "iterations", and "vus" are also plain words, and options of k6.
		if strings.Contains(literal.text, "_") {
			names = append(names, literal.text)
		}
	}
	require.NotEmpty(t, names)
	// Prometheus has a prefix and suffixes around the name.
	name := regexp.MustCompile(`(?:^|[^a-z_]|k6_)(` + strings.Join(names, "|") +
		`)(?:_seconds|_total|_nonzero_total|_samples_total)?(?:[^a-z_]|$)`)
	read := 0
	for _, literal := range stringLiterals(t, "xk6-clientcreds") {
		switch {
		case strings.HasPrefix(literal.file, metricNames+"/"):
		case strings.HasPrefix(literal.file, "xk6-clientcreds/acceptance/"): // tests, which see the binary from outside
		case literal.text == "dropped_iterations" && literal.file == "xk6-clientcreds/validity/rules.go": // a rule's code
		default:
			read++
			assert.Falsef(t, name.MatchString(literal.text), "%s:%d: use package metricname: %s", literal.file, literal.line,
				literal.text)
		}
	}
	assert.Greater(t, read, 1000)
}

// literal is a string of a Go file that is not a test.
type literal struct {
	file, text string
	line       int
}

func stringLiterals(t *testing.T, root string) []literal {
	t.Helper()
	var all []literal
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
				value, err := strconv.Unquote(text.Value)
				require.NoError(t, err)
				all = append(all, literal{filepath.ToSlash(path), value, files.Position(text.Pos()).Line})
			}
			return true
		})
		return nil
	}))
	return all
}
