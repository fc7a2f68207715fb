//go:build unix

package registration

import (
	"errors"
	"os"
	"syscall"
)

// lock keeps other processes from opening the journal. The lock ends with the process, however that ends.
func lock(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) // #nosec G115 -- a file descriptor is small
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errors.New("another process is using it; wait until that has ended")
	}
	return err
}
