package clientsfile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// separators can separate columns. The first one that a list uses counts.
const separators = ",;\t"

// longestHeader bounds the first row, in bytes.
const longestHeader = 64 << 10

// table is a CSV file.
type table struct {
	header []string
	cells  [][]string // of each client; what is empty at the end may be left out
	rows   []int32    // which row a client is in, as a spreadsheet counts
	either [][2]int   // columns of an option and of a member of it
}

func readTable(f *bounded) (*table, error) {
	text, err := begin(f)
	if err != nil {
		return nil, err
	}
	rows, err := newRows(f, text)
	if err != nil {
		return nil, err
	}
	t := new(table)
	t.header, err = rows.next()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("is empty; its first row must name the options, such as clientId,clientSecret")
	}
	if err != nil {
		return nil, rows.problem(err)
	}
	if err := t.checkHeader(rows.number); err != nil {
		return nil, err
	}
	for {
		row, err := rows.next()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, rows.problem(err)
		}
		if err := t.check(rows.number, row); err != nil {
			return nil, err
		}
		t.cells, t.rows = append(t.cells, row), append(t.rows, int32(rows.number)) // #nosec G115 -- less than bytes
	}
}

// csvRows are the rows of a CSV file, numbered as a spreadsheet does: blank ones count, and one with a
// line break in a cell is one.
type csvRows struct {
	file   *bounded
	reader *csv.Reader
	before int // lines that the reader has not seen
	number int // of the row that was read last
	end    int // the line of the reader in which it ended
}

// newRows finds out what is between the cells. Spreadsheets write semicolons in countries where the
// comma is in numbers, and may say so in a row of their own.
func newRows(f *bounded, text *bufio.Reader) (*csvRows, error) {
	begin, _ := text.Peek(longestHeader)
	first, _, _ := bytes.Cut(begin, []byte("\n"))
	first = bytes.TrimSuffix(first, []byte("\r"))
	if bytes.ContainsRune(first, '\r') {
		return nil, errors.New("has the line breaks of old Macs (CR); save it with the line breaks of Windows or Unix")
	}
	r := &csvRows{file: f, reader: csv.NewReader(text)}
	r.reader.FieldsPerRecord = -1 // spreadsheets leave out what is empty at the end
	for _, separator := range separators {
		if bytes.ContainsRune(first, separator) {
			r.reader.Comma = separator
			break
		}
	}
	if said, ok := bytes.CutPrefix(first, []byte("sep=")); ok && len(said) == 1 &&
		strings.ContainsRune(separators, rune(said[0])) {
		r.reader.Comma = rune(said[0])
		if _, err := text.ReadString('\n'); err != nil {
			return nil, err
		}
		r.before, r.number = 1, 1
	}
	r.reader.TrimLeadingSpace = r.reader.Comma != '\t' // else it would take tabs for blanks
	return r, nil
}

// next returns the cells of the next row that is not blank.
func (r *csvRows) next() ([]string, error) {
	for {
		r.file.next()
		row, err := r.reader.Read()
		if err != nil {
			return nil, err
		}
		begin, _ := r.reader.FieldPos(0)
		r.number += begin - r.end
		r.end = begin
		blank := true
		for i, cell := range row {
			r.end += strings.Count(cell, "\n")
			row[i] = strings.TrimSpace(cell)
			blank = blank && row[i] == ""
		}
		if !blank {
			return row, nil
		}
	}
}

// problem says where a file is not valid CSV.
func (r *csvRows) problem(err error) error {
	var bad *csv.ParseError
	switch {
	case errors.Is(err, errTooLong):
		return fmt.Errorf("row %d %w; is a quote missing?", r.number+1, errTooLong)
	case errors.As(err, &bad):
		return fmt.Errorf("line %d, column %d: %w (RFC 4180)", r.before+bad.Line, bad.Column, bad.Err)
	}
	return err
}

func (t *table) checkHeader(number int) error {
	for i, name := range t.header {
		switch {
		case notUTF8(name):
			return fmt.Errorf("column %d of row %d is not UTF-8; save the file as UTF-8", i+1, number)
		case strings.Count(name, ".") > 1:
			return fmt.Errorf("column %d of row %d has more than one dot; an option in an object is named such as key.file", i+1,
				number)
		case name != "" && slices.Contains(t.header[:i], name):
			return fmt.Errorf("columns %d and %d of row %d have the same name; a name must be there once",
				slices.Index(t.header, name)+1, i+1, number)
		}
		object, _, nested := strings.Cut(name, ".")
		if whole := slices.Index(t.header, object); nested && whole >= 0 {
			t.either = append(t.either, [2]int{whole, i})
		}
	}
	return nil
}

// check finds what is wrong with a row.
func (t *table) check(number int, row []string) error {
	for i, cell := range row {
		switch {
		case cell == "":
		case notUTF8(cell):
			return fmt.Errorf("column %d of row %d is not UTF-8; save the file as UTF-8", i+1, number)
		case i >= len(t.header) || t.header[i] == "":
			return fmt.Errorf("row %d has a value in column %d, which has no name in the first row; is there a separator too "+
				"many?", number, i+1)
		}
	}
	for _, e := range t.either {
		if has(row, e[0]) && has(row, e[1]) {
			return fmt.Errorf("row %d has a value for %q and for %q; set one of the two", number, t.header[e[0]],
				t.header[e[1]])
		}
	}
	return nil
}

func has(row []string, column int) bool { return column < len(row) && row[column] != "" }

// members of client i: an empty cell is an option that is not given. Options that are on or off are so
// by the words of JSON.
func (t *table) members(i int) []Member {
	list := make([]Member, 0, len(t.header))
	for column, cell := range t.cells[i] {
		if cell == "" {
			continue
		}
		option := Option(t.header[column])
		isSwitch := (option == "dpop" || option == "httpMetrics") && (cell == "true" || cell == "false")
		list = append(list, Member{t.header[column], cell, !isSwitch})
	}
	return list
}

// object makes a JSON object of the row of client i, in which "key.file" is the member file of the
// object key.
func (t *table) object(i int) string {
	client := make(map[string]any, len(t.header))
	for _, m := range t.members(i) {
		name, member, nested := strings.Cut(m.Name, ".")
		switch {
		case nested:
			inner, ok := client[name].(map[string]string)
			if !ok {
				inner = make(map[string]string)
				client[name] = inner
			}
			inner[member] = m.Text
		case m.IsText:
			client[name] = m.Text
		default:
			client[name] = json.RawMessage(m.Text)
		}
	}
	text, err := json.Marshal(client)
	if err != nil {
		panic(err) // texts and words of JSON always marshal
	}
	return string(text)
}
