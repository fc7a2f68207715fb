package runrecord

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ReadAll reads records. Of a path that is a folder it reads all files in it whose name ends in .json, in the order of
// their names; a path can also be a pattern of filepath.Glob. No k6 process may be in two records: it would count
// twice.
func ReadAll(paths []string) ([]*Record, error) { return new(Reader).ReadAll(paths) }

// Reader reads the records of several sides, which have no k6 process in common. Its zero value is ready for use.
type Reader struct {
	files map[process]string // where a process has been read
}

// process identifies k6 processes: no two have the same times, to the nanosecond.
type process struct {
	start, end int64
	segment    string
}

// ReadAll is like the function of that name.
func (r *Reader) ReadAll(paths []string) ([]*Record, error) {
	var records []*Record
	for _, path := range paths {
		files, err := filesOf(path)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			record, err := Read(file)
			if err != nil {
				return nil, err
			}
			if err := r.note(file, record); err != nil {
				return nil, err
			}
			records = append(records, record)
		}
	}
	return records, nil
}

// note remembers the processes of a record, and finds those that another record has.
func (r *Reader) note(file string, record *Record) error {
	if r.files == nil {
		r.files = make(map[process]string)
	}
	for i := range record.Instances {
		instance := &record.Instances[i]
		if instance.Start.IsZero() {
			continue // nobody wrote down when it ran
		}
		p := process{instance.Start.UnixNano(), instance.End.UnixNano(), instance.Segment}
		other, known := r.files[p]
		if !known {
			r.files[p] = file
			continue
		}
		if other == file {
			return fmt.Errorf("%s: the record is given twice; name each record once", file)
		}
		return fmt.Errorf("%s and %s both hold the k6 process that started at %s; name each record once, and not beside a "+
			"record that it was merged into",
			other, file, instance.Start.UTC().Format(time.RFC3339))
	}
	return nil
}

// filesOf returns the path itself, what is in the folder, or the files that match the pattern.
func filesOf(path string) ([]string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil && strings.ContainsAny(path, "*?["):
		return matching(path)
	case err != nil || !info.IsDir():
		return []string{path}, err
	}
	entries, err := os.ReadDir(path) // sorted
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if !e.IsDir() && filepath.Ext(e.Name()) == ".json" {
			files = append(files, filepath.Join(path, e.Name()))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no file in this folder ends in .json; name a folder with run records",
			path)
	}
	return files, nil
}

// matching returns the files that match a pattern, which not every shell expands.
func matching(pattern string) ([]string, error) {
	files, err := filepath.Glob(pattern) // sorted
	if err != nil {
		return nil, fmt.Errorf("%s: %w; name run records, or a folder of them", pattern, err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no file matches this pattern; name run records, or a folder of them", pattern)
	}
	return files, nil
}
