// Package clientsfile reads files that list clients, for a ClientPool and for the local server
// alike: CSV (RFC 4180), whose first row names the options of a client, or JSON. The names are
// the names of the options of new Client, or of client metadata (RFC 7591), so that what a server
// answered to registrations is a list as it is.
//
// Spreadsheets, shells and people write such files, so a byte order mark, semicolons or tabs
// instead of commas, blank rows, and blanks around a value do no harm.
package clientsfile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// The endings of the names of files with clients.
const (
	CSV  = ".csv"
	JSON = ".json"
)

const (
	// maxFile bounds a file, in bytes: some million clients.
	maxFile = 256 << 20
	// maxClient bounds one client, in bytes. Anything longer is not a list of clients.
	maxClient = 1 << 20
)

// File is a list of clients.
type File struct {
	name    string
	objects []string // of JSON: one for each client
	table   *table   // of CSV
}

// Read reads a list from f. The path is for its ending, and for errors, which hold nothing else of the
// file than the names of options.
func Read(path string, f fs.File) (*File, error) {
	list := &File{name: filepath.Base(path)}
	ending := strings.ToLower(filepath.Ext(list.name))
	if ending != CSV && ending != JSON {
		return nil, fmt.Errorf("is %s; its name must end in %s or %s", list.name, CSV, JSON)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("cannot be used: %s has %d bytes; at most %d are read", list.name, info.Size(), maxFile)
	}
	text := &bounded{from: &io.LimitedReader{R: f, N: maxFile}}
	if ending == CSV {
		list.table, err = readTable(text)
	} else {
		err = list.readJSON(text)
	}
	switch {
	case text.failure != nil:
		return nil, fmt.Errorf("cannot be read: %w", text.failure)
	case err != nil:
		return nil, fmt.Errorf("cannot be used: %s, %w", list.name, err)
	case list.Len() == 0:
		return nil, fmt.Errorf("is %s, which has no client; it must have at least one", list.name)
	}
	return list, nil
}

// Len is how many clients there are, one at least.
func (l *File) Len() int {
	if l.table != nil {
		return len(l.table.cells)
	}
	return len(l.objects)
}

// Client is the JSON object of client i, from 0.
func (l *File) Client(i int) string {
	if l.table != nil {
		return l.table.object(i)
	}
	return l.objects[i]
}

// Position names client i, and the column of an option where there is one, for errors.
func (l *File) Position(i int, option string) string {
	if l.table == nil {
		return fmt.Sprintf("%s, client %d", l.name, i+1)
	}
	place := fmt.Sprintf("%s, row %d", l.name, l.table.rows[i])
	for _, name := range l.table.header {
		if option != "" && Option(name) == option {
			return fmt.Sprintf("%s, column %q", place, name)
		}
	}
	return place
}

// Member is one of a client.
type Member struct {
	Name   string // "key.file" where it is one of an object in a CSV
	Text   string // a string, or the JSON of something else
	IsText bool
}

// Members returns the members of client i, in the same order for each client that has the same ones. It
// costs less than Client for a CSV.
func (l *File) Members(i int) []Member {
	if l.table != nil {
		return l.table.members(i)
	}
	var values map[string]json.RawMessage
	if json.Unmarshal([]byte(l.objects[i]), &values) != nil {
		return nil
	}
	list := make([]Member, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		m := Member{Name: name, IsText: values[name][0] == '"'}
		if !m.IsText || json.Unmarshal(values[name], &m.Text) != nil {
			m.Text = string(values[name])
		}
		list = append(list, m)
	}
	return list
}

var errTooLong = fmt.Errorf("is longer than %d bytes", maxClient)

// bounded reads no more than maxClient for one client, so that a file without an end of line or of a
// quote is not kept in memory. next begins another client.
type bounded struct {
	from    io.Reader
	left    int
	failure error // of from
}

func (b *bounded) next() { b.left = maxClient }

func (b *bounded) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, errTooLong
	}
	n, err := b.from.Read(p[:min(len(p), b.left)])
	b.left -= n
	if err != nil && !errors.Is(err, io.EOF) {
		b.failure = err
	}
	return n, err
}

// begin returns a reader of the text in f behind a byte order mark, which spreadsheets and shells write.
func begin(f *bounded) (*bufio.Reader, error) {
	f.next()
	text := bufio.NewReaderSize(f, longestHeader)
	mark, _ := text.Peek(3)
	switch {
	case bytes.HasPrefix(mark, []byte("\xff\xfe")), bytes.HasPrefix(mark, []byte("\xfe\xff")):
		return nil, errors.New("is UTF-16; save it as UTF-8")
	case bytes.Equal(mark, []byte("\ufeff")):
		_, _ = text.Discard(len(mark))
	}
	return text, nil
}

func notUTF8(text string) bool { return !utf8.ValidString(text) }
