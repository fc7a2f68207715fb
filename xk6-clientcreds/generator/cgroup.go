package generator

import (
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// cgroup is a control group with a CPU limit, or one that may get one: a folder of the cgroup file system, version 1 or
// 2. The process may use what the group allows in each period, and is stopped for the rest of the period then. See
// https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu and https://docs.kernel.org/scheduler/sched-bwc.html.
type cgroup struct {
	files fs.FS
	dir   string
	v2    bool
}

// quota is how many CPUs the group may use, 0 for no limit.
func (g cgroup) quota() float64 {
	if g.v2 {
		quota, period, _ := strings.Cut(g.read("cpu.max"), " ")
		return share(quota, period)
	}
	return share(g.read("cpu.cfs_quota_us"), g.read("cpu.cfs_period_us"))
}

// share is quota by period, 0 unless both are positive numbers: no limit is written as "max", or as -1.
func share(quota, period string) float64 {
	q, err := strconv.ParseFloat(quota, 64)
	p, periodErr := strconv.ParseFloat(period, 64)
	if err != nil || periodErr != nil || q <= 0 || p <= 0 {
		return 0
	}
	return q / p
}

// periods counts the periods in which something of the group ran.
type periods struct{ all, throttled uint64 }

func (g cgroup) periods() periods {
	var p periods
	for line := range strings.Lines(g.read("cpu.stat")) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.ParseUint(value, 10, 64)
		switch {
		case err != nil:
		case name == "nr_periods":
			p.all = n
		case name == "nr_throttled":
			p.throttled = n
		}
	}
	return p
}

// read is the content of a file without blanks around it, "" if it cannot be read.
func (g cgroup) read(name string) string {
	return strings.TrimSpace(readText(g.files, path.Join(g.dir, name)))
}

func readText(files fs.FS, name string) string {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return ""
	}
	return string(text)
}

// hasQuota says whether the group can have a limit: the root of a machine's groups has none.
func (g cgroup) hasQuota() bool { return g.read("cpu.max") != "" || g.read("cpu.cfs_quota_us") != "" }

// groupsOf finds the groups of a process by the content of its /proc/self/cgroup: from its own to the outermost that is
// to be seen. The limit of each counts.
func groupsOf(files fs.FS, membership string) []cgroup {
	mounts := mountsIn(files)
	var groups []cgroup
	for line := range strings.Lines(membership) {
		// hierarchy:controllers:path. Version 2 has the hierarchy 0, and names no controllers.
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		v2 := fields[0] == "0" && fields[1] == ""
		if !v2 && !slices.Contains(strings.Split(fields[1], ","), "cpu") {
			continue
		}
		if m, found := mountOf(mounts, v2, fields[2]); found {
			groups = append(groups, m.groups(files, fields[2])...)
		}
	}
	return groups
}

// groups are those from a path in the hierarchy up to where it is mounted.
func (m mount) groups(files fs.FS, of string) []cgroup {
	var groups []cgroup
	for dir := path.Join(m.point, m.below(of)); ; dir = path.Dir(dir) {
		if g := (cgroup{files, dir, m.v2}); g.hasQuota() {
			groups = append(groups, g)
		}
		if dir == m.point || dir == "." || dir == "/" { // a mount point with another spelling is not among them
			return groups
		}
	}
}
