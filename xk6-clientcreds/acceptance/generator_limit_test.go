package acceptance

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
)

// limitedScript has little to do, and says when it has begun.
const limitedScript = `
import { sleep } from 'k6';
import { Client } from 'k6/x/clientcreds';
export const options = { vus: 2, duration: '8s' };
const { TOKEN_URL: tokenUrl, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret, API_URL } = __ENV;
const client = new Client({ tokenUrl, clientId, clientSecret });
export function setup() { console.log('it runs'); }
export default function () { client.get(API_URL); sleep(0.05); }
`

// TestLimitOfAContainer: k6 in a control group that stops it again and again, although it needs little CPU on average.
func TestLimitOfAContainer(t *testing.T) {
	t.Parallel()
	group, err := limitedGroup(t, 2500)
	if err != nil {
		t.Logf("NOT RUN: no control group with a CPU limit can be made here, which takes root and a writable cgroup file system: %s", err)
		return
	}
	server, file := startLocalServer(t, nil), filepath.Join(t.TempDir(), "record.json")
	p := k6run{code: limitedScript, judged: true, env: server.env("K6_CLIENTCREDS_EXIT_CODE=verdict"), args: []string{"-o", "clientcreds-record=" + file}}.start(t)
	require.Eventually(t, func() bool { return strings.Contains(p.output.String(), "it runs") }, soon, 10*time.Millisecond)
	limit(t, group, p.cmd.Process.Pid)
	r := p.result(t)
	record := readRecord(t, file)
	require.Equal(t, exitInvalid, r.exitCode, r.output)
	require.Contains(t, record.rules(), "generator_saturated")
	var throttled struct{ Points []struct{ Max float64 } }
	require.NoError(t, json.Unmarshal(record.Instances[0].Series["clientcreds_generator_throttled"], &throttled))
	most := 0.0
	for _, point := range throttled.Points {
		most = max(most, point.Max)
	}
	require.Greater(t, most, 0.5, "it was stopped in most periods of a second")
}

// limitedGroup makes a control group that may use so many microseconds of CPU in each 100 ms.
func limitedGroup(t *testing.T, quota int) (string, error) {
	t.Helper()
	name, errs := "clientcreds-acceptance-"+strconv.Itoa(os.Getpid()), []error{}
	for mounted, file := range map[string]string{
		"/sys/fs/cgroup": "cpu.max", "/sys/fs/cgroup/cpu": "cpu.cfs_quota_us", "/sys/fs/cgroup/cpu,cpuacct": "cpu.cfs_quota_us",
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

// limit moves a process into a group.
func limit(t *testing.T, group string, pid int) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(group, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0o600))
}
