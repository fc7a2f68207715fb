package harness_test

import (
	"errors"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const ourPackages = "github.com/xk6-clientcreds/harness/xk6-clientcreds/"

func architecture(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("docs", "architecture.md"))
	require.NoError(t, err)
	return string(page)
}

// The table of packages lists the packages of this project that they import.
func TestArchitectureHasEveryPackage(t *testing.T) {
	t.Parallel()
	documented := make(map[string]string)
	_, table, _ := strings.Cut(architecture(t), "| Package | Contents | Imports |\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	for row := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(row, "|\n "), " | ")
		require.Len(t, cells, 3, row)
		documented[strings.Trim(cells[0], "`")] = cells[2]
	}
	found := make(map[string]string)
	require.NoError(t, filepath.WalkDir("xk6-clientcreds", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if d.Name() == "testdata" {
			return fs.SkipDir
		}
		pkg, err := build.ImportDir(path, 0)
		if noGo := (*build.NoGoError)(nil); err != nil && !errors.As(err, &noGo) {
			return err
		}
		if pkg.Name == "" { // a folder without Go files; one with tests alone has a name
			return nil
		}
		var ours []string
		for _, imported := range pkg.Imports {
			if name, ok := strings.CutPrefix(imported, ourPackages); ok {
				ours = append(ours, name)
			}
		}
		slices.Sort(ours)
		imports := "none"
		if len(ours) > 0 {
			imports = "`" + strings.Join(ours, "`, `") + "`"
		}
		found[filepath.ToSlash(strings.TrimPrefix(path, "xk6-clientcreds"+string(filepath.Separator)))] = imports
		return nil
	}))
	assert.Equal(t, found, documented)
}

var (
	participant = regexp.MustCompile(`^participant (\w+) as (\S+\.go)$`)
	call        = regexp.MustCompile(`^\w+->>(\w+): (\S+)( and (\S+))?`)
)

// The sequence diagrams name files and functions that exist, and functions that are in these files.
func TestArchitectureDrawsTheCode(t *testing.T) {
	t.Parallel()
	sections := strings.Split(architecture(t), "\n### ")
	for title, most := range map[string]int{
		"A token from the cache": 4, "A token from the server": 14,
		"A 401 and the retry": 8,
	} {
		i := slices.IndexFunc(sections, func(s string) bool { return strings.HasPrefix(s, title+"\n") })
		require.NotEqual(t, -1, i, title)
		_, diagram, ok := strings.Cut(sections[i], "```mermaid\nsequenceDiagram\n")
		require.True(t, ok, title)
		diagram, _, _ = strings.Cut(diagram, "```")
		functions := make(map[string][]string) // by participant
		calls := 0
		for line := range strings.Lines(diagram) {
			line = strings.TrimSpace(line)
			if m := participant.FindStringSubmatch(line); m != nil {
				functions[m[1]] = functionsOf(t, filepath.Join("xk6-clientcreds", filepath.FromSlash(m[2])))
			} else if m := call.FindStringSubmatch(line); m != nil {
				for _, name := range []string{m[2], m[4]} {
					if name != "" {
						assert.Contains(t, functions[m[1]], name, "%s: %s", title, line)
						calls++
					}
				}
			}
		}
		assert.LessOrEqual(t, len(functions), most, "%s: files to open to follow it", title)
		assert.Greater(t, calls, 4, title)
	}
}

// functionsOf lists the functions of a file, methods with their type.
func functionsOf(t *testing.T, path string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	require.NoError(t, err)
	var names []string
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name := f.Name.Name
		if f.Recv != nil {
			receiver := f.Recv.List[0].Type
			if star, ok := receiver.(*ast.StarExpr); ok {
				receiver = star.X
			}
			if ident, ok := receiver.(*ast.Ident); ok {
				name = ident.Name + "." + name
			}
		}
		names = append(names, name)
	}
	return names
}
