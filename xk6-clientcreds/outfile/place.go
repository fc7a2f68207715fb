package outfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxLinks bounds the links that are followed, as Linux does.
const maxLinks = 40

// kind says how a place is written to.
type kind int

const (
	replaced kind = iota // by a temporary file that is renamed
	appended             // as it is: it is a device or a pipe, or open elsewhere already
)

// place is where the content of a file goes.
type place struct {
	path string // behind all links, if it is to be replaced
	kind kind
	info fs.FileInfo // nil if there is nothing yet
}

var (
	errFolder      = errors.New("it is a folder")
	errBlockDevice = errors.New("it is a block device, which holds a disk's content")
	errStandard    = errors.New("it stands for standard output, which has other content")
	errSocket      = errors.New("it is a socket")
	errLinks       = errors.New("its links lead in a circle")
)

// locate looks at what is at the path.
func locate(path string) (place, error) {
	if path == "-" {
		return place{}, errStandard
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		info = nil
	case err != nil:
		return place{}, err
	case info.IsDir():
		return place{}, errFolder
	case info.Mode()&fs.ModeSocket != 0:
		return place{}, errSocket
	case info.Mode()&fs.ModeDevice != 0 && info.Mode()&fs.ModeCharDevice == 0:
		return place{}, errBlockDevice
	case !info.Mode().IsRegular():
		return place{path, appended, info}, nil
	}
	for range maxLinks {
		link, err := os.Readlink(path)
		if err != nil {
			return place{path, replaced, info}, nil //nolint:nilerr // it is not a link, or nothing is there
		}
		folder, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return place{}, err
		}
		if isProc(folder) {
			return place{path, appended, info}, nil
		}
		if path = link; !filepath.IsAbs(link) {
			path = filepath.Join(folder, link)
		}
	}
	return place{}, errLinks
}

// isProc reports whether the links of a folder stand for files that a process has open, as /dev/stdout does in the
// end: others go on writing to such a file, which must not be replaced under them.
func isProc(folder string) bool { return strings.HasPrefix(folder, "/proc/") }
