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
