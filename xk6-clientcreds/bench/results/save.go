package results

import (
	"fmt"
	"os"
	"path/filepath"
)

// Save writes results, as JSON, to the file out, and text between the markers of the document table. An empty name
// leaves a file out.
func Save(out string, results []byte, table, text string) error {
	if out != "" {
		if err := os.MkdirAll(filepath.Dir(out), 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(out, results, 0o600); err != nil {
			return err
		}
	}
	if table == "" {
		return nil
	}
	document, err := os.ReadFile(table) // #nosec G304 -- the file that the caller names
	if err != nil {
		return err
	}
	if document, err = splice(document, text); err != nil {
		return fmt.Errorf("%s: %w", table, err)
	}
	return os.WriteFile(table, document, 0o644) // #nosec G306 G703 -- documentation, where the caller puts it
}
