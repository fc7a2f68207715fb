package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/scenario"
)

const root = "../.."

// The pages say what the code says.
func TestReferenceIsUpToDate(t *testing.T) {
	t.Parallel()
	pages, err := render(root)
	require.NoError(t, err)
	for name, text := range pages {
		page, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		if string(page) != text {
			assert.Fail(t, name+" is out of date; run `make docs`", firstDifference(text, string(page)))
		}
	}
	for _, name := range []string{
		"api", "commands", "environment", "errors", "metrics", "options", "prometheus",
		"scenarios",
	} {
		assert.Regexp(t, block, pages["docs/reference/"+name+".md"], name)
	}
}

// firstDifference returns the first line of the expected text that the page lacks.
func firstDifference(want, got string) string {
	lines := strings.Split(got, "\n")
	for i, line := range strings.Split(want, "\n") {
		if i >= len(lines) || lines[i] != line {
			return line
		}
	}
	return "fewer lines"
}

// Every declaration of index.d.ts that a script can meet is in the reference, and so is each of its members.
func TestReferenceIsComplete(t *testing.T) {
	t.Parallel()
	types, err := os.ReadFile(filepath.Join(root, "index.d.ts"))
	require.NoError(t, err)
	declared, err := parseTypes(string(types))
	require.NoError(t, err)
	require.Greater(t, len(declared.list), 30)
	var pages strings.Builder
	for _, name := range []string{"options", "api"} {
		page, err := os.ReadFile(filepath.Join(root, "docs", "reference", name+".md"))
		require.NoError(t, err)
		pages.Write(page)
	}
	for _, d := range declared.list {
		assert.NotEmpty(t, d.doc.text, "%s has no comment", d.name)
		for _, paragraph := range d.doc.text {
			if d.kind != "type" && !strings.HasPrefix(d.name, "PoolClient") &&
				!strings.HasPrefix(d.name, "AuthorizationDetail") {
				assert.Contains(t, pages.String(), prose(paragraph), d.name)
			}
		}
		for _, m := range d.members {
			if d.kind == "class" && m.signatures != nil && d.name != "TokenError" {
				assert.NotEmpty(t, m.doc.text, "%s.%s has no comment", d.name, m.name)
			}
		}
	}
}

// Everything that scripts call has an example, except for the methods that are get() with another name.
func TestMethodsHaveExamples(t *testing.T) {
	t.Parallel()
	types, err := os.ReadFile(filepath.Join(root, "index.d.ts"))
	require.NoError(t, err)
	declared, err := parseTypes(string(types))
	require.NoError(t, err)
	for _, class := range []string{"Client", "ClientPool"} {
		for _, m := range declared.byName[class].members {
			if m.signatures != nil && !strings.Contains(strings.Join(m.doc.text, " "), "See `get()`") {
				assert.NotEmpty(t, m.doc.examples, "%s.%s", class, m.name)
			}
		}
	}
	for _, d := range declared.list {
		if d.kind == "function" {
			assert.NotEmpty(t, d.doc.examples, d.name)
		}
	}
}

// The variables that the code reads are in the reference, and no others.
func TestSettingsAreDocumented(t *testing.T) {
	t.Parallel()
	literal := regexp.MustCompile(`"((?:K6_)?CLIENTCREDS_[A-Z_]+)"`)
	read := make(map[string]bool)
	require.NoError(t, filepath.WalkDir(filepath.Join(root, "xk6-clientcreds"),
		func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
				strings.Contains(path, "/reference/") {
				return err
			}
			text, err := os.ReadFile(path) // #nosec G304 G122 -- code of the project
			for _, m := range literal.FindAllStringSubmatch(string(text), -1) {
				read[m[1]] = true
			}
			return err
		}))
	documented := make(map[string]bool)
	for _, s := range settings {
		documented[s.name] = true
	}
	assert.Equal(t, read, documented)
}

