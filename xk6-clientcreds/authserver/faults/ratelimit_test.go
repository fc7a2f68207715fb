package faults

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRateLimit holds that the bucket lets a burst through, then as many as it says, and says when the next one is.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	clock := newClock()
	i := with(t, clock.now, `{"token": {"rate_limit": {"per_second": 0.5, "burst": 3}}}`)
	h := i.Wrap(Token, endpoint)
	for range 3 {
		require.Equal(t, http.StatusOK, direct(h).status)
	}
	refused := direct(h)
	require.Equal(t, http.StatusTooManyRequests, refused.status)
	require.Equal(t, "2", refused.header.Get("Retry-After"))
	require.Contains(t, refused.body, `"error":"temporarily_unavailable"`)
	clock.move(1100 * time.Millisecond)
	require.Equal(t, "1", direct(h).header.Get("Retry-After"), "rounded up")
	clock.move(900 * time.Millisecond)
	require.Equal(t, http.StatusOK, direct(h).status, "after what Retry-After said")
	require.Equal(t, http.StatusTooManyRequests, direct(h).status)
	require.Equal(t, map[string]int64{"rate_limited": 3}, results(i, Token))
	require.Equal(t, map[string]map[string]int64{"rate_limit": {"token": 3}}, i.Counts())
}

// TestRateLimitByClient holds that each client has a bucket of its own, and all unknown ones have one together.
func TestRateLimitByClient(t *testing.T) {
	t.Parallel()
	i := with(t, newClock().now, `{"token": {"rate_limit": {"per_second": 1, "by": "client", "retry_after": "30s"}}}`)
	h := i.Wrap(Token, endpoint)
	for _, id := range []string{"a", "b", "c"} {
		require.Equal(t, http.StatusOK, direct(h, "X-Client", id).status)
		refused := direct(h, "X-Client", id)
		require.Equal(t, http.StatusTooManyRequests, refused.status)
		require.Equal(t, "30", refused.header.Get("Retry-After"))
	}
	require.Equal(t, http.StatusOK, direct(h).status, "named by its body")
	require.Equal(t, http.StatusTooManyRequests, direct(h, "X-Client", "body").status)
}
