package commands

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// mainJob is a folder with what tools/run.sh needs.
type mainJob struct{ dir string }

func newMainJob(t *testing.T) mainJob {
	t.Helper()
	root, err := filepath.Abs(k6test.Root)
	require.NoError(t, err)
	bin, err := filepath.Abs(k6test.Binary(t))
	require.NoError(t, err)
	j := mainJob{t.TempDir()}
	require.NoError(t, os.Mkdir(filepath.Join(j.dir, "build"), 0o700))
	require.NoError(t, os.Symlink(bin, filepath.Join(j.dir, "build", "k6")))
	require.NoError(t, os.Symlink(filepath.Join(root, "scripts"), filepath.Join(j.dir, "scripts")))
	require.NoError(t, os.Symlink(filepath.Join(root, "tools"), filepath.Join(j.dir, "tools")))
	return j
}

// start starts `make run`, without make.
func (j mainJob) start(t *testing.T, env ...string) (*k6test.Process, *k6test.Output) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "tools/run.sh")
	cmd.Dir = j.dir
	out := new(k6test.Output)
	cmd.Stdout, cmd.Stderr = out, out
	return k6test.StartProcess(t, cmd, append([]string{
		"HOME=" + j.dir, "NO_COLOR=1", "K6_CLIENTCREDS_ALLOW=generator_saturated",
		"K6_NO_USAGE_REPORT=true", "K6_AUTO_EXTENSION_RESOLUTION=false", "VUS=2", "PAUSE=0.05",
	}, env...)...), out
}

func (j mainJob) file(name string) string { return filepath.Join(j.dir, "build/run", name) }

// The main job says which files it has left, and how to look at them; another run that cannot even begin leaves them
// alone.
func TestMainJobSaysWhatItLeft(t *testing.T) {
	t.Parallel()
	j := newMainJob(t)
	p, out := j.start(t, "DURATION=1s")
	require.Zero(t, p.Wait(t), out.String())
	for _, name := range []string{"record.json", "summary.json", "server.json"} {
		require.Contains(t, out.String(), "Written: build/run/"+name+"\n")
		require.FileExists(t, j.file(name))
	}
	require.Contains(t, out.String(), "To see it: build/k6 x clientcreds report build/run/record.json\n")
	before := k6test.ReadFile(t, j.file("record.json"))

	p, out = j.start(t, "ISSUER=http://127.0.0.1:9", "CLIENT_ID=x", "CLIENT_SECRET=y")
	require.Equal(t, k6test.ExitScriptException, p.Wait(t), out.String())
	require.Contains(t, out.String(), "API_URL is not set")
	require.NotContains(t, out.String(), "Written")
	require.Equal(t, before, k6test.ReadFile(t, j.file("record.json")))
}

// The end of the main job ends the load: k6 writes its files, and the job has its exit code.
func TestMainJobIsEnded(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, nil)
	j := newMainJob(t)
	env := []string{"DURATION=1m"}
	for name, value := range server.Env() {
		env = append(env, name+"="+value)
	}
	p, out := j.start(t, env...)
	k6test.Eventually(t, func() bool { return server.Stats().APIRequests.Total > 5 }, "the load")
	require.NoError(t, p.Cmd.Process.Signal(syscall.SIGTERM))
	require.Equal(t, 105, p.Wait(t), out.String())
	require.Contains(t, out.String(), "Written: build/run/record.json\n")
	require.NotContains(t, out.String(), "server.json", "of our own server only")
}
