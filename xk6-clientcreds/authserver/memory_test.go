package authserver

import (
	"net/http"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// heap returns the size of what the program uses, in bytes.
func heap() int64 {
	runtime.GC()
	runtime.GC() // the first one moves what pools have to their victims
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) // #nosec G115 -- far below the limit
}

// A server that has issued a million tokens is as large as one that has issued none: tokens describe themselves.
func TestTokensTakeNoMemory(t *testing.T) { // not in parallel: it measures the memory of the process
	const warm, tokens, perToken = 2_000, 50_000, 1 // byte: a million take at most 1 MB
	for _, format := range []TokenFormat{Opaque, JWT} {
		_, h := offline(t, Config{TokenFormat: format})
		q := post("/token", demo, "grant_type=client_credentials", "scope=orders.read")
		r, content, w := q.build(t), new(body), &discard{header: make(http.Header)}
		r.Body = content
		serve := func(n int) {
			for range n {
				content.Reset([]byte(q.body))
				h.ServeHTTP(w, r)
			}
		}
		serve(warm)
		before := heap()
		serve(tokens)
		require.Less(t, heap()-before, int64(tokens*perToken), format)
	}
}
