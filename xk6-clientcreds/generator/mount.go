package generator

import (
	"io/fs"
	"slices"
	"strings"
)

// mount is where a hierarchy of control groups with the CPU controller is mounted: all of it, or what is below root.
type mount struct {
	v2          bool
	root, point string
}

// mountsIn reads /proc/self/mountinfo, of which proc(5) says:
//
//	36 35 98:0 /root /point rw,noatime shared:1 - cgroup source rw,cpu,cpuacct
func mountsIn(files fs.FS) []mount {
	var mounts []mount
	for line := range strings.Lines(readText(files, "proc/self/mountinfo")) {
		before, after, _ := strings.Cut(line, " - ")
		where, what := strings.Fields(before), strings.Fields(after)
		if len(where) < 5 || len(what) < 3 {
			continue
		}
		v1 := what[0] == "cgroup" && slices.Contains(strings.Split(what[2], ","), "cpu")
		if v2 := what[0] == "cgroup2"; v1 || v2 {
			mounts = append(mounts, mount{v2, unescape.Replace(where[3]), strings.TrimPrefix(unescape.Replace(where[4]), "/")})
		}
	}
	return mounts
}

// unescape undoes what the kernel does to blanks in paths.
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

// mountOf is the mount in which the group at a path is to be seen: the one that shows most, or any of the hierarchy.
func mountOf(mounts []mount, v2 bool, path string) (best mount, found bool) {
	for _, m := range mounts {
		if m.v2 != v2 {
			continue
		}
		if !found || m.shows(path) && (!best.shows(path) || len(m.root) < len(best.root)) {
			best, found = m, true
		}
	}
	return best, found
}

// shows says whether a path in the hierarchy is below the root of the mount.
func (m mount) shows(path string) bool {
	return !strings.Contains(path, "..") && (m.root == "/" || path == m.root || strings.HasPrefix(path, m.root+"/"))
}

// below is the path as it is seen from the mount. In a container without its own namespace for groups, paths are
// the machine's paths, and the mount is the group of the container: then it is the mount itself.
func (m mount) below(path string) string {
	if !m.shows(path) {
		return ""
	}
	return strings.TrimPrefix(path, strings.TrimSuffix(m.root, "/"))
}
