package servers

import (
	"net/http"
	"sync/atomic"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// UnavailableTwice is a server that is too busy for its first two requests.
func UnavailableTwice() authserver.Middleware {
	var seen atomic.Int64
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if seen.Add(1) <= 2 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// RejectToken answers as an API does that does not accept a token (RFC 6750 §3.1).
func RejectToken(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	w.WriteHeader(http.StatusUnauthorized)
}

// RejectsEveryFourth is an API that rejects every fourth token, although the token is valid.
func RejectsEveryFourth() authserver.Middleware {
	var seen atomic.Int64
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if seen.Add(1)%4 == 0 {
				RejectToken(w)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
