package credentials

import (
	"bytes"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// echoes is a token endpoint that puts what it got into its errors, where a request has the
// parameter echo.
func echoes(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
		form, formErr := url.ParseQuery(string(body))
		early := form.Get("echo") == "exchange" && !form.Has("subject_token")
		if err != nil || formErr != nil || !form.Has("echo") || early {
			r.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(w, r)
			return
		}
		id, secret, _ := r.BasicAuth()
		decoded, _ := url.QueryUnescape(secret)
		text := strings.Join([]string{r.Header.Get("Authorization"), id, secret, decoded, r.Header.Get("DPoP"), string(body)},
			" ")
		if form.Get("echo") == "html" {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte("<html><body>" + html.EscapeString(text) + "</body></html>"))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "invalid_request", "error_description": text})
	})
}

// refusesAndQuotes is an API that, at one path, refuses every token and says which.
func refusesAndQuotes(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/refused") {
			next.ServeHTTP(w, r)
			return
		}
		quoted := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token", error_description="unknown token `+quoted+`"`)
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"token":"` + quoted + `"}`))
	})
}
