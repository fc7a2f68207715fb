package authserver

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// demo is the client of most tests. Its secret has characters that must be
// form-encoded.
var demo = Client{ID: "demo", Secret: secret.New("s3cret+/%&=:"), Scope: "orders.read orders.write"}

// start runs a server until the test ends.
func start(t testing.TB, cfg Config) *Server {
	t.Helper()
	if cfg.Clients == nil {
		cfg.Clients = []Client{demo}
	}
	s, err := New(cfg)
	require.NoError(t, err)
	require.NoError(t, s.Start(context.Background()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, s.Shutdown(ctx))
	})
	return s
}

// offline returns a server that is not reachable, and the handler of its port.
func offline(t testing.TB, cfg Config) (*Server, http.Handler) {
	t.Helper()
	if cfg.Clients == nil {
		cfg.Clients = []Client{demo}
	}
	s, err := New(cfg)
	require.NoError(t, err)
	l := httptest.NewUnstartedServer(nil).Listener // for an address only
	require.NoError(t, l.Close())
	s.bind(l.Addr(), l.Addr())
	handlers, err := s.handlers(false)
	require.NoError(t, err)
	return s, handlers[0]
}

// answer is a response that has been read.
type answer struct {
	status int
	header http.Header
	body   string
}

// member returns a string member of the JSON object in the body.
func (a answer) member(t testing.TB, name string) string {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.body), &m), a.body)
	s, _ := m[name].(string)
	return s
}

type request struct {
	method, url, body string
	header            http.Header
}

func (q request) build(t testing.TB) *http.Request {
	t.Helper()
	r := httptest.NewRequest(q.method, q.url, strings.NewReader(q.body))
	if q.header != nil {
		r.Header = q.header
	}
	if strings.HasPrefix(q.url, adminPath) || q.url == statsPath {
		r.Host = "127.0.0.1"
	}
	if host := q.header.Get("Host"); host != "" {
		r.Host = host
	}
	return r
}

// ask lets the handler answer.
func (q request) ask(t testing.TB, h http.Handler) answer {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, q.build(t))
	return answer{w.Code, w.Header(), w.Body.String()}
}

// send sends the request over the network.
func (q request) send(t testing.TB, client *http.Client) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), q.method, q.url, strings.NewReader(q.body))
	require.NoError(t, err)
	if q.header != nil {
		r.Header = q.header
	}
	resp, err := client.Do(r)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return answer{resp.StatusCode, resp.Header, string(body)}
}

// post makes a POST of a form by a client that uses client_secret_basic. The
// parameters are "name=value".
func post(to string, c Client, parameters ...string) request {
	q := request{method: http.MethodPost, url: to, body: strings.Join(parameters, "&"), header: http.Header{
		"Content-Type": {formType},
	}}
	if c.ID != "" {
		q.header.Set("Authorization", basic(url.QueryEscape(c.ID), url.QueryEscape(c.Secret.Reveal())))
	}
	return q
}

func basic(user, password string) string {
	r := &http.Request{Header: make(http.Header)}
	r.SetBasicAuth(user, password)
	return r.Header.Get("Authorization")
}

func get(from, token string) request {
	q := request{method: http.MethodGet, url: from, header: make(http.Header)}
	if token != "" {
		q.header.Set("Authorization", "Bearer "+token)
	}
	return q
}

// issue gets a token from the handler.
func issue(t testing.TB, h http.Handler, parameters ...string) string {
	t.Helper()
	a := post("/token", demo, append(parameters, "grant_type=client_credentials")...).ask(t, h)
	require.Equal(t, http.StatusOK, a.status, a.body)
	token := a.member(t, "access_token")
	require.NotEmpty(t, token)
	return token
}
