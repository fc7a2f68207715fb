package recorder

import (
	"context"
	"os/exec"
	"strings"
	"time"
)

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
