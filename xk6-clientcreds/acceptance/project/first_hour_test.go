package project

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// shims stand for what the tutorial gets from the network, or builds: the project's files, and the binary under test.
const shims = `
git() {
  [ "$*" = "clone https://github.com/xk6-clientcreds/harness" ] || { echo "unexpected: git $*" >&2; exit 64; }
  mkdir harness && cp -R "$PROJECT"/{scripts,examples,deploy,tools} harness
}
make() {
  [ "$*" = build ] || { echo "unexpected: make $*" >&2; exit 64; }
  mkdir -p build && ln -s "$K6_BIN" build/k6
}
`

// The commands of the tutorial are run as a reader runs them, one after the other in one shell. They do what its text
// says.
func TestFirstHour(t *testing.T) {
	t.Parallel()
	page := k6test.ReadFile(t, filepath.Join(k6test.Root, "docs", "guides", "first-hour.md"))
	var script strings.Builder
	script.WriteString(shims)
	blocks := shellBlock.FindAllStringSubmatch(page, -1)
	require.GreaterOrEqual(t, len(blocks), 8)
	for _, block := range blocks {
		script.WriteString(strings.ReplaceAll(block[1], "x clientcreds serve", "x clientcreds serve --addr 127.0.0.1:0"))
	}
	project, err := filepath.Abs(k6test.Root)
	require.NoError(t, err)
	bin, err := filepath.Abs(k6test.Binary(t))
	require.NoError(t, err)
	folder := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 2*k6test.LongestRun)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euc", script.String()) // #nosec G204 -- a page of this project
	cmd.Dir = folder
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "NO_COLOR=1", "K6_BIN=" + bin, "PROJECT=" + project,
		"K6_NO_USAGE_REPORT=true",
		"K6_CLIENTCREDS_ALLOW=generator_saturated",
	}
	text, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", text)
	out := string(text)
	assert.Contains(t, out, "INVALID: not one token was granted")
	assert.Equal(t, []string{"exit code 90", "exit code 99"}, lines(out, "exit code "), "%s", out)
	assert.Len(t, lines(out, "verdict: PASS"), 1, "%s", out)
	assert.Len(t, lines(out, "verdict: FAIL"), 1, "%s", out)
	for _, file := range []string{
		"harness/comparison.html", "my-server/.github/workflows/token-gate.yml",
		"my-server/ci/token-gate.yml",
	} {
		assert.FileExists(t, filepath.Join(folder, file))
	}
}

// lines returns the lines of text that begin with prefix.
func lines(text, prefix string) []string {
	var found []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, prefix) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}
