package regression

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// Runs of ten versions, of which the sixth and the later ones have a slower server: the trend, as text and as a page,
// marks the sixth.
func TestTrendOfRuns(t *testing.T) {
	t.Parallel()
	const versions, slowFrom = 10, 5
	server := servers.StartLocal(t, servers.WithFaults(`{"token": {"latency": "40ms"}}`))
	dir := t.TempDir()
	folder := filepath.Join(dir, "nightly")
	require.NoError(t, os.Mkdir(folder, 0o700))
	for i := range versions {
		if i == slowFrom {
			server.PutFaults(t, `{"token": {"latency": "120ms"}}`)
		}
		record := filepath.Join(folder, fmt.Sprintf("%d.json", versions-i)) // another order of names than of runs
		r := k6test.Run{
			Script: "scripts/token-load.js",
			Env:    k6test.With(server.Env("RATE=20", "DURATION=2s"), k6test.BusyMachine...),
			Args: []string{
				"--tag", fmt.Sprintf("version=1.%d", i), "-o", "clientcreds-record=" + record,
			},
		}.Do(t)
		require.Contains(t, []int{0, k6test.ExitThresholds}, r.ExitCode, r.Output) // a busy machine may drop iterations
	}
	rules := filepath.Join(dir, "rules.yml")
	require.NoError(t, os.WriteFile(rules, []byte("rules:\n  p50 of clientcreds_request_duration: +10%\n"), 0o600))
	// #nosec G204 -- the binary under test
	cmd := exec.CommandContext(t.Context(), k6test.Binary(t), "x", "clientcreds", "compare", "--rules", rules, folder)
	output, err := cmd.CombinedOutput()
	text := string(output)
	require.NoError(t, err, text)
	assert.Contains(t, text, fmt.Sprintf("trend of %d runs", versions))
	assert.Regexp(t, `p50 of clientcreds_request_duration changed at 1\.5: [\d.]+ ms to [\d.]+ ms is \+[\d.]+%; `+
		`allowed is \+10%`, text)
	assert.Equal(t, 1, strings.Count(text, " changed at "), text)

	html := k6test.ReadFile(t, reportOf(t, "--rules", rules, folder))
	assert.Contains(t, html, "Change points")
	assert.Contains(t, html, `"marks":[5]`)
}
