package clientsfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

const wantJSON = "it must be an array of objects, or objects one after the other"

// readJSON reads an array of objects, or objects one after the other, as they are where the answers
// to registrations were appended to a file.
func (l *File) readJSON(f *bounded) error {
	text, err := begin(f)
	if err != nil {
		return err
	}
	array, err := entersArray(text)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(text)
	if array {
		_, _ = decoder.Token()
	}
	for f.next(); decoder.More(); f.next() {
		var client json.RawMessage
		switch err := decoder.Decode(&client); {
		case errors.Is(err, errTooLong):
			return fmt.Errorf("client %d %w", l.Len()+1, err)
		case err != nil:
			return fmt.Errorf("client %d is not JSON: it ends or breaks off at byte %d", l.Len()+1, decoder.InputOffset())
		case client[0] != '{':
			return fmt.Errorf("client %d is not an object; it must be one with options such as clientId and clientSecret",
				l.Len()+1)
		case notUTF8(string(client)):
			return fmt.Errorf("client %d is not UTF-8; JSON must be (RFC 8259 §8.1)", l.Len()+1)
		}
		l.objects = append(l.objects, string(client))
	}
	if array {
		if _, err := decoder.Token(); err != nil {
			return fmt.Errorf("the array does not end after client %d", l.Len())
		}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the clients; " + wantJSON)
	}
	return nil
}

// entersArray reports whether the first character begins an array, and not an object.
func entersArray(text io.RuneScanner) (bool, error) {
	for {
		switch c, _, err := text.ReadRune(); {
		case err == nil && (c == ' ' || c == '\t' || c == '\r' || c == '\n'):
		case err == nil && (c == '[' || c == '{'):
			return c == '[', text.UnreadRune()
		default:
			return false, errors.New("is not a JSON array; " + wantJSON)
		}
	}
}
