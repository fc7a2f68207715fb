package commands

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// The main job says which files it has left, and how to look at them; another run that cannot even begin leaves them
// alone.
func TestMainJobSaysWhatItLeft(t *testing.T) {
	t.Parallel()
	j := k6test.NewMainJob(t)
	p, out := j.Start(t, "DURATION=1s")
	require.Zero(t, p.Wait(t), out.String())
	for _, name := range []string{"record.json", "summary.json", "server.json"} {
		require.Contains(t, out.String(), "Written: build/run/"+name+"\n")
		require.FileExists(t, j.File(name))
	}
	require.Contains(t, out.String(), "To see it: build/k6 x clientcreds report build/run/record.json\n")
	before := k6test.ReadFile(t, j.File("record.json"))

	p, out = j.Start(t, "ISSUER=http://127.0.0.1:9", "CLIENT_ID=x", "CLIENT_SECRET=y")
	require.Equal(t, k6test.ExitScriptException, p.Wait(t), out.String())
	require.Contains(t, out.String(), "API_URL is not set")
	require.NotContains(t, out.String(), "Written")
	require.Equal(t, before, k6test.ReadFile(t, j.File("record.json")))
}

// The end of the main job ends the load: k6 writes its files, and the job has its exit code.
func TestMainJobIsEnded(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, nil)
	j := k6test.NewMainJob(t)
	env := []string{"DURATION=1m"}
	for name, value := range server.Env() {
		env = append(env, name+"="+value)
	}
	p, out := j.Start(t, env...)
	k6test.Eventually(t, func() bool { return server.Stats().APIRequests.Total > 5 }, "the load")
	require.NoError(t, p.Cmd.Process.Signal(syscall.SIGTERM))
	require.Equal(t, 105, p.Wait(t), out.String())
	require.Contains(t, out.String(), "Written: build/run/record.json\n")
	require.NotContains(t, out.String(), "server.json", "of our own server only")
}
