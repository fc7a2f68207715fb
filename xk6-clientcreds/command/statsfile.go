package command

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/outfile"
)

// statsFile is the path of the file that gets the counters in the end, or "".
type statsFile string

// prepare makes the folder, and finds out before anything is served whether the file can be written: that must not turn
// out after a long run.
func (f statsFile) prepare() error {
	if f == "" {
		return nil
	}
	err := os.MkdirAll(filepath.Dir(string(f)), 0o750)
	if err == nil {
		err = outfile.Check(string(f))
	}
	if err != nil {
		return invalidf("--stats-file: %w", err)
	}
	return nil
}

// clear forgets the counters of an earlier run.
func (f statsFile) clear() error {
	if f == "" {
		return nil
	}
	if err := outfile.Clear(string(f)); err != nil {
		return invalidf("--stats-file: %w", err)
	}
	return nil
}

func (f statsFile) write(stats authserver.Stats) error {
	if f == "" {
		return nil
	}
	content, err := json.MarshalIndent(stats, "", "  ")
	if err == nil {
		err = outfile.Write(string(f), append(content, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("--stats-file: %w", err)
	}
	return nil
}
