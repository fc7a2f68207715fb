package k6test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// MainJob is a folder with what tools/run.sh needs.
type MainJob struct{ dir string }

// NewMainJob makes the folder.
func NewMainJob(t *testing.T) MainJob {
	t.Helper()
	root, err := filepath.Abs(Root)
	require.NoError(t, err)
	bin, err := filepath.Abs(Binary(t))
	require.NoError(t, err)
	j := MainJob{t.TempDir()}
	require.NoError(t, os.Mkdir(filepath.Join(j.dir, "build"), 0o700))
	require.NoError(t, os.Symlink(bin, filepath.Join(j.dir, "build", "k6")))
	require.NoError(t, os.Symlink(filepath.Join(root, "scripts"), filepath.Join(j.dir, "scripts")))
	require.NoError(t, os.Symlink(filepath.Join(root, "tools"), filepath.Join(j.dir, "tools")))
	return j
}

// Start starts `make run`, without make.
func (j MainJob) Start(t *testing.T, env ...string) (*Process, *Output) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "tools/run.sh")
	cmd.Dir = j.dir
	out := new(Output)
	cmd.Stdout, cmd.Stderr = out, out
	return StartProcess(t, cmd, append([]string{
		"HOME=" + j.dir, "NO_COLOR=1", "K6_CLIENTCREDS_ALLOW=generator_saturated",
		"K6_NO_USAGE_REPORT=true", "K6_AUTO_EXTENSION_RESOLUTION=false", "VUS=2", "PAUSE=0.05",
	}, env...)...), out
}

// File returns the path of a file that the job leaves.
func (j MainJob) File(name string) string { return filepath.Join(j.dir, "build/run", name) }
