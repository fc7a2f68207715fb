package generator

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLimitsOfContainers reads trees of /proc and of what is mounted, as they are on machines and in containers.
// Between two looks all counters go from 0 to the counters of the tree.
func TestLimitsOfContainers(t *testing.T) {
	t.Parallel()
	want := map[string]limit{
		"kubernetes-v2":            {cpus: 0.025, throttled: 0.95},
		"nested-v2":                {cpus: 0.5, throttled: 0.5},
		"docker-v1":                {cpus: 1.5, throttled: 0.07},
		"nested-v1":                {cpus: 0.25, throttled: 0.5},
		"part-of-the-tree-v1":      {cpus: 0.75, throttled: 0.2},
		"hybrid":                   {cpus: 0.4, throttled: 1},
		"unlimited":                {},
		"outside-of-the-namespace": {cpus: 1, throttled: 0.25},
	}
	trees, err := filepath.Glob("testdata/*")
	require.NoError(t, err)
	require.Len(t, trees, len(want))
	for _, tree := range trees {
		l := newLimits(os.DirFS(tree))
		require.NotEmpty(t, l.groups, tree)
		clear(l.last)
		assert.Equal(t, want[filepath.Base(tree)], l.look(), tree)
		assert.Zero(t, l.look().throttled, "nothing has happened since: %s", tree)
	}
}

func TestWhereThereAreNoGroups(t *testing.T) {
	t.Parallel()
	const mountinfo = "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
	for name, files := range map[string]fstest.MapFS{
		"no /proc":     {},
		"no mountinfo": {"proc/self/cgroup": file("0::/\n")},
		"nothing mounted": {
			"proc/self/cgroup":    file("0::/\n"),
			"proc/self/mountinfo": file("22 1 252:1 / / rw - ext4 /dev/vda1 rw\n"),
		},
		"no CPU control": {
			"proc/self/cgroup": file("0::/\n"), "proc/self/mountinfo": file(mountinfo),
			"sys/fs/cgroup/memory.max": file("max"),
		},
		"another version": {
			"proc/self/cgroup": file("1:cpu:/\n"), "proc/self/mountinfo": file(mountinfo),
			"sys/fs/cgroup/cpu.max": file("1 2"),
		},
		"lines of nothing": {
			"proc/self/cgroup":    file("\nx\n0:\n"),
			"proc/self/mountinfo": file("\n-\n - \n1 2 3 - cgroup2 a b\n"),
		},
	} {
		l := newLimits(files)
		assert.Empty(t, l.groups, name)
		assert.Equal(t, limit{}, l.look(), name)
	}
}

func TestQuotasThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"max 100000", "max", "", "0 100000", "-1 100000", "100000 0", "100000", "a b"} {
		g := cgroup{files: fstest.MapFS{"cpu.max": file(text)}, dir: ".", v2: true}
		assert.Zero(t, g.quota(), text)
	}
}

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

// group is a process in a control group that tests change.
type group struct{ fstest.MapFS }

func newGroup(quota string) group {
	g := group{fstest.MapFS{
		"proc/self/cgroup":    file("0::/\n"),
		"proc/self/mountinfo": file("30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"),
	}}
	g.limit(quota)
	g.count(0, 0)
	return g
}

func (g group) limit(quota string) { g.MapFS["sys/fs/cgroup/cpu.max"] = file(quota + " 100000\n") }

func (g group) count(all, throttled int) {
	g.MapFS["sys/fs/cgroup/cpu.stat"] = file(strings.Join([]string{
		"usage_usec 7", "nr_periods " + strconv.Itoa(all),
		"nr_throttled " + strconv.Itoa(throttled), "",
	}, "\n"))
}

// TestQuotaBoundsTheCPU: with a quarter of a CPU, a quarter of a CPU in use is all of it.
func TestQuotaBoundsTheCPU(t *testing.T) {
	t.Parallel()
	for quota, want := range map[string]Reading{
		"25000":  {CPU: 1},
		"50000":  {CPU: 0.5},
		"500000": {CPU: 0.125}, // more than the two CPUs that there are
		"max":    {CPU: 0.125},
	} {
		g := newGroup(quota)
		for _, r := range watchedIn(t, g, func(int) {}) {
			assert.InDelta(t, want.CPU, r.CPU, 1e-6, quota)
			assert.Equal(t, want.CPU >= 0.9, r.Saturated(), quota)
		}
	}
}

// TestThrottlingSaturates: although the process uses a part of its quota only, on average.
func TestThrottlingSaturates(t *testing.T) {
	t.Parallel()
	g := newGroup("50000")
	readings := watchedIn(t, g, func(second int) {
		// In the first second nothing is throttled, then 1 of 20, 1 of 10 and all of 10 periods.
		g.count([]int{10, 30, 40, 50}[second], []int{0, 1, 2, 12}[second])
	})
	require.Len(t, readings, 4)
	for i, want := range []float64{0, 0.05, 0.1, 1} {
		assert.InDelta(t, want, readings[i].Throttled, 1e-9)
		assert.Equal(t, want >= 0.1, readings[i].Saturated())
	}
}

