package jsmodule

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRetryAfterIsMeasured(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.refuse = func(n int, w http.ResponseWriter) bool {
		if n > 1 {
			return false
		}
		w.Header().Set("Retry-After", "7")
		return oauthError(w, http.StatusTooManyRequests, "slow_down", "")
	}
	v := oneVU(t, e, "")
	v.mustRun(`client.acquire(); client.acquire()`)
	samples := v.sampled()["clientcreds_retry_after"]
	require.Len(t, samples, 1, "the answer that did not ask for it has none")
	assert.Equal(t, 7000.0, samples[0].Value)
	assert.Equal(t, map[string]string{"client": "orders", "reason": "acquire", "status": "429", "error": "slow_down"},
		samples[0].Tags.Map())
}
