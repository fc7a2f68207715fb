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

// Each code has one row, a meaning, and a rule for retries, by which Retryable decides.
func TestCodes(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, row := range Codes() {
		assert.False(t, seen[row.Code], row.Code)
		seen[row.Code] = true
		assert.NotEmpty(t, row.Meaning, row.Code)
		assert.Equal(t, row.Source == "", isClass(row.Code), row.Code)
		assert.Equal(t, row.Source != "", isRegistered(row.Code), row.Code)
		assert.Equal(t, row.Retry == RetryAlways, (&Error{Code: row.Code, Status: 400}).Retryable(), row.Code)
		assert.Equal(t, row.Retry != RetryNever, (&Error{Code: row.Code, Status: 503}).Retryable(), row.Code)
		assert.Equal(t, row.Retry != RetryNever, (&Error{Code: row.Code, Status: 429}).Retryable(), row.Code)
	}
	assert.False(t, isClass("tenant_1234"))
	assert.False(t, isRegistered("tenant_1234"))
	assert.True(t, (&Error{Code: "tenant_1234", Status: 500}).Retryable())
	assert.False(t, (&Error{Code: "tenant_1234", Status: 499}).Retryable())
}

// A server refuses a client by its code, or by status 401 when the code says nothing else.
func TestRefusesClient(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code    string
		status  int
		refuses bool
	}{
		{"invalid_client", 400, true},
		{"invalid_client", 401, true},
		{"unauthorized_client", 401, true},
		{"unauthorized_client", 400, true}, // Keycloak, for a wrong signature
		{CodeHTTPError, 401, true},
		{CodeHTTPError, 403, false},
		{CodeInvalidResponse, 401, false},
		{CodeUseNonce, 401, false},
		{"invalid_dpop_proof", 401, false},
		{"invalid_scope", 400, false},
	} {
		assert.Equal(t, c.refuses, (&Error{Code: c.code, Status: c.status}).RefusesClient(), "%+v", c)
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
