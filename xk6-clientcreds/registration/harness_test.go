package registration

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

const (
	initial  = "initial-access-token"
	endpoint = "https://idp.test/register"
)

// server is a registration endpoint without a network.
type server struct {
	mu       sync.Mutex
	clients  map[string]map[string]any // by client_id: the metadata
	requests []string
	// answer may answer a request in place of the server, after it did what it was asked for if done is true. It is
	// called with the lock held.
	answer func(n int, req *http.Request) (resp *http.Response, done bool, err error)
	// change changes the answer to a registration.
	change func(map[string]any)
}

func newServer() *server { return &server{clients: make(map[string]map[string]any)} }

func response(status int, body string, header ...string) *http.Response {
	resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	for i := 0; i < len(header); i += 2 {
		resp.Header.Set(header[i], header[i+1])
	}
	return resp
}

func (s *server) do(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	s.requests = append(s.requests, req.Method)
	var other *http.Response
	var otherErr error
	if s.answer != nil {
		var done bool
		if other, done, otherErr = s.answer(len(s.requests), req); (other != nil || otherErr != nil) && !done {
			return other, otherErr
		}
	}
	resp, err := s.serve(req)
	if other != nil || otherErr != nil {
		return other, otherErr
	}
	return resp, err
}

func (s *server) serve(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodDelete {
		id := filepath.Base(req.URL.Path)
		if s.clients[id] == nil || req.Header.Get("Authorization") != "Bearer manager-"+id {
			return response(http.StatusUnauthorized, `{"error":"invalid_token"}`), nil
		}
		delete(s.clients, id)
		return response(http.StatusNoContent, ""), nil
	}
	if got := req.Header.Get("Authorization"); got != "Bearer "+initial {
		return response(http.StatusUnauthorized,
			fmt.Sprintf(`{"error":"invalid_token","error_description":"not valid: %s"}`, got)), nil
	}
	var m map[string]any
	if err := json.NewDecoder(req.Body).Decode(&m); err != nil {
		return nil, err
	}
	id := fmt.Sprintf("id-%d", len(s.requests))
	s.clients[id] = m
	answer := map[string]any{
		"client_id": id, "token_endpoint_auth_method": m["token_endpoint_auth_method"], "grant_types": m["grant_types"],
		"registration_access_token": "manager-" + id, "registration_client_uri": endpoint + "/" + id,
	}
	if method, _ := m["token_endpoint_auth_method"].(string); strings.HasPrefix(method, "client_secret") {
		answer["client_secret"], answer["client_secret_expires_at"] = "secret-of-"+id, 0
	}
	if s.change != nil {
		s.change(answer)
	}
	body, err := json.Marshal(answer)
	return response(http.StatusCreated, string(body)), err
}

// names returns the names of the clients that the server has.
func (s *server) names() map[string]int {
	names := make(map[string]int)
	for _, m := range s.clients {
		name, _ := m["client_name"].(string)
		names[name]++
	}
	return names
}

func settings(change func(*Template)) Settings {
	s := Settings{Endpoint: endpoint, Template: Template{Name: "load", Auth: "client_secret_basic"}}
	if change != nil {
		change(&s.Template)
	}
	return s
}

// newRun makes a run with a journal in a folder of its own.
func newRun(t *testing.T, s *server, change func(*Template)) (*Run, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clients.json.journal")
	j, err := NewJournal(path, settings(change))
	require.NoError(t, err)
	require.NoError(t, j.Settings.Template.Prepare())
	return newRunOf(s, j), path
}

// reopen reads the journal as another process does, and makes a run of it.
func reopen(t *testing.T, s *server, path string) *Run {
	t.Helper()
	j, err := OpenJournal(path)
	require.NoError(t, err)
	require.NoError(t, j.Settings.Template.Prepare())
	return newRunOf(s, j)
}

// pool returns the clients of the pool file.
func pool(t *testing.T, j *Journal) []map[string]any {
	t.Helper()
	text, err := j.Pool()
	require.NoError(t, err)
	var clients []map[string]any
	if text != nil {
		require.NoError(t, json.Unmarshal(text, &clients))
	}
	return clients
}

func newRunOf(s *server, j *Journal) *Run {
	at := Endpoint{URL: endpoint, InitialAccessToken: secret.New(initial), Do: s.do}
	return &Run{Endpoint: at, Journal: j, Concurrency: 4}
}
