package nearest

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	known := []string{"clientcreds_retries", "clientcreds_requests", "http_reqs"}
	for key, want := range map[string]string{
		"clientcreds_retriess": ` (did you mean "clientcreds_retries"?)`,
		"HTTP_REQS":            ` (did you mean "http_reqs"?)`,
		"clientcreds_reqests":  ` (did you mean "clientcreds_requests"?)`,
		"something_else":       "",
		"":                     "",
	} {
		assert.Equal(t, want, DidYouMean(key, known), key)
	}
	assert.Empty(t, DidYouMean("http_reqs", nil))
}

// A name is suggested if at most half of the letters differ, and the first one of several that are as near.
func TestDidYouMeanHasALimit(t *testing.T) {
	t.Parallel()
	assert.Equal(t, ` (did you mean "abcd"?)`, DidYouMean("abxy", []string{"abcd"}))
	assert.Empty(t, DidYouMean("axyz", []string{"abcd"}))
	assert.Equal(t, ` (did you mean "abc"?)`, DidYouMean("axc", []string{"abc"}))
	assert.Empty(t, DidYouMean("axy", []string{"abc"}))
	assert.Equal(t, ` (did you mean "aab"?)`, DidYouMean("aad", []string{"aab", "aac"}))
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"abc", "", 3},
		{"", "abc", 3},
		{"abc", "abc", 0},
		{"abc", "c", 2},
		{"c", "abc", 2},
		{"abc", "abd", 1},
		{"kitten", "sitting", 3},
		{"ab", "ba", 2},
	} {
		assert.Equal(t, c.want, distance(c.a, c.b), "%s, %s", c.a, c.b)
	}
}
