//go:build linux

package faults

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// inNamespace returns the command that runs k6 where shell has changed the mounted file systems, for k6 alone.
func inNamespace(t *testing.T, shell string) []string {
	t.Helper()
	unshare := []string{"unshare", "--mount"}
	if os.Getuid() != 0 {
		unshare = append(unshare, "--user", "--map-root-user")
	}
	try := exec.CommandContext(t.Context(), unshare[0], append(unshare[1:], "mount", "-t", "tmpfs", "tmpfs", "/mnt")...) // #nosec G204 -- as above
	out, err := try.CombinedOutput()
	require.NoError(t, err, "this fault takes Linux with namespaces (unshare): %s", out)
	return append(unshare, "sh", "-euc", shell+`; exec "$@"`, "sh")
}

// disk is a file system of its own for k6's files.
type disk struct {
	folder string // where k6 sees it
	after  string // where its files are when k6 has ended
	pipe   string // what is written there makes it read-only
}

// newDisk returns a disk of such a size, and the command that runs k6 with it.
func newDisk(t *testing.T, size string) (*disk, []string) {
	t.Helper()
	d := &disk{folder: t.TempDir(), after: t.TempDir(), pipe: filepath.Join(t.TempDir(), "pipe")}
	require.NoError(t, syscall.Mkfifo(d.pipe, 0o600))
	pipe, err := os.OpenFile(d.pipe, os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, _ = pipe.WriteString("over\n") // for a shell that still reads
		_ = pipe.Close()
	})
	return d, inNamespace(t, strings.NewReplacer("SIZE", size, "DISK", d.folder, "AFTER", d.after, "PIPE", d.pipe).Replace(
		`mount -t tmpfs -o size=SIZE tmpfs DISK
		{ tail --pid=$$ -f /dev/null; cp -a DISK/. AFTER/; } &
		{ read -r word <PIPE; test "$word" = over || mount -o remount,ro DISK; echo done >PIPE.done; } >/dev/null 2>&1 &
		:`))
}

// becomeReadOnly has the disk refuse to be written.
func (d *disk) becomeReadOnly(t *testing.T) {
	t.Helper()
	require.NoError(t, os.WriteFile(d.pipe, []byte("now\n"), 0))
	k6test.Eventually(t, func() bool { _, err := os.Stat(d.pipe + ".done"); return err == nil }, "the disk is read-only")
}
