package clientpool

import (
	"os"
	"sync"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/clientsfile"
)

// Files reads each file of clients once per process. Its zero value is ready for use.
type Files struct {
	mu     sync.Mutex
	byPath map[string]*sharedFile
}

// sharedFile is a file of clients, read by the first VU that needs it.
type sharedFile struct {
	once sync.Once
	list List
	err  error
}

// Read returns the clients of the file at path. The error completes a sentence that begins with the name of the file's
// option.
func (f *Files) Read(path string) (List, error) {
	f.mu.Lock()
	if f.byPath == nil {
		f.byPath = make(map[string]*sharedFile)
	}
	file := f.byPath[path]
	if file == nil {
		file = new(sharedFile)
		f.byPath[path] = file
	}
	f.mu.Unlock()
	file.once.Do(func() { file.list, file.err = readFile(path) })
	return file.list, file.err
}

// readFile reads a file from disk and bypasses k6's file systems, as for the file of a key: its contents must not
// become part of an archive of the test.
func readFile(path string) (List, error) {
	f, err := os.Open(path) // #nosec G304 -- the script names it
	if err != nil {
		return nil, &unreadableError{err}
	}
	defer f.Close() // only read
	list, err := clientsfile.Read(path, f)
	if err != nil {
		return nil, err
	}
	return fileClients{list}, nil
}

type unreadableError struct{ error }

func (e *unreadableError) Error() string { return "cannot be read: " + e.error.Error() }

func (e *unreadableError) Unwrap() error { return e.error }
