package command

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// mostClients bounds --client-count: a million of them take about half a gigabyte.
const mostClients = 1_000_000

// generatedClients returns as many clients as --client-count says, all alike
// except for id and secret.
func (s *serve) generatedClients() ([]servedClient, error) {
	n := s.flags.clientCount
	switch {
	case n < 1 || n > mostClients:
		return nil, invalidf("--client-count is %d; it must be a number from 1 to %d", n, mostClients)
	case s.flags.clientsFile != "":
		return nil, invalidf("--client-count and --clients are both set; set one of them")
	case len(s.flags.clientIDs) > 0:
		return nil, invalidf("--client-count and --client are both set; set one of them")
	}
	list := make([]servedClient, n)
	scope := s.env("SCOPE", s.flags.defaultScope())
	for i := range list {
		list[i].Client = authserver.Client{
			ID: fmt.Sprintf("client-%d", i+1), Secret: newSecret(), Scope: scope,
			GrantTypes: authserver.GrantTypes,
		}
	}
	list[0].generated = true // and announced; the secrets of the others are in the file
	return list, nil
}

// clientsFile is the file with all clients that a ClientPool reads; its path is
// empty where there is none. A temporary one is of the generated clients and
// gone when the server is.
type clientsFile struct {
	path      string
	temporary bool
}

func (s *serve) clientsFile(clients []servedClient) (clientsFile, error) {
	if s.flags.clientCount > 0 {
		return writeClientsFile(clients)
	}
	if s.flags.clientsFile == "" {
		return clientsFile{}, nil
	}
	path, err := filepath.Abs(s.flags.clientsFile) // the command's scripts take it from their own folder
	if err != nil {
		return clientsFile{}, invalidf("--clients: %w", err)
	}
	return clientsFile{path: path}, nil
}

// writeClientsFile writes what only the owner may read.
func writeClientsFile(clients []servedClient) (file clientsFile, err error) {
	temp, err := os.CreateTemp("", "clientcreds-clients-*.json")
	if err != nil {
		return file, invalidf("--client-count: %w", err)
	}
	file = clientsFile{path: temp.Name(), temporary: true}
	w := bufio.NewWriter(temp)
	err = errors.Join(encodeClients(w, clients), w.Flush(), temp.Close())
	if err != nil {
		return clientsFile{}, errors.Join(fmt.Errorf("--client-count: %w", err), file.discard())
	}
	return file, nil
}

// encodeClients writes one client per line, in the form that clientOf reads.
func encodeClients(w io.Writer, clients []servedClient) error {
	separator := "[\n"
	for _, c := range clients {
		line, err := json.Marshal(map[string]string{"client_id": c.ID, "client_secret": c.Secret.Reveal(), "scope": c.Scope})
		if err == nil {
			_, err = fmt.Fprintf(w, "%s%s", separator, line)
		}
		if err != nil {
			return err
		}
		separator = ",\n"
	}
	_, err := io.WriteString(w, "\n]\n")
	return err
}

// discard removes the file, unless it is the user's.
func (f clientsFile) discard() error {
	if !f.temporary {
		return nil
	}
	return os.Remove(f.path)
}
