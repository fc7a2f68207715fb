package compare

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A reason holds as many items as fit, to the byte, with the number of the others.
func TestSummarize(t *testing.T) {
	t.Parallel()
	a := strings.Repeat("a", 240)
	b := func(n int) string { return strings.Repeat("b", n) }
	for name, c := range map[string]struct {
		items []string
		want  string
	}{
		"none":              {nil, "text: "},
		"one":               {[]string{"a"}, "text: a"},
		"one that is long":  {[]string{b(maxReason)}, "text: " + b(maxReason)},
		"all":               {[]string{"a", "b", "c"}, "text: a; b; c"},
		"the last fits":     {[]string{a, b(252)}, "text: " + a + "; " + b(252)},
		"the last does not": {[]string{a, b(253)}, "text: " + a + "; and 1 more"},
		"one more has room": {[]string{a, b(240), "c"}, "text: " + a + "; " + b(240) + "; c"},
		"and no room":       {[]string{a, b(241), "c"}, "text: " + a + "; and 2 more"},
	} {
		got := summarize("text: ", c.items)
		assert.Equal(t, c.want, got, name)
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "abcdef", shorten("abcdef", 6))
	assert.Equal(t, "abc…", shorten("abcdefg", 6))
	assert.Equal(t, "ab…", shorten("abödefg", 6), "characters are whole")
}

func TestAlternatives(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a", alternatives([]string{"a"}))
	assert.Equal(t, "a or b", alternatives([]string{"a", "b"}))
	assert.Equal(t, "a or b or 1 other values", alternatives([]string{"a", "b", "c"}))
}
