package proof

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// longest bounds one command.
const longest = 5 * time.Minute

// page holds the blocks of docs/guides/kubernetes.md, whose commands the tests run.
type page struct {
	blocks map[string][]string // by section and language, such as "Run sh"
	tried  map[string]bool
}

var block = regexp.MustCompile("(?ms)^## (.*?)$|^```([a-z]+)\n(.*?)^```$")

func readPage(path string) (page, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return page{}, err
	}
	p := page{blocks: make(map[string][]string), tried: make(map[string]bool)}
	section := ""
	for _, found := range block.FindAllStringSubmatch(string(content), -1) {
		if found[1] != "" {
			section = found[1]
			continue
		}
		p.blocks[section+" "+found[2]] = append(p.blocks[section+" "+found[2]], found[3])
	}
	return p, nil
}

// commands are the command lines of a section.
func (p page) commands(section string) []string {
	var all []string
	for _, b := range p.blocks[section+" sh"] {
		all = append(all, strings.Split(strings.TrimSpace(b), "\n")...)
	}
	return all
}

// untried are the commands of the page that no test ran.
func (p page) untried() []string {
	var left []string
	for name := range p.blocks {
		section, isShell := strings.CutSuffix(name, " sh")
		if !isShell {
			continue
		}
		for _, command := range p.commands(section) {
			if !p.tried[command] {
				left = append(left, command)
			}
		}
	}
	return left
}

// text is the one block of a language in a section.
func (p page) text(t *testing.T, section, language string) string {
	t.Helper()
	blocks := p.blocks[section+" "+language]
	require.Len(t, blocks, 1, "%s in %s", language, section)
	return blocks[0]
}

// terminal runs commands in a folder that looks like the project's, and keeps what it showed.
type terminal struct {
	dir   string
	shown strings.Builder
}

// try runs a command, and returns its output and its exit code.
func (s *terminal) try(t *testing.T, command string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", command)
	cmd.Dir = s.dir
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		require.NoError(t, err, command)
	}
	code := cmd.ProcessState.ExitCode()
	fmt.Fprintf(&s.shown, "$ %s\n%s", command, out)
	if len(out) > 0 && out[len(out)-1] != '\n' {
		s.shown.WriteByte('\n')
	}
	if code != 0 {
		fmt.Fprintf(&s.shown, "(exit code %d)\n", code)
	}
	return string(out), code
}

func (s *terminal) run(t *testing.T, command string) string {
	t.Helper()
	out, code := s.try(t, command)
	require.Zero(t, code, "%s\n%s", command, out)
	return out
}

// section runs the commands of a section of the page, none of which may fail.
func (s *terminal) section(t *testing.T, section string) string {
	t.Helper()
	commands := guide.commands(section)
	require.NotEmpty(t, commands, section)
	var all strings.Builder
	for _, command := range commands {
		guide.tried[command] = true
		all.WriteString(s.run(t, command))
	}
	return all.String()
}

// newTerminal makes the folder: deploy/ to be edited, and the binary.
func newTerminal(t *testing.T) *terminal {
	t.Helper()
	s := &terminal{dir: t.TempDir()}
	require.NoError(t, os.CopyFS(filepath.Join(s.dir, "deploy"), os.DirFS(filepath.Join(project, "deploy"))))
	require.NoError(t, os.Mkdir(filepath.Join(s.dir, "build"), 0o700))
	require.NoError(t, os.Symlink(os.Getenv("K6_BIN"), filepath.Join(s.dir, "build", "k6")))
	s.write(t, "client-secret.txt", clientSecret)
	return s
}

func (s *terminal) write(t *testing.T, name, content string) {
	t.Helper()
	path := filepath.Join(s.dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
}

// edit replaces lines of a file, each of which must be there.
func (s *terminal) edit(t *testing.T, name string, pairs ...string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(s.dir, name))
	require.NoError(t, err)
	text := string(content)
	for i := 0; i < len(pairs); i += 2 {
		require.Contains(t, text, pairs[i], name)
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	s.write(t, name, text)
}
