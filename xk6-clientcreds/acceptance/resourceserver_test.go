package acceptance

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// resourceServer is a protected API that asks the authorization server about every token it gets
// (RFC 7662): one that is not active is refused as RFC 6750 §3.1 says.
type resourceServer struct {
	*httptest.Server

	introspection string
	ask           *http.Client

	mu      sync.Mutex
	results map[string]int // "active", "inactive", "none", "unknown"
}

func startResourceServer(t *testing.T, c certificates, issuer string) *resourceServer {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: c.client(), MaxIdleConnsPerHost: 50}
	s := &resourceServer{
		introspection: issuer + "/token/introspection",
		ask:           &http.Client{Transport: transport},
		results:       make(map[string]int),
	}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.answer))
	s.TLS = c.server(t)
	s.StartTLS()
	t.Cleanup(func() {
		s.Close()
		transport.CloseIdleConnections()
	})
	return s
}

func (s *resourceServer) answer(w http.ResponseWriter, r *http.Request) {
	result := s.check(r)
	s.mu.Lock()
	s.results[result]++
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

func (s *resourceServer) check(r *http.Request) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return "none"
	}
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, s.introspection,
		strings.NewReader(url.Values{"token": {token}}.Encode()))
	if err != nil {
		return "unknown"
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("resource-server", "resource-server-secret")
	resp, err := s.ask.Do(req)
	if err != nil {
		return "unknown"
	}
	defer resp.Body.Close()
	var answer struct {
		Active bool `json:"active"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return "unknown"
	}
	if !answer.Active {
		return "inactive"
	}
	return "active"
}

// sawOnly fails the test unless every request got that result.
func (s *resourceServer) sawOnly(t *testing.T, result string, n int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.Equal(t, map[string]int{result: n}, s.results)
}
