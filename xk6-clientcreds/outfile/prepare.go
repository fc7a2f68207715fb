package outfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Check finds, before anything worth keeping is done, what would keep Write from writing a file at path. It changes
// nothing, and does not open a device or a pipe.
func Check(path string) error {
	p, err := locate(path)
	if err == nil {
		err = p.check()
	}
	if err != nil {
		return fmt.Errorf("%q cannot be written: %w; name a file in a folder that exists and can be written to",
			path, reason(err))
	}
	return nil
}

func (p place) check() error {
	if p.kind == appended {
		return nil
	}
	folder := filepath.Dir(p.path)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return fmt.Errorf("there is no folder %q", folder)
	}
	if p.info == nil {
		// The name itself is tried: it may be too long, or have characters that the disk does not take.
		file, err := os.OpenFile(p.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err := errors.Join(err, dispose(file)); err != nil {
			return err
		}
	}
	temp, err := createTemp(folder, 0o600)
	if err == nil {
		return dispose(temp)
	}
	if p.info != nil {
		if file, openErr := os.OpenFile(p.path, os.O_WRONLY, 0); openErr == nil {
			return file.Close()
		}
	}
	return err
}

// dispose closes and removes a file that was made to see whether it can be made.
func dispose(file *os.File) error {
	if file == nil {
		return nil
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// Clear empties the file that an earlier run has left at path, so that it is not taken for the result of this one; it
// stays, with its mode. A device or a pipe is left alone, and nothing is made where there is nothing.
func Clear(path string) error {
	p, err := locate(path)
	if err != nil || p.kind == appended || p.info == nil {
		return err
	}
	if err = os.Truncate(p.path, 0); err == nil || os.Remove(p.path) == nil {
		return nil
	}
	return fmt.Errorf("%q, the file of an earlier run, cannot be emptied: %w", path, reason(err))
}

// HasContent reports whether Write would replace the content of a file at path: an empty file has none, and neither has
// a device or a pipe.
func HasContent(path string) bool {
	p, err := locate(path)
	return err == nil && p.kind == replaced && p.info != nil && p.info.Size() > 0
}