// TestQuotaThatChanges: limits can be changed while the process runs.
func TestQuotaThatChanges(t *testing.T) {
	t.Parallel()
	g := newGroup("50000")
	readings := watchedIn(t, g, func(second int) {
		g.limit([]string{"50000", "25000", "max", "max"}[second])
	})
	for i, want := range []float64{0.5, 1, 0.125, 0.125} {
		assert.InDelta(t, want, readings[i].CPU, 1e-6)
	}
}

// TestProcessThatIsMoved: to another group, which has throttled others before.
func TestProcessThatIsMoved(t *testing.T) {
	t.Parallel()
	g := newGroup("max")
	other := func(all, throttled string) *fstest.MapFile {
		return file("nr_periods " + all + "\nnr_throttled " + throttled + "\n")
	}
	g.MapFS["sys/fs/cgroup/small/cpu.max"], g.MapFS["sys/fs/cgroup/small/cpu.stat"] = file("50000 100000"), other("100",
		"100")
	readings := watchedIn(t, g, func(second int) {
		switch second {
		case 1:
			g.MapFS["proc/self/cgroup"] = file("0::/small\n")
		case 2:
			g.MapFS["sys/fs/cgroup/small/cpu.stat"] = other("110", "105")
		}
	})
	for i, want := range []Reading{{CPU: 0.125}, {CPU: 0.5}, {CPU: 0.5, Throttled: 0.5}, {CPU: 0.5}} {
		assert.Equal(t, want, readings[i], i)
	}
}

// TestCountersThatStartAgain: nothing is known yet of a group that has been created again.
func TestCountersThatStartAgain(t *testing.T) {
	t.Parallel()
	g := newGroup("50000")
	readings := watchedIn(t, g, func(second int) { g.count([]int{100, 5, 15, 25}[second], []int{100, 0, 5, 5}[second]) })
	for i, want := range []float64{1, 0, 0.5, 0} {
		assert.InDelta(t, want, readings[i].Throttled, 1e-9)
	}
}

// TestCountersAreReadWhileTheyChange: throttling counts at once, and its period when it is over.
func TestCountersAreReadWhileTheyChange(t *testing.T) {
	t.Parallel()
	g := newGroup("50000")
	readings := watchedIn(t, g, func(second int) { g.count([]int{10, 10, 20, 30}[second], []int{0, 1, 5, 16}[second]) })
	for i, want := range []float64{0, 0, 0.5, 1} {
		assert.InDelta(t, want, readings[i].Throttled, 1e-9)
	}
}

// watchedIn returns the readings of four seconds in which the process uses a quarter of one CPU, of two, in a group
// that changes before the end of each.
func watchedIn(t *testing.T, g group, change func(second int)) []Reading {
	t.Helper()
	var (
		readings []Reading
		used     time.Duration
		now      = time.Now()
	)
	w := &watcher{
		cpu:       func() time.Duration { return used },
		available: func() int { return 2 },
		limits:    newLimits(g),
		report:    func(r Reading) { readings = append(readings, r) },
	}
	w.restart(now)
	for second := range 4 {
		change(second)
		used += Interval / 4
		now = now.Add(Interval)
		w.ran(now, now)
	}
	return readings
}

// Whatever the files of the system hold: limits are numbers that a run can be judged by.
func FuzzControlGroups(f *testing.F) {
	const mountinfo = "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
	f.Add("0::/a/b\n", mountinfo, "50000 100000", "nr_periods 1\nnr_throttled 1\n", "nr_periods 3\nnr_throttled 2\n")
	f.Add("4:cpu,cpuacct:/\n", "30 22 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", "max 0", "", "nr_periods -1\n")
	f.Add("0::/../..\n", "30 22 0:26 /.. /sys/fs/cgroup rw shared:9 - cgroup2 - -\n", "NaN 1e-320", "nr_periods\n",
		"nr_periods 18446744073709551615\nnr_throttled 18446744073709551615\n")
	f.Add("0::0/0", "0 0 0 0 / 0 - cgroup2 0 0", "0", "0", "0") // a mount point that is not an absolute path
	f.Fuzz(func(t *testing.T, membership, mountinfo, quota, before, after string) {
		files := fstest.MapFS{
			"proc/self/cgroup": file(membership), "proc/self/mountinfo": file(mountinfo),
			"sys/fs/cgroup/cpu.max": file(quota), "sys/fs/cgroup/cpu.stat": file(before),
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us": file(quota), "sys/fs/cgroup/cpu/cpu.cfs_period_us": file("100000"),
		}
		l := newLimits(files)
		files["sys/fs/cgroup/cpu.stat"] = file(after)
		got := l.look()
		assert.True(t, got.cpus >= 0 && !math.IsInf(got.cpus, 0), "%v CPUs", got.cpus)
		assert.True(t, got.throttled >= 0 && got.throttled <= 1, "%v of the periods", got.throttled)
	})
}
