// Package secret holds values that must not be shown: client secrets, private keys, and tokens.
package secret

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// mask replaces a secret that is printed.
const mask = "***"

// ErrNotMarshalled is the error of an attempt to encode a secret.
var ErrNotMarshalled = errors.New("a secret cannot be encoded; call Reveal where it must be sent or stored")

// Text is a secret. It prints as *** with every verb, also deep inside of other values, and cannot be encoded as JSON,
// YAML, XML, or text. The zero value has no secret, and prints as nothing.
//
// Do not compare secrets with ==, which compares where they are; use Equal.
type Text struct {
	// held is a pointer because fmt does not call methods of values in unexported fields: it prints the address.
	held *string
}

// New returns a secret with the value s, or the zero value for "".
func New(s string) Text {
	if s == "" {
		return Text{}
	}
	return Text{&s}
}

// Reveal returns the value, "" if there is none.
func (t Text) Reveal() string {
	if t.held == nil {
		return ""
	}
	return *t.held
}

// IsZero reports whether there is no secret.
func (t Text) IsZero() bool { return t.held == nil }

// Equal reports whether the values are the same.
func (t Text) Equal(other Text) bool { return t.Reveal() == other.Reveal() }

// String implements fmt.Stringer.
func (t Text) String() string {
	if t.IsZero() {
		return ""
	}
	return mask
}

// Format implements fmt.Formatter: every verb prints the same.
func (t Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// LogValue implements slog.LogValuer.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalJSON implements json.Marshaler; it always fails.
func (Text) MarshalJSON() ([]byte, error) { return nil, ErrNotMarshalled }

// MarshalText implements encoding.TextMarshaler; it always fails. Encoders of YAML and XML use it.
func (Text) MarshalText() ([]byte, error) { return nil, ErrNotMarshalled }

// MarshalBinary implements encoding.BinaryMarshaler; it always fails. The encoder of gob uses it.
func (Text) MarshalBinary() ([]byte, error) { return nil, ErrNotMarshalled }
