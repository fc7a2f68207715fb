package oauth

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLabelIsBounded(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"invalid_client":  "invalid_client",
		CodeTimeout:       CodeTimeout,
		"tenant_1234":     "other",
		"":                "other",
		"Invalid_Client":  "other",
		"invalid_client ": "other",
	} {
		assert.Equal(t, want, (&Error{Code: code}).Label(), code)
	}
}

// What decides about repeating must be what may be counted.
func TestRetryRulesUseKnownCodes(t *testing.T) {
	t.Parallel()
	for _, code := range append(append([]string{}, passing...), final...) {
		assert.Contains(t, append(append([]string{}, classes...), registered...), code)
	}
	for _, code := range passing {
		assert.NotContains(t, final, code)
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                      "",
		"plain text":            "plain text",
		"ünïcödé 漢字":            "ünïcödé 漢字",
		"\ta\r\nb\x00c\x7f":     "a  b c",
		"\x1b[2J\x9b31m":        "[2J 31m",
		"a\u2028b\u2029c":       "a b c",
		"a\u202eb\u200bc\ufeff": "a b c",
		"bad\xff\xfeutf8":       "bad  utf8",
		strings.Repeat("x", 10): strings.Repeat("x", 10),
		strings.Repeat("x", 11): strings.Repeat("x", 10) + "…",
		strings.Repeat("漢", 11): strings.Repeat("漢", 10) + "…",
	} {
		limit := 10
		if !strings.HasPrefix(in, "x") && !strings.HasPrefix(in, "漢") {
			limit = 100
		}
		assert.Equal(t, want, Printable(in, limit), "%q", in)
	}
}
