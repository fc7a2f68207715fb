package scenarios

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

func TestScenarioClientCardinality(t *testing.T) {
	clients, file := servers.ManyClients(t, 10)
	env := []string{"CLIENTS_FILE=" + file, "CLIENTS=1,2,10", "VUS=4", "DURATION=1500ms", "PAUSE=0.01"}
	serving := func(c *authserver.Config) {
		c.Clients, c.Faults = clients, []byte(`{"token": {"latency": "20ms"}}`)
	}
	runScenarios(t, "scripts/client-cardinality.js", map[string]scenario{
		"good": {
			server: serving,
			env:    env,
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				require.Regexp(t, `(?m)^           10: [0-9]+ grants, 0.00% failed, p50 .*; [01]\.[0-9]+ times as long$`,
					r.Unwrapped())
				granted := stats.TokenRequests.ByClient
				require.Len(t, granted, len(clients))
				require.Greater(t, granted["shop-1"], granted["shop-2"], "the only one of the first step")
				require.Greater(t, granted["shop-2"], granted["shop-3"], "which came last")
				for id, n := range granted {
					require.Positive(t, n, id)
				}
			},
		},
		"the server remembers two clients": {
			server: func(c *authserver.Config) {
				serving(c)
				c.TokenMiddleware = []authserver.Middleware{(&clientCache{room: 2}).look}
			},
			env:     env,
			exit:    k6test.ExitThresholds,
			crossed: []string{"client_slowdown{clients:10}"},
			saw: func(t *testing.T, _ authserver.Stats, r k6test.Result) {
				t.Helper()
				require.NotContains(t, r.Crossed(), "client_slowdown{clients:2}")
			},
		},
		"too short to ask for each client": {
			server:  serving,
			env:     append(slices.Clone(env), "DURATION=200ms", "VUS=1", "PAUSE=0.1"),
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_requests{clients:10}"},
		},
	})
}

func TestScenarioHotClient(t *testing.T) {
	clients, file := servers.ManyClients(t, 20)
	env := []string{"CLIENTS_FILE=" + file, "VUS=8", "DURATION=3s", "PAUSE=0.02", "SHARE=0.8"}
	serving := func(faults string) func(c *authserver.Config) {
		return func(c *authserver.Config) { c.Clients, c.Faults = clients, []byte(faults) }
	}
	runScenarios(t, "scripts/hot-client.js", map[string]scenario{
		"good": {
			server: serving(`{"token": {"latency": "20ms"}}`),
			env:    env,
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				hot := stats.TokenRequests.ByClient["shop-1"]
				require.EqualValues(t, r.Summary.Count("clientcreds_requests{client:hot}"), hot, "the others are never the hot one")
				require.InDelta(t, 0.8, float64(hot)/float64(stats.TokenRequests.Total), 0.1)
			},
		},
		"a limit for each client": {
			server:  serving(`{"token": {"rate_limit": {"per_second": 10, "by": "client"}}}`),
			env:     env,
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_request_failed{client:hot}"},
			saw: func(t *testing.T, _ authserver.Stats, r k6test.Result) {
				t.Helper()
				require.NotContains(t, r.Crossed(), "clientcreds_request_failed{client:others}")
			},
		},
		"a lock for each client": {
			server: func(c *authserver.Config) {
				serving(`{}`)(c)
				c.TokenMiddleware = []authserver.Middleware{onePerClient(20 * time.Millisecond)}
			},
			env:     env,
			exit:    k6test.ExitThresholds,
			crossed: []string{"hot_slowdown"},
		},
	})
}

// clientCache is a server's cache of the clients that it saw last. To look up another
// one takes a while.
type clientCache struct {
	room int
	mu   sync.Mutex
	ids  []string // the newest last
}

func (c *clientCache) look(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id, _, _ := r.BasicAuth(); !c.has(id) {
			<-time.After(100 * time.Millisecond)
		}
		next.ServeHTTP(w, r)
	})
}

// has reports whether a client is in the cache, and adds it.
func (c *clientCache) has(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.ids, id)
	if i >= 0 {
		c.ids = slices.Delete(c.ids, i, i+1)
	}
	c.ids = append(c.ids, id)
	c.ids = c.ids[max(len(c.ids)-c.room, 0):]
	return i >= 0
}

// onePerClient is a server that works on one grant of each client at a time.
func onePerClient(work time.Duration) authserver.Middleware {
	var locks sync.Map
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			id, _, _ := r.BasicAuth()
			lock, _ := locks.LoadOrStore(id, new(sync.Mutex))
			mutex := lock.(*sync.Mutex)
			mutex.Lock()
			defer mutex.Unlock()
			<-time.After(work)
			next.ServeHTTP(w, r)
		})
	}
}
