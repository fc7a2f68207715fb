package project

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"sync"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
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

// endsTokensAt is an API whose tokens are over at their nth use.
func endsTokensAt(n int) authserver.Middleware {
	var mu sync.Mutex
	uses := make(map[string]int) // by Authorization
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			uses[r.Header.Get("Authorization")]++
			over := uses[r.Header.Get("Authorization")] >= n
			mu.Unlock()
			if over {
				servers.RejectToken(w)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
