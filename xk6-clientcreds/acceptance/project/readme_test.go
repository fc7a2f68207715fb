package project

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

var (
	shellBlock  = regexp.MustCompile("(?s)```sh\n(.*?)```")
	scriptBlock = regexp.MustCompile("(?s)```js\n(.*?)```")
)

// readmeCommands are the commands of the README's shell blocks, one line each, without comments.
func readmeCommands(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(k6test.Root, "README.md"))
	require.NoError(t, err)
	var commands []string
	for _, block := range shellBlock.FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(strings.ReplaceAll(block[1], "\\\n", " ")) {
			command, _, _ := strings.Cut(line, " #")
			if command = strings.TrimSpace(command); command != "" {
				commands = append(commands, command)
			}
		}
	}
	return commands
}

// The commands of the README do what it says: commands of build/k6 are run; commands of make
// are targets, of which `make test` is running this test.
func TestReadmeCommandsRun(t *testing.T) {
	t.Parallel()
	commands := readmeCommands(t)
	require.NotEmpty(t, commands)
	ran := 0
	for _, command := range commands {
		switch {
		case strings.HasPrefix(command, "export "):
			continue // of the reader's own server
		case strings.HasPrefix(command, "make "):
			target := strings.Fields(command)[1]
			out, err := exec.CommandContext(t.Context(), "make", "-C", k6test.Root, "-n", target).CombinedOutput() // #nosec G204 -- from the README
			require.NoError(t, err, "%s\n%s", command, out)
		default:
			ran++
			t.Run(command, func(t *testing.T) {
				t.Parallel()
				runReadmeCommand(t, command)
			})
		}
	}
	assert.Positive(t, ran)
}

// runReadmeCommand runs command as a shell does, but on ports that are free.
func runReadmeCommand(t *testing.T, command string) {
	t.Helper()
	require.True(t, strings.HasPrefix(command, "build/k6 "), "the README has a command that this test does not know")
	command = strings.ReplaceAll(command, "build/k6", `"$K6_BIN"`)
	command = strings.ReplaceAll(command, "x clientcreds serve", "x clientcreds serve --addr 127.0.0.1:0")
	command = strings.ReplaceAll(command, "127.0.0.1:9464", "127.0.0.1:0")
	ctx, cancel := context.WithTimeout(t.Context(), k6test.LongestRun)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euc", command) // #nosec G204 -- from the README
	cmd.Dir = k6test.Root
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	bin, err := filepath.Abs(k6test.Binary(t))
	require.NoError(t, err)
	cmd.Env = append(slices.Clone(k6test.BusyMachine),
		"PATH="+os.Getenv("PATH"), "HOME="+t.TempDir(), "NO_COLOR=1", "K6_BIN="+bin,
		"K6_NO_USAGE_REPORT=true", "K6_AUTO_EXTENSION_RESOLUTION=false")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NotContains(t, string(out), "level=error")
	require.NotContains(t, string(out), "overrode scenarios configuration")
}

// k6's options for the load replace the scenario of a script, and its name: the scripts in scripts/ have variables.
func TestCommandsLeaveScenariosAsTheyAre(t *testing.T) {
	t.Parallel()
	replaces := regexp.MustCompile(`\s(?:--(?:vus|duration|iterations|stage)|-[udis])[= ].*\bscripts/`)
	pages, err := filepath.Glob(filepath.Join(k6test.Root, "docs", "*", "*.md"))
	require.NoError(t, err)
	commands := 0
	for _, page := range append(pages, filepath.Join(k6test.Root, "README.md")) {
		for line := range strings.Lines(strings.ReplaceAll(k6test.ReadFile(t, page), "\\\n", " ")) {
			if _, command, found := strings.Cut(line, "k6 run "); found {
				commands++
				assert.NotRegexp(t, replaces, " "+command, page)
			}
		}
	}
	assert.Greater(t, commands, 10)
}

// Every example is in the list of examples.
func TestExamplesAreListed(t *testing.T) {
	t.Parallel()
	list := k6test.ReadFile(t, filepath.Join(k6test.Root, "examples", "README.md"))
	files, err := filepath.Glob(filepath.Join(k6test.Root, "examples", "*.*"))
	require.NoError(t, err)
	require.Greater(t, len(files), 30)
	for _, file := range files {
		if name := filepath.Base(file); name != "README.md" {
			assert.Contains(t, list, "[`"+name+"`]("+name+")")
		}
	}
}

var (
	outputBlock = regexp.MustCompile("(?s)```text\n(.*?)```")
	numbers     = regexp.MustCompile(`\d[0-9,.]*`)
	blanks      = regexp.MustCompile(` +`)
)

// The output in the README has the lines of a run, with other numbers.
func TestReadmeOutputIsThatOfARun(t *testing.T) {
	t.Parallel()
	blocks := outputBlock.FindAllStringSubmatch(k6test.ReadFile(t, filepath.Join(k6test.Root, "README.md")), -1)
	require.Len(t, blocks, 1)
	server := servers.StartLocal(t, func(c *authserver.Config) { c.TTL = 2 * time.Second })
	r := k6test.Run{Script: "scripts/api-load.js", Env: server.Env("VUS=5", "DURATION=4s")}.Do(t).Passes(t)
	shape := func(line string) string { return blanks.ReplaceAllString(numbers.ReplaceAllString(line, "0"), " ") }
	var printed []string
	for line := range strings.Lines(r.Output) {
		printed = append(printed, shape(line))
	}
	for line := range strings.Lines(blocks[0][1]) {
		if !strings.HasPrefix(line, "  report ") { // names the record of that run
			assert.Contains(t, printed, shape(line), "%s", r.Output)
		}
	}
}

// The script of the README is an example, which is type-checked and run.
func TestReadmeScriptIsTheQuickstart(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(k6test.Root, "README.md"))
	require.NoError(t, err)
	blocks := scriptBlock.FindAllStringSubmatch(string(text), -1)
	require.Len(t, blocks, 1)
	example, err := os.ReadFile(filepath.Join(k6test.Root, "examples", "quickstart.js"))
	require.NoError(t, err)
	assert.Equal(t, string(example), blocks[0][1])
}
