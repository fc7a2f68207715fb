package scenario

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseHead(t *testing.T) {
	t.Parallel()
	head, err := ParseHead(`// Loads an API: one line,
// and another one.
//
// What it measures: its latency
// and errors.
// How to read it: closely.
// Thresholds: none.
//
//   VUS               number of virtual users
//   PAUSE             time between requests,
//                     in seconds
//   NAME              a name
//   OTHER             calculated
//   MORE              calculated, too
//
// The variables in lib/config.js apply as well.
import { count } from './lib/environment.js';
// A comment below.
const vus = count('VUS', 20);
const pause = seconds('PAUSE', '100ms'), name = env(
    'NAME', 'x'), name2 = env('NAME', 'y'), other = env('OTHER', vus), more = env('MORE', expected());
`)
	require.NoError(t, err)
	assert.Equal(t, Head{
		About: "Loads an API: one line, and another one.",
		Sections: []Section{
			{"What it measures", "its latency and errors."},
			{"How to read it", "closely."},
			{"Thresholds", "none."},
		},
		Variables: []Variable{
			{"VUS", "number of virtual users", "20"},
			{"PAUSE", "time between requests, in seconds", "100ms"},
			{"NAME", "a name", "y"},
			{"OTHER", "calculated", ""},
			{"MORE", "calculated, too", ""},
		},
	}, head)
	for _, script := range []string{"", "import x from 'y';\n// Late.\n", "//\n// \n"} {
		_, err := ParseHead(script)
		require.ErrorContains(t, err, "must begin with a comment", script)
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"scripts/b.js": {Data: []byte("// B.\n")}, "scripts/a.test.js": {Data: []byte("// A.\n")},
		"scripts/lib/c.js": {}, "scripts/d.yml": {},
	}
	list, err := Load(files)
	require.NoError(t, err)
	assert.Equal(t, []Scenario{{"a", "scripts/a.test.js", Head{About: "A."}}, {"b", "scripts/b.js", Head{About: "B."}}},
		list)
	files["scripts/e.js"] = &fstest.MapFile{Data: []byte("import;")}
	_, err = Load(files)
	require.ErrorContains(t, err, "scripts/e.js: the script must begin")
}

// A variable that a script reads must be in its head, or in the head of a library: else it has no flag, and nobody
// knows it.
func TestHeadsListEveryVariable(t *testing.T) {
	t.Parallel()
	files := os.DirFS("../..")
	list, err := Load(files)
	require.NoError(t, err)
	require.NotEmpty(t, list)
	common, err := Common(files)
	require.NoError(t, err)
	reads := regexp.MustCompile(`\b(?:choice|count|duration|env|flag|number|numberOf|required|seconds|share|url)\('([A-Z][A-Z0-9_]+)'`)
	for _, s := range list {
		text, err := os.ReadFile("../../" + s.Script)
		require.NoError(t, err)
		known := make(map[string]bool)
		for _, v := range append(common, s.Variables...) {
			known[v.Name] = true
			assert.False(t, strings.HasSuffix(v.Meaning, "."), "%s: %s", s.Name, v.Name)
		}
		for _, m := range reads.FindAllStringSubmatch(string(text), -1) {
			assert.True(t, known[m[1]], "%s: %s", s.Name, m[1])
		}
		assert.NotEmpty(t, s.Sections, s.Name)
		assert.NotEmpty(t, s.Variables, s.Name)
	}
}
