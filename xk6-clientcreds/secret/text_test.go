package secret

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

const value = "Rare-Secret-of-the-client"

func TestTextIsNotPrinted(t *testing.T) {
	t.Parallel()
	type inner struct{ hidden Text }
	type outer struct {
		Shown  Text
		hidden Text
		inner  inner
		list   []Text
		named  map[string]Text
		any    any
	}
	s := New(value)
	everywhere := outer{s, s, inner{s}, []Text{s}, map[string]Text{"a": s}, s}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%c", "%T", "%p", "%08.3f", "%w"} {
		for _, v := range []any{s, &s, everywhere, &everywhere, []any{s}, fmt.Errorf("%v", s)} {
			assert.NotContains(t, fmt.Sprintf(verb, v), "Rare", verb)
			assert.NotContains(t, fmt.Sprintf(verb, v), fmt.Sprintf("%x", value)[:8], verb)
		}
	}
	assert.Equal(t, "***", fmt.Sprintf("%#v", s))
	assert.Equal(t, "***", s.String())
	assert.Empty(t, Text{}.String())

	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).Info("a", "secret", s, "in", everywhere)
	}
	assert.NotContains(t, log.String(), "Rare")
	assert.Contains(t, log.String(), `secret=***`)
	assert.Contains(t, log.String(), `"secret":"***"`)
}

func TestTextCannotBeEncoded(t *testing.T) {
	t.Parallel()
	type client struct{ Secret Text }
	holder := client{New(value)}
	for name, encode := range map[string]func() error{
		"JSON":       func() error { _, err := json.Marshal(holder); return err },
		"a JSON key": func() error { _, err := json.Marshal(map[Text]int{holder.Secret: 1}); return err },
		"XML":        func() error { _, err := xml.Marshal(holder); return err },
		"YAML":       func() error { _, err := yaml.Marshal(holder); return err },
		"gob":        func() error { return gob.NewEncoder(new(bytes.Buffer)).Encode(holder) },
	} {
		require.ErrorContains(t, encode(), ErrNotMarshalled.Error(), name)
	}
}

func TestTextIsItsValue(t *testing.T) {
	t.Parallel()
	assert.Equal(t, value, New(value).Reveal())
	assert.True(t, New(value).Equal(New(value)))
	assert.False(t, New(value).Equal(New("another")))
	assert.False(t, New(value).Equal(Text{}))
	assert.False(t, New(value).IsZero())
	assert.True(t, New("").IsZero())
	assert.Equal(t, Text{}, New(""))
	assert.Empty(t, Text{}.Reveal())
}
