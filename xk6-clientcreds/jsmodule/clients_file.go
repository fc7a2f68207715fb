package jsmodule

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// maxClientsFile bounds the file of a pool's clients, in bytes: some million clients.
const maxClientsFile = 512 << 20

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

// The endings of the names of files with clients.
const (
	endingCSV  = ".csv"
	endingJSON = ".json"
)

// readClientsFile reads a file from disk, past k6's file systems, as that of a key: what is in it does
// not belong into an archive of the test.
func readClientsFile(path string) (clientList, error) {
	name := filepath.Base(path)
	ending := strings.ToLower(filepath.Ext(name))
	if ending != endingCSV && ending != endingJSON {
		return nil, optionError("clients.file", "is %s; its name must end in %s or %s", name, endingCSV, endingJSON)
	}
	f, err := os.Open(path) // #nosec G304 -- the script names it
	if err != nil {
		return nil, optionError("clients.file", "cannot be read: %w", err)
	}
	defer f.Close() // only read
	bounded := &io.LimitedReader{R: f, N: maxClientsFile + 1}
	var list clientList
	if ending == endingCSV {
		list, err = readCSV(name, bounded)
	} else {
		list, err = readJSON(name, bounded)
	}
	switch {
	case bounded.N <= 0:
		return nil, optionError("clients.file", "has more than %d bytes", maxClientsFile)
	case err != nil:
		return nil, optionError("clients.file", "cannot be used: %s, %w", name, err)
	case list.size() == 0:
		return nil, optionError("clients.file", "is %s, which has no client; it must have at least one", name)
	}
	return list, nil
}

// csvClients are the clients of a CSV file (RFC 4180), whose first row names the options.
type csvClients struct {
	name   string
	header []string
	rows   [][]string
}

var byteOrderMark = []byte("\ufeff")

// readCSV reads a CSV file. Its errors have no content of the file but the header, which holds names.
func readCSV(name string, r io.Reader) (*csvClients, error) {
	text := bufio.NewReader(r)
	if begin, err := text.Peek(len(byteOrderMark)); err == nil && bytes.Equal(begin, byteOrderMark) {
		_, _ = text.Discard(len(byteOrderMark)) // spreadsheets write it
	}
	rows := csv.NewReader(text)
	header, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("is empty; its first row must name the options, such as clientId,clientSecret")
	}
	if err != nil {
		return nil, csvError(err)
	}
	if err := checkHeader(header); err != nil {
		return nil, err
	}
	c := &csvClients{name: name, header: header}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return c, nil
		}
		if err != nil {
			return nil, csvError(err)
		}
		if column := slices.IndexFunc(row, notUTF8); column >= 0 {
			return nil, fmt.Errorf("column %d of row %d is not UTF-8; save the file as UTF-8", column+1, len(c.rows)+2)
		}
		c.rows = append(c.rows, row)
	}
}

func checkHeader(header []string) error {
	if len(header) == 1 && strings.ContainsAny(header[0], ";\t") {
		return errors.New("row 1 has no comma; the columns must have commas between them (RFC 4180)")
	}
	for i, name := range header {
		header[i] = strings.TrimSpace(name)
		switch {
		case notUTF8(name):
			return fmt.Errorf("column %d of row 1 is not UTF-8; save the file as UTF-8", i+1)
		case header[i] == "":
			return fmt.Errorf("column %d of row 1 is empty; it must name an option, such as clientId", i+1)
		case strings.Count(header[i], ".") > 1:
			return fmt.Errorf("column %d of row 1 has more than one dot; an option in an object is named such as key.file", i+1)
		case slices.Contains(header[:i], header[i]):
			return fmt.Errorf("columns %d and %d of row 1 have the same name; a name must be there once",
				slices.Index(header, header[i])+1, i+1)
		}
	}
	return nil
}

func notUTF8(text string) bool { return !utf8.ValidString(text) }

// csvError says where a file is no CSV.
func csvError(err error) error {
	var bad *csv.ParseError
	if !errors.As(err, &bad) {
		return err
	}
	return fmt.Errorf("line %d, column %d: %w (RFC 4180)", bad.Line, bad.Column, bad.Err)
}

// jsonClients are the clients of a JSON file: an array of objects, kept as their text.
type jsonClients struct {
	name    string
	objects []string
}

// readJSON reads a JSON file. Its errors have no content of the file.
func readJSON(name string, r io.Reader) (*jsonClients, error) {
	decoder := json.NewDecoder(r)
	if token, err := decoder.Token(); err != nil || token != json.Delim('[') {
		return nil, errors.New("is no JSON array; it must be an array of objects")
	}
	c := &jsonClients{name: name}
	for decoder.More() {
		var text json.RawMessage
		if err := decoder.Decode(&text); err != nil {
			return nil, fmt.Errorf("client %d is no JSON: it ends or breaks off at byte %d", len(c.objects)+1, decoder.InputOffset())
		}
		if text[0] != '{' {
			return nil, fmt.Errorf("client %d is no object; it must be one with options such as clientId and clientSecret", len(c.objects)+1)
		}
		if notUTF8(string(text)) {
			return nil, fmt.Errorf("client %d is not UTF-8; JSON must be (RFC 8259 §8.1)", len(c.objects)+1)
		}
		c.objects = append(c.objects, string(text))
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("the array does not end after client %d", len(c.objects))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the array; it must be one array of objects")
	}
	return c, nil
}
