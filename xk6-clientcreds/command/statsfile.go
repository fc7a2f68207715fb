package command

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"

	"go.k6.io/k6/v2/cmd/state"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/outfile"
)

// statsFile is the path of the file that gets the counters in the end, or "".
type statsFile string

// prepare makes the folder, and finds out before anything is served whether the file can be written: that must not turn
// out after a long run.
func (f statsFile) prepare(force bool) error {
	if f == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(string(f)), 0o750); err != nil {
		return invalidf("--stats-file: %w", err)
	}
	return (&output{"--stats-file", string(f)}).check(force)
}

// clear forgets the counters of an earlier run.
func (f statsFile) clear() error {
	if f == "" || f == standardOutput {
		return nil
	}
	if err := outfile.Clear(string(f)); err != nil {
		return invalidf("--stats-file: %w", err)
	}
	return nil
}

func (f statsFile) write(gs *state.GlobalState, stats authserver.Stats) error {
	return (&output{"--stats-file", string(f)}).write(gs, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(stats)
	})
}
