package generator

import "io/fs"

// limits watches the CPU limits of the groups of this process.
type limits struct {
	files      fs.FS  // with /proc and what is mounted
	membership string // of the process, by which the groups were found
	groups     []cgroup
	last       []periods // of each group, when it was looked at
}

// limit holds the limits of the groups.
type limit struct {
	// cpus is the smallest quota in CPUs, 0 if there is none.
	cpus float64
	// throttled is the share of the periods since the last look in which a group was stopped, of the group in which it is
	// largest.
	throttled float64
}

func newLimits(files fs.FS) *limits {
	l := &limits{files: files}
	l.find()
	return l
}

// find finds the groups of the process if it is in others than before. There are none where there is no Linux.
func (l *limits) find() {
	membership := readText(l.files, "proc/self/cgroup")
	if membership == l.membership {
		return
	}
	l.membership, l.groups, l.last = membership, groupsOf(l.files, membership), nil
	for _, g := range l.groups {
		l.last = append(l.last, g.periods())
	}
}

// look returns the limit now. Quotas can change while the process runs, and it can be moved to another group.
func (l *limits) look() limit {
	var now limit
	l.find()
	for i, g := range l.groups {
		if quota := g.quota(); quota > 0 && (now.cpus == 0 || quota < now.cpus) {
			now.cpus = quota
		}
		p, last := g.periods(), l.last[i]
		if p.all == last.all {
			continue // throttling of the period that is under way counts with it
		}
		l.last[i] = p
		if p.all > last.all && p.throttled > last.throttled {
			now.throttled = max(now.throttled, min(1, float64(p.throttled-last.throttled)/float64(p.all-last.all)))
		}
	}
	return now
}
