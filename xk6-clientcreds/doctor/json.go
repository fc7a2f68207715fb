package doctor

import (
	"encoding/json"
	"io"
)

// WriteJSON writes the report for a program. SchemaVersion says what the names mean.
func (r *Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(r)
}
