package oauth

import (
	"bytes"
)

// flatObject reads a JSON object as nearly all token responses are: its members are plain strings, whole numbers and
// literals. It is much faster than encoding/json. At anything else it gives up, and encoding/json has to read the body
// from the beginning.
type flatObject struct{ rest []byte }

// members calls f with the name and the JSON text of each member, in their order. It reports whether the body is a flat
// object, and f accepted all members.
func (o *flatObject) members(f func(name, value []byte) bool) bool {
	if !o.take('{') {
		return false
	}
	if o.take('}') {
		return o.atEnd()
	}
	for {
		name, ok := o.text()
		if !ok || !o.take(':') {
			return false
		}
		value, ok := o.value()
		if !ok || !f(name[1:len(name)-1], value) {
			return false
		}
		if o.take('}') {
			return o.atEnd()
		}
		if !o.take(',') {
			return false
		}
	}
}

// skipSpace skips insignificant white space (RFC 8259 §2).
func (o *flatObject) skipSpace() {
	for len(o.rest) > 0 && (o.rest[0] == ' ' || o.rest[0] == '\t' || o.rest[0] == '\n' || o.rest[0] == '\r') {
		o.rest = o.rest[1:]
	}
}

// take takes one character, if it comes next.
func (o *flatObject) take(c byte) bool {
	o.skipSpace()
	if len(o.rest) == 0 || o.rest[0] != c {
		return false
	}
	o.rest = o.rest[1:]
	return true
}

func (o *flatObject) atEnd() bool {
	o.skipSpace()
	return len(o.rest) == 0
}

// text takes a string that stands for itself, with its quotes.
func (o *flatObject) text() ([]byte, bool) {
	o.skipSpace()
	if len(o.rest) == 0 || o.rest[0] != '"' {
		return nil, false
	}
	length := bytes.IndexByte(o.rest[1:], '"')
	if length < 0 || !isPlain(o.rest[1:1+length]) {
		return nil, false
	}
	return o.next(length + 2), true
}

// value takes a plain string, a whole number, or a literal.
func (o *flatObject) value() ([]byte, bool) {
	o.skipSpace()
	for _, literal := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(o.rest, []byte(literal)) {
			return o.next(len(literal)), true
		}
	}
	digits := 0
	for digits < len(o.rest) && o.rest[digits] >= '0' && o.rest[digits] <= '9' {
		digits++
	}
	switch {
	case digits == 0:
		return o.text()
	case digits > 1 && o.rest[0] == '0': // not a number in JSON
		return nil, false
	}
	return o.next(digits), true // what follows is a comma or the end of the object, or the object is not flat
}

func (o *flatObject) next(n int) []byte {
	taken := o.rest[:n]
	o.rest = o.rest[n:]
	return taken
}

// readFlat reads m from a flat object. It reports whether the body is one: if not, m may have some members of it.
func (m *members) readFlat(body []byte) bool {
	o := flatObject{body}
	return o.members(func(name, value []byte) bool {
		var err error
		switch string(name) {
		case "access_token":
			err = m.AccessToken.UnmarshalJSON(value)
		case "token_type":
			err = m.TokenType.UnmarshalJSON(value)
		case "expires_in":
			err = m.ExpiresIn.UnmarshalJSON(value)
		case "scope":
			err = m.Scope.UnmarshalJSON(value)
		case "issued_token_type":
			err = m.IssuedTokenType.UnmarshalJSON(value)
		case "error":
			err = m.Error.UnmarshalJSON(value)
		case "error_description":
			err = m.ErrorDescription.UnmarshalJSON(value)
		case "error_uri":
			err = m.ErrorURI.UnmarshalJSON(value)
		default: // encoding/json takes a name in capitals for the same
			return !bytes.ContainsFunc(name, func(r rune) bool { return r >= 'A' && r <= 'Z' })
		}
		return err == nil
	})
}
