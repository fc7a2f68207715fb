package k6test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os/exec"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// Exit codes of `k6 x clientcreds doctor`.
const (
	DoctorUsable   = 0
	DoctorUnusable = 1
	DoctorUsage    = 104
)

// Examination is a run of `k6 x clientcreds doctor`.
type Examination struct {
	ExitCode       int
	Stdout, Stderr string
}

// Doctor examines the server that env names.
func Doctor(t *testing.T, env map[string]string, args ...string) Examination {
	t.Helper()
	all := append([]string{"x", "clientcreds", "doctor"}, args...)
	cmd := exec.CommandContext(t.Context(), Binary(t), all...) // #nosec G204 -- the binary under test
	cmd.Dir = Root
	stdout, stderr := new(Output), new(Output)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	variables := []string{"HOME=" + t.TempDir(), "K6_AUTO_EXTENSION_RESOLUTION=false"}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		variables = append(variables, name+"="+env[name])
	}
	code := StartProcess(t, cmd, variables...).Wait(t)
	return Examination{code, stdout.String(), stderr.String()}
}

// Checks returns the statuses that --json gave, by the checks' IDs.
func (e Examination) Checks(t *testing.T) map[string]string {
	t.Helper()
	var report struct {
		SchemaVersion int `json:"schema_version"`
		Checks        []struct {
			ID     string `json:"id"`
			Status string `json:"status"`
		} `json:"checks"`
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(e.Stdout)))
	require.NoError(t, decoder.Decode(&report), "%s%s", e.Stdout, e.Stderr)
	require.Equal(t, 1, report.SchemaVersion)
	statuses := make(map[string]string)
	for _, c := range report.Checks {
		statuses[c.ID] = c.Status
	}
	return statuses
}
