package project

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// The steps of docs/reference/api.md give the types to a folder of scripts: the compiler, which editors use as well,
// accepts a script and finds its wrong option.
func TestTypesInAnEditor(t *testing.T) {
	t.Parallel()
	page := k6test.ReadFile(t, filepath.Join(k6test.Root, "docs", "reference", "api.md"))
	config := regexp.MustCompile("`jsconfig.json`:\n +`([^`]+)`").FindStringSubmatch(page)
	require.NotNil(t, config)
	packages, err := filepath.Abs(filepath.Join(k6test.Root, "tools", "npm", "node_modules"))
	require.NoError(t, err)

	folder := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "node_modules", "@types"), 0o750))
	require.NoError(t, os.CopyFS(filepath.Join(folder, "node_modules", "@types", "k6"),
		os.DirFS(filepath.Join(packages, "@types", "k6"))))
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	write("clientcreds.d.ts", k6test.ReadFile(t, filepath.Join(k6test.Root, "index.d.ts")))
	write("jsconfig.json", config[1])
	check := func(script string) (string, error) {
		write("script.js", script)
		cmd := exec.CommandContext(t.Context(), filepath.Join(packages, ".bin", "tsc"), "--project", "jsconfig.json", "--noEmit") // #nosec G204 -- of the tests
		cmd.Dir = folder
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := check(k6test.ReadFile(t, filepath.Join(k6test.Root, "examples", "quickstart.js")))
	require.NoError(t, err, out)
	out, err = check("import { Client } from 'k6/x/clientcreds';\nnew Client({ clientId: 'a', clientSecert: 'b' });\n")
	require.Error(t, err)
	assert.Contains(t, out, "'clientSecert' does not exist in type 'ClientOptions'. Did you mean to write 'clientSecret'?")
}
