package jsmodule

import (
	"os"
	"sync"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/clientsfile"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
)

// sharedFile is a file of clients, read by the first VU that needs it.
type sharedFile struct {
	once    sync.Once
	clients clientList
	err     error
}

// clientsOf returns the clients of a file, which is read once per process.
func (p *process) clientsOf(path string) (clientList, error) {
	p.mu.Lock()
	file := p.files[path]
	if file == nil {
		file = new(sharedFile)
		p.files[path] = file
	}
	p.mu.Unlock()
	file.once.Do(func() { file.clients, file.err = readClientsFile(path) })
	return file.clients, file.err
}

// readClientsFile reads a file from disk, past k6's file systems, as that of a key: what is in it does
// not belong into an archive of the test.
func readClientsFile(path string) (clientList, error) {
	f, err := os.Open(path) // #nosec G304 -- the script names it
	if err != nil {
		return nil, jsoption.Errorf("clients.file", "cannot be read: %w", err)
	}
	defer f.Close() // only read
	list, err := clientsfile.Read(path, f)
	if err != nil {
		return nil, jsoption.Errorf("clients.file", "%w", err)
	}
	return fileClients{list}, nil
}
