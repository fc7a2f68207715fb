package faults

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// FuzzDocument holds that a document is refused with a reason, or comes back as it is in force and can be put again.
func FuzzDocument(f *testing.F) {
	for _, document := range []string{
		`{}`, `{"token": {"latency": "1ms"}}`, `{"api": {"latency": {"distribution": "lognormal", "p50": 1, "p99": 2}}}`,
		`{"token": {"latency": {"distribution": "percentiles", "p50": 1, "p99": 2}}}`, `{"token": null, "ttl": "9s"}`,
		`{"seed": 1e3, "token": {"errors": [{"rate": 0.5, "status": 502}], "outages": [{"for": "1ms", "every": "2ms"}]}}`,
		`{"token": {"rate_limit": {"per_second": 1e-3, "burst": 1}, "truncated_body": {"keep": 0.1}}}`, `{"ttl": 1e300}`,
		`{"clock_skew": {"server": "-1h", "api": 1e3}, "tls": {"handshake_delay": {"distribution": "exponential", "mean": 1}}}`,
	} {
		f.Add([]byte(document))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		i := New(time.Now, byHeader)
		if err := i.Put(document); err != nil {
			require.NotEmpty(t, err.Error())
			require.Nil(t, i.plan.Load())
			return
		}
		again, err := i.Document()
		require.NoError(t, err)
		require.NoError(t, i.Put(again))
		twice, err := i.Document()
		require.NoError(t, err)
		require.JSONEq(t, string(again), string(twice))
		require.NoError(t, i.Patch([]byte(`{}`)))
		i.Close() // nothing waits
		defer func() {
			if failure := recover(); failure != nil && failure != http.ErrAbortHandler { //nolint:errorlint // what panics is the value itself
				panic(failure)
			}
		}()
		direct(i.Wrap(Token, endpoint))
	})
}
