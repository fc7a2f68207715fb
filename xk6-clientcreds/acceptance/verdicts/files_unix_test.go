//go:build unix

package verdicts

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// writers are the commands that write files, by the option that names one. FILE is that file, RECORD and OTHER are run
// records.
func writers(t *testing.T) map[string][]string {
	t.Helper()
	script := k6test.Fixture("written.js")
	run := func(args ...string) []string {
		return append([]string{"serve", "--addr", "127.0.0.1:0", "--", k6test.Binary(t), "run", script}, args...)
	}
	return map[string][]string{
		"record":   run("-o", "clientcreds-record=FILE"),
		"textfile": run("-o", "prometheus=addr=127.0.0.1:0,textfile=FILE"),
		"stats":    {"serve", "--addr", "127.0.0.1:0", "--stats-file", "FILE", "--force", "--", "true"},
		"merged":   {"verdict", "--merged", "FILE", "--force", "RECORD"},
		"report":   {"report", "--output", "FILE", "--force", "RECORD"},
		"markdown": {"compare", "--markdown", "FILE", "--force", "RECORD", "OTHER"},
		"json":     {"compare", "--json", "-o", "FILE", "--force", "RECORD", "OTHER"},
		"junit":    {"compare", "--junit", "FILE", "--force", "RECORD", "OTHER"},
	}
}

// clientcreds runs k6 x clientcreds and returns its exit code and output.
func clientcreds(t *testing.T, args ...string) (exitCode int, output string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), k6test.Binary(t), append([]string{"x", "clientcreds"}, args...)...) // #nosec G204 -- the binary under test
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "NO_COLOR=1", "K6_AUTO_EXTENSION_RESOLUTION=false",
		"K6_CLIENTCREDS_ALLOW=generator_saturated",
	}
	out, _ := cmd.CombinedOutput()
	return cmd.ProcessState.ExitCode(), string(out)
}

// writing replaces what stands for files.
func writing(args []string, file, record, other string) []string {
	files := strings.NewReplacer("FILE", file, "RECORD", record, "OTHER", other)
	replaced := make([]string, len(args))
	for i, arg := range args {
		replaced[i] = files.Replace(arg)
	}
	return replaced
}

// TestLinksAndPipesStay: an output that is given the name of a link, or of a pipe or a device, writes to what the name
// stands for, and never puts a file in its place. A pipe stands for a device here.
func TestLinksAndPipesStay(t *testing.T) {
	t.Parallel()
	record, other := filepath.Join(t.TempDir(), "record.json"), filepath.Join(t.TempDir(), "other.json")
	all := writers(t)
	for _, file := range []string{record, other} {
		code, out := clientcreds(t, writing(all["record"], file, "", "")...)
		require.Zero(t, code, out)
	}
	for name, args := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			target, link, pipe := filepath.Join(folder, "target"), filepath.Join(folder, "link"), filepath.Join(folder, "pipe")
			require.NoError(t, os.WriteFile(target, []byte("old"), 0o640))
			require.NoError(t, os.Symlink("target", link))
			_, out := clientcreds(t, writing(args, link, record, other)...)
			written := k6test.ReadFile(t, target)
			require.NotEqual(t, "old", written, out)
			require.Greater(t, len(written), 100, out)

			require.NoError(t, syscall.Mkfifo(pipe, 0o600))
			reader := readPipe(t, pipe)
			_, out = clientcreds(t, writing(args, pipe, record, other)...)
			require.Greater(t, len(reader()), 100, out)

			types := map[string]os.FileMode{}
			entries, err := os.ReadDir(folder)
			require.NoError(t, err)
			for _, e := range entries {
				types[e.Name()] = e.Type()
			}
			require.Equal(t, map[string]os.FileMode{"target": 0, "link": os.ModeSymlink, "pipe": os.ModeNamedPipe}, types)
			info, err := os.Stat(target)
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o640), info.Mode().Perm(), "an existing file keeps its mode")
		})
	}
}

// readPipe reads a pipe until the function that it returns is called, which returns what came.
func readPipe(t *testing.T, path string) func() string {
	t.Helper()
	// Open for writing as well, it neither waits for a writer nor ends with one.
	pipe, err := os.OpenFile(path, os.O_RDWR, 0) // #nosec G304 -- of this test
	require.NoError(t, err)
	end := []byte("\x00the end")
	var text bytes.Buffer
	done := make(chan error, 1)
	go func() {
		for !bytes.HasSuffix(text.Bytes(), end) {
			if _, err := io.CopyN(&text, pipe, 1); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	return func() string {
		_, err := pipe.Write(end)
		require.NoError(t, err)
		require.NoError(t, <-done)
		require.NoError(t, pipe.Close())
		return string(bytes.TrimSuffix(text.Bytes(), end))
	}
}

// TestKilledRunLeavesNoRecord: what an earlier run has left is not taken for the record of a run that was killed.
func TestKilledRunLeavesNoRecord(t *testing.T) {
	t.Parallel()
	record := filepath.Join(t.TempDir(), "record.json")
	recording := []string{"-o", "clientcreds-record=file=" + record}
	server := servers.StartLocal(t, nil)
	k6test.Run{Script: k6test.Fixture("written.js"), Env: server.Env(), Args: recording}.Do(t).Passes(t)
	code, out := k6test.Judge(t, record)
	require.Zero(t, code, out)

	p := k6test.Run{Script: k6test.Fixture("endless.js"), Args: recording}.Start(t)
	require.Eventually(t, func() bool { return strings.Contains(p.Output.String(), "it runs") }, k6test.Soon, 10*time.Millisecond)
	p.Signal(t, syscall.SIGKILL)
	code, out = k6test.Judge(t, record)
	require.Equal(t, 104, code, out)
	require.Contains(t, out, "the file is empty, as a run leaves it that has not ended")
}

// TestRecordThatCannotBeWritten: what is wrong with the name of a file shows before the test, and nothing is left.
func TestRecordThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	folder, server := t.TempDir(), servers.StartLocal(t, nil)
	for name, c := range map[string]struct{ file, want string }{
		"name":   {strings.Repeat("a", 300), "cannot be written: file name too long; name a file in a folder that exists"},
		"folder": {"missing/r.json", "cannot be written: there is no folder"},
	} {
		r := k6test.Run{
			Script: k6test.Fixture("written.js"), Env: server.Env(),
			Args: []string{"-o", "clientcreds-record=" + filepath.Join(folder, c.file)},
		}.Do(t)
		require.Equal(t, 104, r.ExitCode, name)
		require.Contains(t, r.Output, c.want, name)
	}
	long := filepath.Join(folder, strings.Repeat("a", 250)+".json")
	k6test.Run{Script: k6test.Fixture("written.js"), Env: server.Env(), Args: []string{"-o", "clientcreds-record=" + long}}.Do(t).Passes(t)
	require.NotEmpty(t, k6test.ReadFile(t, long))
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

// TestRecordThatNobodyReads: a pipe without a reader shows only in the end. The run is not a PASS that nobody can look
// up.
func TestRecordThatNobodyReads(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	env := servers.StartLocal(t, nil).Env("K6_CLIENTCREDS_EXIT_CODE=verdict")
	r := k6test.Run{Script: k6test.Fixture("written.js"), Env: env, Args: []string{"-o", "clientcreds-record=" + pipe}}.Do(t)
	require.Equal(t, k6test.ExitInvalid, r.ExitCode, r.Output)
	require.Regexp(t, "The run is INVALID: the run record was not written: .* cannot be written: nothing reads from the "+
		"named pipe", r.Output)
}
