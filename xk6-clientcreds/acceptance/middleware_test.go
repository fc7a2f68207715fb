package acceptance

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"sync/atomic"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// wantsParameters is a token endpoint that insists on what examples/request-parameters.js sends.
func wantsParameters(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
		form, formErr := url.ParseQuery(string(body))
		if err != nil || formErr != nil || form.Get("tenant") != "blue" ||
			form.Get("audience") != "https://api.example.com" || len(form["resource"]) != 2 ||
			r.Header.Get("X-Request-Source") != "load-test" {
			http.Error(w, "a parameter is missing", http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// unavailableTwice is a server that is too busy for its first two requests.
func unavailableTwice() authserver.Middleware {
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

// rejectsEveryFourth is an API that forgets tokens.
func rejectsEveryFourth() authserver.Middleware {
	var seen atomic.Int64
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if seen.Add(1)%4 == 0 {
				w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
