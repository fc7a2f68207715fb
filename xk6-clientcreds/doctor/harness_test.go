package doctor

import (
	"compress/zlib"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testID     = "demo"
	testSecret = "the-secret-of-demo"
)

// examined is a local server, and what the doctor is told of it.
type examined struct {
	server *authserver.Server
	cfg    Config
}

// serve starts a server, with the changes that a test makes.
func serve(t *testing.T, change func(*authserver.Config)) *examined {
	t.Helper()
	sc := authserver.Config{Clients: []authserver.Client{{
		ID: testID, Secret: secret.New(testSecret),
		Scope: "orders.read orders.write",
	}}}
	if change != nil {
		change(&sc)
	}
	server, err := authserver.New(sc)
	require.NoError(t, err)
	require.NoError(t, server.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, server.Shutdown(ctx))
	})
	e := server.Endpoints()
	return &examined{server, Config{
		Issuer: e.Issuer, ClientID: sc.Clients[0].ID, ClientSecret: secret.New(sc.Clients[0].Secret.Reveal()),
		Scope: strings.Fields(sc.Clients[0].Scope), APIURL: e.API + "orders",
	}}
}

// run examines, with the changes that a test makes to the configuration.
func (x *examined) examine(t *testing.T, change func(*Config)) *Report {
	t.Helper()
	cfg := x.cfg
	if change != nil {
		change(&cfg)
	}
	return examine(t, cfg)
}

func examine(t *testing.T, cfg Config) *Report {
	t.Helper()
	report, err := Run(t.Context(), cfg)
	require.NoError(t, err)
	counted := make(map[Status]int)
	for _, c := range report.Checks {
		counted[c.Status]++
		require.NotEmpty(t, c.Summary, c.ID)
	}
	require.Equal(t, counted, report.Counts)
	require.Equal(t, counted[Failed] == 0, report.Usable)
	return report
}

// get returns the result of a check, which must be there once.
func (r *Report) get(t *testing.T, id string) Result {
	t.Helper()
	var found []Result
	for _, c := range r.Checks {
		if c.ID == id {
			found = append(found, c)
		}
	}
	require.Len(t, found, 1, "%s in %s", id, r.ids())
	return found[0]
}

func (r *Report) ids() string {
	var words []string
	for _, c := range r.Checks {
		words = append(words, c.ID+"="+string(c.Status))
	}
	return strings.Join(words, " ")
}

// isOnly fails the test unless exactly these checks have a status that is worse than Info.
func (r *Report) isOnly(t *testing.T, want map[string]Status) {
	t.Helper()
	got := make(map[string]Status)
	for _, c := range r.Checks {
		if c.Status == Warning || c.Status == Failed {
			got[c.ID] = c.Status
		}
	}
	require.Equal(t, want, got)
}

// answers changes what an endpoint answers. members is nil if that is not a JSON object.
func answers(change func(h http.Header, members map[string]any)) authserver.Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			next.ServeHTTP(rec, r)
			for name, values := range rec.Header() {
				w.Header()[name] = values
			}
			body := rec.Body.Bytes()
			var members map[string]any
			isObject := json.Unmarshal(body, &members) == nil
			change(w.Header(), members)
			if isObject {
				body, _ = json.Marshal(members)
			}
			w.WriteHeader(rec.Code)
			_, _ = w.Write(body)
		})
	}
}

// secondTokenAgain gives the first token a second time, and then others.
func secondTokenAgain() authserver.Middleware {
	var tokens []any
	return answers(func(_ http.Header, m map[string]any) {
		if tokens = append(tokens, m["access_token"]); len(tokens) == 2 {
			m["access_token"] = tokens[0]
		}
	})
}

// deflated compresses every answer, whether or not the client asked for it.
func deflated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Encoding", "deflate")
		w.Header().Del("Content-Length")
		w.WriteHeader(rec.Code)
		z := zlib.NewWriter(w)
		_, _ = z.Write(rec.Body.Bytes())
		_ = z.Close()
	})
}

// status answers with a status and nothing else, from the n-th request on.
func status(code, n int, header ...string) authserver.Middleware {
	var mu sync.Mutex
	seen := 0
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			seen++
			late := seen >= n
			mu.Unlock()
			if !late {
				next.ServeHTTP(w, r)
				return
			}
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
		})
	}
}
