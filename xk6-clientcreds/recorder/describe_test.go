package recorder

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/v2/output"
	"gopkg.in/guregu/null.v3"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// TestConnectionOptionsAreKeptApart: each is recorded as itself.
func TestConnectionOptionsAreKeptApart(t *testing.T) {
	for _, want := range []runrecord.Connection{{NoReuse: true}, {NoVUReuse: true}} {
		r := newRig(t, func(p *output.Params) {
			p.ScriptOptions.NoConnectionReuse = null.BoolFrom(want.NoReuse)
			p.ScriptOptions.NoVUConnectionReuse = null.BoolFrom(want.NoVUReuse)
		})
		assert.Equal(t, want, r.stop(nil).Instances[0].Connection)
	}
}

// TestProtocolsAreBounded: a record does not grow with what servers call their protocol.
func TestProtocolsAreBounded(t *testing.T) {
	r := newRig(t)
	for i := range 10 * maxSeen {
		r.add(r.builtin.HTTPReqDuration, 1, "proto", "HTTP/"+strconv.Itoa(i), "tls_version", "tls"+strconv.Itoa(i))
	}
	c := r.stop(nil).Instances[0].Connection
	assert.Len(t, c.Protocols, maxSeen)
	assert.Len(t, c.TLS, maxSeen)
}

// TestWorkTreeInAnUnknownState: where git cannot say whether files differ from the commit, they may.
func TestWorkTreeInAnUnknownState(t *testing.T) {
	folder := t.TempDir()
	run := func(args ...string) {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", folder, "-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...) // #nosec G204 -- of this test
		cmd.Env = []string{"HOME=" + folder, "PATH=" + os.Getenv("PATH")}
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	run("init", "-q")
	run("commit", "-q", "--allow-empty", "-m", "first")
	commit, modified := workTree(folder)
	require.NotEmpty(t, commit)
	require.False(t, modified)
	require.NoError(t, os.WriteFile(filepath.Join(folder, ".git", "index"), []byte("no index"), 0o600))
	same, modified := workTree(folder)
	assert.Equal(t, commit, same)
	assert.True(t, modified)
}
