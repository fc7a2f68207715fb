package acceptance

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// writtenScript is a run that is short, and that has an answer for every output.
const writtenScript = `
import { Client } from 'k6/x/clientcreds';
export const options = { vus: 1, iterations: 3 };
const { TOKEN_URL: tokenUrl, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret, API_URL } = __ENV;
const client = new Client({ tokenUrl, clientId, clientSecret });
export default function () { client.get(API_URL); }
`

// writers are the commands that write files, by the option that names one. FILE is that file, RECORD a run record.
func writers(t *testing.T) map[string][]string {
	t.Helper()
	script := filepath.Join(t.TempDir(), "script.js")
	require.NoError(t, os.WriteFile(script, []byte(writtenScript), 0o600))
	run := func(args ...string) []string {
		return append([]string{"serve", "--addr", "127.0.0.1:0", "--", k6Binary(t), "run", script}, args...)
	}
	return map[string][]string{
		"record":   run("-o", "clientcreds-record=FILE"),
		"textfile": run("-o", "prometheus=addr=127.0.0.1:0,textfile=FILE"),
		"stats":    {"serve", "--addr", "127.0.0.1:0", "--stats-file", "FILE", "--", "true"},
		"merged":   {"verdict", "--merged", "FILE", "RECORD"},
		"report":   {"report", "--output", "FILE", "RECORD"},
		"markdown": {"compare", "--markdown", "FILE", "RECORD", "RECORD"},
		"json":     {"compare", "--json", "FILE", "RECORD", "RECORD"},
		"junit":    {"compare", "--junit", "FILE", "RECORD", "RECORD"},
	}
}

// clientcreds runs k6 x clientcreds and returns its exit code and output.
func clientcreds(t *testing.T, args ...string) (exitCode int, output string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), k6Binary(t), append([]string{"x", "clientcreds"}, args...)...) // #nosec G204 -- the binary under test
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "NO_COLOR=1", "K6_AUTO_EXTENSION_RESOLUTION=false",
		"K6_CLIENTCREDS_ALLOW=generator_saturated",
	}
	out, _ := cmd.CombinedOutput()
	return cmd.ProcessState.ExitCode(), string(out)
}

// writing replaces what stands for files.
func writing(args []string, file, record string) []string {
	replaced := make([]string, len(args))
	for i, arg := range args {
		arg = string(bytes.ReplaceAll([]byte(arg), []byte("FILE"), []byte(file)))
		replaced[i] = string(bytes.ReplaceAll([]byte(arg), []byte("RECORD"), []byte(record)))
	}
	return replaced
}

// TestLinksAndPipesStay: an output that is given the name of a link, or of a pipe or a device, writes to what the name
// stands for, and never puts a file in its place. A pipe stands for a device here.
func TestLinksAndPipesStay(t *testing.T) {
	t.Parallel()
	record := filepath.Join(t.TempDir(), "record.json")
	all := writers(t)
	code, out := clientcreds(t, writing(all["record"], record, "")...)
	require.Zero(t, code, out)
	for name, args := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			target, link, pipe := filepath.Join(folder, "target"), filepath.Join(folder, "link"), filepath.Join(folder, "pipe")
			require.NoError(t, os.WriteFile(target, []byte("old"), 0o640))
			require.NoError(t, os.Symlink("target", link))
			_, out := clientcreds(t, writing(args, link, record)...)
			written := read(t, target)
			require.NotEqual(t, "old", written, out)
			require.Greater(t, len(written), 100, out)

			require.NoError(t, syscall.Mkfifo(pipe, 0o600))
			reader := readPipe(t, pipe)
			_, out = clientcreds(t, writing(args, pipe, record)...)
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
