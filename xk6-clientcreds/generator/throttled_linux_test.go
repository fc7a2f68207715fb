package generator

import (
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestThrottledProcess: a process that uses a twentieth of a CPU on average, in a group of the kernel that allows it a
// fortieth, and in one without a limit.
func TestThrottledProcess(t *testing.T) {
	t.Parallel()
	for quota, limited := range map[int]bool{2500: true, -1: false} {
		group, err := makeGroup(t, quota)
		if err != nil {
			t.Logf("NOT RUN: no control group with a CPU limit can be made here, which takes root and a writable cgroup file "+
				"system: %s", err)
			return
		}
		cmd := exec.CommandContext(t.Context(), os.Args[0]) // #nosec G204 -- this test binary
		cmd.Env = []string{groupVariable + "=" + group}
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		require.NoError(t, err)
		var readings []Reading
		require.NoError(t, json.Unmarshal(out, &readings))
		require.NotEmpty(t, readings)
		// In some seconds a busy machine gives the process less than its quota: nothing is to be stopped then.
		most := slices.MaxFunc(readings, func(a, b Reading) int { return cmp.Compare(a.Throttled, b.Throttled) })
		if limited {
			assert.GreaterOrEqual(t, most.Throttled, 0.5, "it is stopped in nearly every period: %+v", readings)
			assert.True(t, most.Saturated())
		} else {
			assert.Zero(t, most.Throttled)
		}
	}
}

// makeGroup makes a group below the one of this process, with a quota in microseconds for each 100 ms, -1 for none.
func makeGroup(t *testing.T, quota int) (string, error) {
	t.Helper()
	err := errors.New("there is none with the CPU controller")
	for _, m := range mountsIn(os.DirFS("/")) {
		group := filepath.Join("/", m.point, "clientcreds-test-"+strconv.Itoa(os.Getpid())+"_"+strconv.Itoa(quota))
		if err = os.Mkdir(group, 0o700); err != nil {
			continue
		}
		t.Cleanup(func() { assert.NoError(t, os.Remove(group)) })
		file, text := "cpu.cfs_quota_us", strconv.Itoa(quota)
		if m.v2 {
			if file = "cpu.max"; quota < 0 {
				text = "max"
			}
		}
		if err = os.WriteFile(filepath.Join(group, file), []byte(text), 0o600); err == nil {
			return group, nil
		}
	}
	return "", err
}
