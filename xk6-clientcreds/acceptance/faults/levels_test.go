//go:build linux

package faults

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// levels holds what k6 uses.
type levels struct {
	goroutines, descriptors int
	heap                    float64 // MB, after a garbage collection
}

var (
	goroutineTotal = regexp.MustCompile(`goroutine profile: total (\d+)`)
	heapAlloc      = regexp.MustCompile(`# HeapAlloc = (\d+)`)
)

// levels asks k6's profiler, and Linux for the descriptors.
func (l *load) levels(t *testing.T) (now levels) {
	t.Helper()
	now.goroutines = int(l.profile(t, "goroutine?debug=1", goroutineTotal))
	now.heap = l.profile(t, "heap?debug=1&gc=1", heapAlloc) / 1e6
	if runtime.GOOS == "linux" {
		entries, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(l.k6.Cmd.Process.Pid), "fd"))
		require.NoError(t, err)
		now.descriptors = len(entries)
	}
	return now
}

func (l *load) profile(t *testing.T, name string, number *regexp.Regexp) float64 {
	t.Helper()
	found := number.FindStringSubmatch(k6test.Body(t, "http://"+l.rest+"/debug/pprof/"+name))
	require.NotNil(t, found, "%s of k6: %s", name, l.k6.Output)
	n, err := strconv.ParseFloat(found[1], 64)
	require.NoError(t, err)
	return n
}

// back reports whether k6 holds no more than before, except for a part that differs from second to second: a virtual
// user has one connection or two, and k6 keeps each sample of a trend.
func (l levels) back(before levels, vus int) bool {
	return l.goroutines <= before.goroutines*5/4+vus/5+20 && l.descriptors <= before.descriptors*5/4+vus/5+20 &&
		l.heap <= before.heap*1.25+10
}
