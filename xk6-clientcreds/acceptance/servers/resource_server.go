package servers

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// ResourceServer is a protected API that asks the authorization server about every token it gets
// (RFC 7662): one that is not active is refused as RFC 6750 §3.1 says.
type ResourceServer struct {
	*httptest.Server

	introspection string
	ask           *http.Client

	mu      sync.Mutex
	Results map[string]int // "active", "inactive", "none", "unknown"
}

// StartResourceServer starts the API at a free port.
func StartResourceServer(t *testing.T, c Certificates, issuer string) *ResourceServer {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: c.Client(), MaxIdleConnsPerHost: 50}
	s := &ResourceServer{
		introspection: issuer + "/token/introspection",
		ask:           &http.Client{Transport: transport},
		Results:       make(map[string]int),
	}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.answer))
	s.TLS = c.Server(t)
	s.StartTLS()
	t.Cleanup(func() {
		s.Close()
		transport.CloseIdleConnections()
	})
	return s
}

func (s *ResourceServer) answer(w http.ResponseWriter, r *http.Request) {
	result := s.check(r)
	s.mu.Lock()
	s.Results[result]++
	s.mu.Unlock()
	switch result {
	case "active":
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"orders":[]}`))
	case "none":
		w.Header().Set("WWW-Authenticate", `Bearer realm="orders"`)
		w.WriteHeader(http.StatusUnauthorized)
	case "inactive":
		w.Header().Set("WWW-Authenticate", `Bearer realm="orders", error="invalid_token"`)
		w.WriteHeader(http.StatusUnauthorized)
	default:
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

func (s *ResourceServer) check(r *http.Request) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return "none"
	}
	answer, ok := s.Introspect(r.Context(), token)
	switch {
	case !ok:
		return "unknown"
	case !answer.Active:
		return "inactive"
	}
	return "active"
}

// Introspected holds the answer of an introspection endpoint (RFC 7662).
type Introspected struct {
	Active       bool              `json:"active"`
	Confirmation map[string]string `json:"cnf"`
}

// Introspect asks the authorization server about a token. It reports false if the server did not answer.
func (s *ResourceServer) Introspect(ctx context.Context, token string) (answer Introspected, ok bool) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.introspection,
		strings.NewReader(url.Values{"token": {token}}.Encode()))
	if err != nil {
		return answer, false
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("resource-server", "resource-server-secret")
	resp, err := s.ask.Do(req)
	if err != nil {
		return answer, false
	}
	defer resp.Body.Close()
	return answer, json.NewDecoder(resp.Body).Decode(&answer) == nil
}

// SawOnly fails the test unless every request got that result.
func (s *ResourceServer) SawOnly(t *testing.T, result string, n int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.Equal(t, map[string]int{result: n}, s.Results)
}