// CONTRIBUTING.md says where to add what. The files that it names exist, and each step names one.
func TestContributingNamesFiles(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(page), "\n## Where to add something\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	named := regexp.MustCompile("`([a-zA-Z0-9_.-]+(?:/[a-zA-Z0-9_.-]+)+/?|index\\.d\\.ts)`").FindAllStringSubmatch(section,
		-1)
	require.Greater(t, len(named), 40)
	for _, m := range named {
		if !strings.Contains(m[1], "NAME") {
			_, err := os.Stat(filepath.Join(root, m[1]))
			assert.NoError(t, err)
		}
	}
	for _, what := range []string{
		"option", "method", "authentication method", "metric", "scenario", "fault", "chart",
		"check of the doctor",
	} {
		assert.Regexp(t, "(?m)^### An? .*"+what, section)
	}
}

// A reader of the options sees the values of a named type.
func TestNamedValuesAreListed(t *testing.T) {
	t.Parallel()
	d, err := parseTypes("\ndeclare module 'k6/x/clientcreds' {\n    export type Kind = 'a' | 'b';\n" +
		"    export type Span = string | number;\n}\n")
	require.NoError(t, err)
	assert.Equal(t, "'a' | 'b'", d.values("Kind"))
	assert.Equal(t, "Span", d.values("Span"))
	assert.Equal(t, "string", d.values("string"))
}

func TestPagesAreFilled(t *testing.T) {
	t.Parallel()
	p := &project{root: root, types: &declarations{}}
	text, err := p.fill("before\n<!-- generated: tags -->\noutdated\n<!-- /generated -->\nafter\n")
	require.NoError(t, err)
	assert.Contains(t, text, "before\n<!-- generated: tags -->\n\n- **`client`**")
	assert.Contains(t, text, "\n\n<!-- /generated -->\nafter\n")
	assert.NotContains(t, text, "outdated")
	for page, want := range map[string]string{
		"<!-- generated: nothing -->\n<!-- /generated -->":           `nothing generates "nothing"; use one of class, `,
		"<!-- generated: options Nobody -->\n<!-- /generated -->":    "index.d.ts does not declare Nobody",
		"<!-- generated: scenarios none.js -->\n<!-- /generated -->": "none.js: no such file",
		"<!-- generated: errors -->\n<!-- /generated -->":            "use one of registered, classes",
		"<!-- generated: prometheus x -->\n<!-- /generated -->":      "use one of options, metrics",
	} {
		_, err := p.fill(page)
		require.ErrorContains(t, err, want)
	}
}

func TestTableOfVariables(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	writeVariables(&b, []scenario.Variable{
		{Name: "VUS", Default: "20", Meaning: "users, many"},
		{Name: "API_URL", Meaning: "URL"},
	})
	assert.Contains(t, b.String(), "| `VUS` | `20` | users, many |\n| `API_URL` |  | URL |\n")
}

// A second run finds nothing to write.
func TestRunWritesWhatChanged(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(folder, "docs"), os.DirFS(filepath.Join(root, "docs"))))
	require.NoError(t, os.CopyFS(filepath.Join(folder, "scripts"), os.DirFS(filepath.Join(root, "scripts"))))
	types, err := os.ReadFile(filepath.Join(root, "index.d.ts"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "index.d.ts"), types, 0o600))
	page := filepath.Join(folder, "docs", "reference", "errors.md")
	text, err := os.ReadFile(page) // #nosec G304 -- a copy
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(page, bytes.ReplaceAll(text, []byte("`dns`"), []byte("`dsn`")), 0o600)) // #nosec G703 -- the same
	var out bytes.Buffer
	require.NoError(t, run(folder, &out))
	assert.Equal(t, "wrote docs/reference/errors.md\n", out.String())
	after, err := os.ReadFile(page) // #nosec G304 -- a copy
	require.NoError(t, err)
	assert.Equal(t, string(text), string(after))
}
