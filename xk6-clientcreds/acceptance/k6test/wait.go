package k6test

import (
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Soon is how long a condition that is already on its way may take.
const Soon = 30 * time.Second

// Eventually waits for a condition.
func Eventually(t *testing.T, condition func() bool, what string) {
	t.Helper()
	require.Eventually(t, condition, Soon, 5*time.Millisecond, what)
}

// Body returns the body of a response, "" when there is none.
func Body(t *testing.T, endpoint string) string {
	t.Helper()
	resp, err := http.Get(endpoint) // #nosec G107 -- of this test
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return ""
	}
	return string(text)
}

// FreeAddress returns an address that nothing listens on.
func FreeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}
