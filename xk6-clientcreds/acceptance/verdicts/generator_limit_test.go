package verdicts

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
)

// throttledRun is a run of k6 in a control group that stops it again and again, although it needs little CPU on
// average.
func throttledRun(group string) judgedRun {
	return judgedRun{
		what:    "The CPU limit of its container stops k6 in most periods (cgroup v1 or v2)",
		options: "vus: 2, duration: '8s'",
		code: `client.get(api); sleep(0.05); }
export function setup() { console.log('it runs');`,
		during: func(t *testing.T, _ *servers.Local, p *k6test.K6, _ string) {
			t.Helper()
			require.Eventually(t, func() bool { return strings.Contains(p.Output.String(), "it runs") }, k6test.Soon,
				10*time.Millisecond)
			require.NoError(t, os.WriteFile(filepath.Join(group, "cgroup.procs"), []byte(strconv.Itoa(p.Cmd.Process.Pid)),
				0o600))
		},
		check: func(t *testing.T, r *k6test.Record) {
			t.Helper()
			var throttled struct{ Points []struct{ Max float64 } }
			require.NoError(t, json.Unmarshal(r.Instances[0].Series["clientcreds_generator_throttled"], &throttled))
			most := 0.0
			for _, point := range throttled.Points {
				most = max(most, point.Max)
			}
			require.Greater(t, most, 0.5, "it was stopped in most periods of a second")
		},
		judged: true, exit: k6test.ExitInvalid,
		reason: "k6 was at the limit of its CPU or late in …% of the time", rules: []string{"generator_saturated"},
	}
}

func TestLimitOfAContainer(t *testing.T) {
	t.Parallel()
	group, err := limitedGroup(t, 2500)
	if err != nil {
		t.Logf("NOT RUN: no control group with a CPU limit can be made here, which takes root and a writable cgroup file "+
			"system: %s", err)
		return
	}
	c := throttledRun(group)
	c.test(t)
}

// limitedGroup makes a control group that may use so many microseconds of CPU in each 100 ms.
func limitedGroup(t *testing.T, quota int) (string, error) {
	t.Helper()
	name, errs := "clientcreds-acceptance-"+strconv.Itoa(os.Getpid()), []error{}
	for mounted, file := range map[string]string{
		"/sys/fs/cgroup": "cpu.max", "/sys/fs/cgroup/cpu": "cpu.cfs_quota_us",
		"/sys/fs/cgroup/cpu,cpuacct": "cpu.cfs_quota_us",
	} {
		group := filepath.Join(mounted, name)
		if err := os.Mkdir(group, 0o700); err != nil {
			errs = append(errs, err)
			continue
		}
		t.Cleanup(func() { assert.NoError(t, os.Remove(group)) })
		// Without O_CREATE: elsewhere than in a cgroup file system there is no such file.
		f, err := os.OpenFile(filepath.Join(group, file), os.O_WRONLY, 0) // #nosec G304 -- of this test
		if err == nil {
			_, err = f.WriteString(strconv.Itoa(quota))
			err = errors.Join(err, f.Close())
		}
		if err == nil {
			return group, nil
		}
		errs = append(errs, err)
	}
	return "", errors.Join(errs...)
}
