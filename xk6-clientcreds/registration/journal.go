package registration

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"
)

const (
	// journalVersion changes with the meaning of the entries.
	journalVersion = 1
	// maxEntry bounds one entry, in bytes: a client with its certificate and key.
	maxEntry = 1 << 20
)

// The events of a client, in the order in which they happen.
const (
	eventBegin      = "begin" // of the journal itself
	eventSent       = "sent"
	eventRegistered = "registered"
	eventFailed     = "failed" // the server did not register it
	eventDeleting   = "deleting"
	eventDeleted    = "deleted"
)

// entry is a line of a journal.
type entry struct {
	Event  string `json:"event"`
	Number int    `json:"number,omitempty"` // of the client, from 1

	// Version and Settings are in the first entry.
	Version  int       `json:"version,omitempty"`
	Settings *Settings `json:"settings,omitempty"`

	// Client describes the client to a pool; Manager and URI are for its deletion (RFC 7592 §3).
	Client  *PoolClient `json:"client,omitempty"`
	Manager string      `json:"registration_access_token,omitempty"`
	URI     string      `json:"registration_client_uri,omitempty"`
}

// Settings say where the clients of a journal are registered, and how.
type Settings struct {
	Issuer   string   `json:"issuer,omitempty"`
	Endpoint string   `json:"registration_endpoint"`
	Template Template `json:"clients"`
}

// Journal is the file that says which clients were registered. It is written to before and after each request, holds
// the secrets of the clients, and is for its owner only. At most one process has it open.
type Journal struct {
	Settings Settings

	mu      sync.Mutex
	file    *os.File
	size    int64 // of the entries that are whole
	clients map[int]*entry
	last    int // number that was given out
}

// NewJournal makes a journal at the path, where nothing may be.
func NewJournal(path string, s Settings) (*Journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- the user names it
	if err != nil {
		return nil, err
	}
	j := &Journal{Settings: s, file: file, clients: make(map[int]*entry)}
	if err = lock(file); err == nil {
		err = j.write(entry{Event: eventBegin, Version: journalVersion, Settings: &s})
	}
	if err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(path))
	}
	return j, nil
}

// OpenJournal opens the journal at the path. An entry at its end that is not whole is dropped: the process that wrote
// it was interrupted, or the disk was full.
func OpenJournal(path string) (*Journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0) // #nosec G304 -- the user names it
	if err != nil {
		return nil, err
	}
	j := &Journal{file: file, clients: make(map[int]*entry)}
	if err = lock(file); err == nil {
		err = j.read()
	}
	if err == nil {
		err = file.Truncate(j.size)
	}
	if err == nil {
		_, err = file.Seek(j.size, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return j, nil
}

func (j *Journal) read() error {
	lines := bufio.NewReader(j.file)
	for {
		line, err := readLine(lines)
		switch {
		case errors.Is(err, io.EOF):
			if j.Settings.Endpoint == "" {
				return errors.New("is not a journal of registrations, or was interrupted before the first one; remove it")
			}
			return nil
		case err != nil:
			return err
		}
		var e entry
		if json.Unmarshal(line, &e) != nil {
			return fmt.Errorf("byte %d is not the beginning of an entry; restore the file", j.size)
		}
		if err := j.note(e); err != nil {
			return err
		}
		j.size += int64(len(line))
	}
}

// readLine returns a line that is whole.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(line) > maxEntry:
			return nil, fmt.Errorf("an entry is longer than %d bytes; is it a journal of registrations?", maxEntry)
		}
	}
}

// note takes what an entry says.
func (j *Journal) note(e entry) error {
	if e.Event == eventBegin {
		if e.Version != journalVersion || e.Settings == nil {
			return fmt.Errorf("has version %d; this version of the extension reads version %d", e.Version, journalVersion)
		}
		j.Settings = *e.Settings
		return nil
	}
	j.last = max(j.last, e.Number)
	known := j.clients[e.Number]
	switch {
	case e.Event == eventFailed, e.Event == eventDeleted:
		delete(j.clients, e.Number)
	case known == nil || e.Event == eventRegistered:
		j.clients[e.Number] = &e
	default:
		known.Event = e.Event
	}
	return nil
}

// write appends an entry, as a whole or not at all.
func (j *Journal) write(e entry) error {
	line, err := json.Marshal(e) // #nosec G117 -- the file is for its owner only
	if err != nil {
		return err
	}
	line = append(line, '\n')
	n, err := j.file.Write(line)
	if err != nil {
		err = reason(err)
		if n > 0 {
			_, seekErr := j.file.Seek(j.size, io.SeekStart)
			err = errors.Join(err, j.file.Truncate(j.size), seekErr)
		}
		return err
	}
	j.size += int64(n)
	return nil
}

// add writes an entry and takes what it says.
func (j *Journal) add(e entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.write(e); err != nil {
		return err
	}
	return j.note(e)
}

// begin returns the number of a new client, of which the journal says that a request for it is sent.
func (j *Journal) begin() (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := entry{Event: eventSent, Number: j.last + 1}
	if err := j.write(e); err != nil {
		return 0, err
	}
	return e.Number, j.note(e)
}

// with returns the entries of the clients with one of the events, in the order of their numbers.
func (j *Journal) with(events ...string) []entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	var list []entry
	for _, e := range j.clients {
		if slices.Contains(events, e.Event) {
			list = append(list, *e)
		}
	}
	slices.SortFunc(list, func(a, b entry) int { return a.Number - b.Number })
	return list
}

// Registered returns how many clients the server has, as far as the journal knows.
func (j *Journal) Registered() int { return len(j.with(eventRegistered, eventDeleting)) }

// Unknown returns the names of the clients of which it is not known whether the server has registered them: it was
// interrupted, or its answer was lost. Nobody knows their credentials.
func (j *Journal) Unknown() []string {
	var names []string
	for _, e := range j.with(eventSent) {
		names = append(names, j.Settings.Template.name(e.Number))
	}
	return names
}

// Pool returns the file for a pool: a JSON array with a client per line.
func (j *Journal) Pool() ([]byte, error) {
	var b bytes.Buffer
	separator := "[\n"
	for _, e := range j.with(eventRegistered, eventDeleting) {
		line, err := json.Marshal(e.Client) // #nosec G117 -- the file is for its owner only
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%s%s", separator, line)
		separator = ",\n"
	}
	if b.Len() == 0 {
		return nil, nil
	}
	b.WriteString("\n]\n")
	return b.Bytes(), nil
}

// Close writes what is in the memory of the system to the disk.
func (j *Journal) Close() error {
	err := j.file.Sync()
	return errors.Join(err, j.file.Close())
}

// reason is an error of a file without its path, which the caller names.
func reason(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	return err
}
