package regress

import (
	"fmt"
	"os"
	"path/filepath"
)

// ReadAll reads records. Of a path that is a folder it reads all files in it whose name ends in
// .json, in the order of their names.
func ReadAll(paths []string) ([]*Record, error) {
	var records []*Record
	for _, path := range paths {
		files, err := filesOf(path)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			r, err := Read(file)
			if err != nil {
				return nil, err
			}
			records = append(records, r)
		}
	}
	return records, nil
}

// filesOf is the path itself, or what is in the folder.
func filesOf(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
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
		return nil, fmt.Errorf("%s: there are no records in the folder; want files that end in .json", path)
	}
	return files, nil
}
