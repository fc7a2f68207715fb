package servers

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// announced is a server that prints "READY <address>" when it listens.
type announced struct {
	*k6test.Process

	address string
	read    chan struct{} // closed when everything it wrote has been read
}

// startAnnounced starts such a server. Each other line that it prints goes to line.
func startAnnounced(t *testing.T, cmd *exec.Cmd, line func([]byte), env ...string) *announced {
	t.Helper()
	notices := new(k6test.Output)
	cmd.Stderr = notices
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(notices)
		}
	})
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	cmd.Stdout = writer
	a := &announced{read: make(chan struct{})}
	a.Process = k6test.StartProcess(t, cmd, env...)
	require.NoError(t, writer.Close())
	ready := make(chan string, 1)
	go func() {
		defer close(a.read)
		defer reader.Close()
		for lines := bufio.NewScanner(reader); lines.Scan(); {
			if address, ok := strings.CutPrefix(lines.Text(), "READY "); ok {
				ready <- address
				continue
			}
			line(lines.Bytes())
		}
	}()
	select {
	case a.address = <-ready:
	case <-a.read:
		t.Fatalf("%s ended at its start: %s", cmd.Path, notices)
	}
	return a
}
