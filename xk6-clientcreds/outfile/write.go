package outfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Write writes the content to the file at path. A new file gets the mode, less the umask; an existing one keeps its
// own.
func Write(path string, content []byte, mode fs.FileMode) error {
	p, err := locate(path)
	if err == nil {
		err = p.write(content, mode)
	}
	if err != nil {
		return fmt.Errorf("%q cannot be written: %w", path, reason(err))
	}
	return nil
}

// Replace puts a new file of exactly this mode in the place of whatever is at path. It does not follow a link, so that
// nobody who may plant one gets a private file written to another place.
func Replace(path string, content []byte, mode fs.FileMode) error {
	if err := replace(path, content, mode, mode); err != nil {
		return fmt.Errorf("%q cannot be written: %w", path, reason(err))
	}
	return nil
}

func (p place) write(content []byte, mode fs.FileMode) error {
	if p.kind == appended {
		return p.append(content)
	}
	if p.info == nil {
		return replace(p.path, content, mode, 0)
	}
	err := replace(p.path, content, mode, p.info.Mode().Perm())
	if errors.As(err, new(*folderError)) {
		return overwrite(p.path, content, err)
	}
	return err
}

// append writes to a device, a pipe, or a file that is open elsewhere.
func (p place) append(content []byte) error {
	flag := os.O_WRONLY | os.O_APPEND
	if p.info.Mode()&fs.ModeNamedPipe != 0 {
		flag |= syscall.O_NONBLOCK // so that a pipe without a reader is an error; it would be waited for without end
	}
	file, err := os.OpenFile(p.path, flag, 0) // #nosec G304 -- the user names it
	if errors.Is(err, syscall.ENXIO) {
		return errors.New("nothing reads from the named pipe")
	}
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Close())
}

// folderError says that the folder does not take a new file.
type folderError struct{ err error }

func (e *folderError) Error() string { return e.err.Error() }

func (e *folderError) Unwrap() error { return e.err }

// replace writes a temporary file beside path and renames it. The result has exactly this mode, unless it is 0.
func replace(path string, content []byte, mode, exact fs.FileMode) (err error) {
	temp, err := createTemp(filepath.Dir(path), mode)
	if err != nil {
		return &folderError{err}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temp.Name()))
		}
	}()
	_, err = temp.Write(content)
	if err == nil && exact != 0 {
		err = temp.Chmod(exact)
	}
	if err == nil {
		err = temp.Sync()
	}
	err = errors.Join(err, temp.Close())
	if err != nil {
		return err
	}
	if err = os.Rename(temp.Name(), path); err != nil {
		return &folderError{err}
	}
	return nil
}

// createTemp is os.CreateTemp with a mode, and with a name of the same length whatever the file is called.
func createTemp(folder string, mode fs.FileMode) (*os.File, error) {
	name := filepath.Join(folder, ".clientcreds-"+rand.Text()+".tmp")
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode) // #nosec G304 -- the user names the folder
}

// overwrite writes to a file in a folder that does not take another one, such as a file that is mounted into a
// container. A failure leaves it empty.
func overwrite(path string, content []byte, because error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0) // #nosec G304 -- the user names it
	if err != nil {
		return because
	}
	if _, err = file.Write(content); err == nil {
		err = file.Sync()
	}
	if err != nil {
		err = errors.Join(err, file.Truncate(0))
	}
	return errors.Join(err, file.Close())
}

// reason is an error without the names of files: the temporary one says nothing to users, and the other one they know.
func reason(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	if link := (*os.LinkError)(nil); errors.As(err, &link) {
		return link.Err
	}
	return err
}
