package shell

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A shell reads each word as it was.
func TestQuote(t *testing.T) {
	t.Parallel()
	for text, quoted := range map[string]string{
		"": "''", "50": "50", "https://a.example:1/b%20c": "https://a.example:1/b%20c", "p+s_s-@,": "p+s_s-@,",
		"azAZ09": "azAZ09", "[": "'['", "^": "'^'", "|": "'|'",
		"a b": "'a b'", "a=b": "'a=b'", "it's": `'it'\''s'`, "~": "'~'", "$HOME": "'$HOME'", "a\nb": "'a\nb'", "ä": "'ä'",
		"!x": "'!x'", "#": "'#'", "*": "'*'", `\`: `'\'`, ";": "';'", "`id`": "'`id`'", `"`: `'"'`, "{a,b}": "'{a,b}'",
	} {
		assert.Equal(t, quoted, Quote(text))
		out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s "+Quote(text)).Output()
		require.NoError(t, err)
		assert.Equal(t, text, string(out))
	}
}
