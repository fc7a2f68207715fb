package oauth

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheckSecret(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"s3cr3t", ` !"~`, "schlüssel", "a b"} {
		require.NoError(t, CheckSecret(secret))
	}
	const oneLine = "has a line break or another control character in it; it must be text in one line"
	for secret, message := range map[string]string{
		"s3cr3t\n": oneLine, "s3c\r3t": oneLine, "s\x003\x00": oneLine, "s3cr3t\x7f": oneLine, "s3cr3t\u0085": oneLine,
		"s3\u200bcr3t": "has the invisible character U+200B in it; it must be text without one",
		"s3cr3t\xe9":   "is not UTF-8; it must be text in one line",
		"\ufeffs3cr3t": "begins with a byte order mark; it must be text without one",
	} {
		require.EqualError(t, CheckSecret(secret), message)
	}
}

func TestTrimSecretFile(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a": "a", "a\n": "a", "a\r\n": "a", "a\n\n": "a\n", " a \n": " a ", "": "",
	} {
		assert.Equal(t, want, TrimSecretFile(text))
	}
}
