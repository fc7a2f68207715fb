package acceptance

import (
	"bytes"
	"encoding/json"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
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
				refuse(w)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func refuse(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	w.WriteHeader(http.StatusUnauthorized)
}

// rejectsEveryFourth is an API that refuses good tokens at random.
func rejectsEveryFourth() authserver.Middleware {
	var seen atomic.Int64
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if seen.Add(1)%4 == 0 {
				refuse(w)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// issuedTokens is every token that went out of a token endpoint.
type issuedTokens struct {
	mu   sync.Mutex
	list []string
}

func (i *issuedTokens) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		var body struct {
			AccessToken string `json:"access_token"`
		}
		if json.Unmarshal(answer.Body.Bytes(), &body) == nil && body.AccessToken != "" {
			i.mu.Lock()
			i.list = append(i.list, body.AccessToken)
			i.mu.Unlock()
		}
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	})
}

func (i *issuedTokens) all() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.list)
}

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
