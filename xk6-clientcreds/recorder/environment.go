package recorder

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"time"
)

const (
	k6Module  = "go.k6.io/k6/v2"
	ownModule = "github.com/xk6-clientcreds/harness"
)

// versionOf is the version of a module in this binary.
func versionOf(module string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		switch {
		case m.Path != module:
		case m.Replace != nil && m.Replace.Version == "":
			return "(devel)" // built from a folder, as k6 version says it
		case m.Replace != nil:
			return m.Replace.Version
		default:
			return m.Version
		}
	}
	return "unknown"
}

// cpuModel is what Linux calls the CPU, "" elsewhere.
func cpuModel() string {
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if name, value, found := strings.Cut(lines.Text(), ":"); found && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// longestGit bounds how long the test waits for git.
const longestGit = 5 * time.Second

// workTree is the commit of a folder, and whether what is there differs from it; "" where there is no
// git, or no work tree.
func workTree(folder string) (commit string, modified bool) {
	commit, ok := git(folder, "rev-parse", "--verify", "HEAD")
	if !ok {
		return "", false
	}
	changes, ok := git(folder, "status", "--porcelain", "--untracked-files=no")
	return commit, !ok || changes != ""
}

func git(folder string, args ...string) (string, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), longestGit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", folder, "--no-optional-locks", "-c", "core.fsmonitor=false"}, args...)...) // #nosec G204 -- the arguments are constants
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err == nil
}
