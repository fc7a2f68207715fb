package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// statsFile is the file that gets the counters in the end. It is opened before
// anything is served: that it cannot be written must not turn out after a long
// run. The methods of nil do nothing.
type statsFile struct {
	path string
	temp *os.File
}

func openStatsFile(path string) (*statsFile, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // no file is wanted
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, invalidf("--stats-file: %w", err)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, invalidf("--stats-file: %s is a folder, want a file", path)
	}
	temp, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*")
	if err != nil {
		return nil, invalidf("--stats-file: %w", err)
	}
	return &statsFile{path, temp}, nil
}

// write puts the file in its place in one step: nobody reads half of it.
func (f *statsFile) write(stats authserver.Stats) error {
	if f == nil {
		return nil
	}
	content, err := json.MarshalIndent(stats, "", "  ")
	if err == nil {
		_, err = f.temp.Write(append(content, '\n'))
	}
	err = errors.Join(err, f.temp.Close())
	if err == nil {
		err = os.Rename(f.temp.Name(), f.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("--stats-file: %w", err), os.Remove(f.temp.Name()))
	}
	return nil
}

// discard forgets the file.
func (f *statsFile) discard() error {
	if f == nil {
		return nil
	}
	return errors.Join(f.temp.Close(), os.Remove(f.temp.Name()))
}
