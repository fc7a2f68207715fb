package verdicts

import (
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// where is a server that gives another answer to some requests, which are chosen by their number, from 1.
func where(chosen func(n int64) bool, other http.HandlerFunc) authserver.Middleware {
	var requests atomic.Int64
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if chosen(requests.Add(1)) {
				other(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// delayed is a server that takes its time.
func delayed(by time.Duration) authserver.Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(by):
				next.ServeHTTP(w, r)
			case <-r.Context().Done():
			}
		})
	}
}

// hangingFrom is a server that does not answer from the nth request on.
func hangingFrom(n int64) authserver.Middleware {
	return where(func(i int64) bool { return i >= n }, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the client has gone
		<-r.Context().Done()
	})
}
