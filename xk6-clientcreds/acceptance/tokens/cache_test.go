package tokens

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// everyVU is a script in which each VU authorizes a few requests.
var everyVU = k6test.Fixture("every-vu.js")

// Each VU, all of them together, or each call asks for a token: the server counts which.
func TestCacheScopes(t *testing.T) {
	t.Parallel()
	for scope, issued := range map[string]int64{"vu": 20, "shared": 1, "none": 20 * 5} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			server := servers.StartLocal(t, nil)
			r := k6test.Run{Script: everyVU, Env: server.Env("CACHE_SCOPE="+scope, "VUS=20", "ITERATIONS=5")}.Do(t).Passes(t)
			stats := server.Stats()
			require.Equal(t, map[string]int64{"issued": issued}, stats.TokenRequests.ByResult)
			require.Equal(t, map[string]int64{"ok": 20 * 5}, stats.APIRequests.ByResult)
			server.Agrees(t, r)
			hits, misses := r.Summary.Count("clientcreds_cache_hits"), r.Summary.Count("clientcreds_cache_misses")
			require.Equal(t, 20*5, hits+misses)
			require.GreaterOrEqual(t, int64(misses), issued, "who sends a request waits for it")
		})
	}
}

// A token is used for as long as it is fresh and no longer. In a run of two lifetimes each VU needs
// two tokens, and asks for a third at most because it replaces them when three quarters are over;
// with the shared scope all VUs together do.
func TestCacheScopesAskOncePerLifetime(t *testing.T) {
	t.Parallel()
	for scope, askers := range map[string]int64{"vu": 20, "shared": 1} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			server := servers.StartLocal(t, func(c *authserver.Config) { c.TTL = 4 * time.Second })
			r := k6test.Run{Script: "scripts/api-load.js", Env: server.Env("CACHE_SCOPE="+scope, "LEEWAY=1s", "JITTER=0",
				"VUS=20", "DURATION=8s", "PAUSE=0.05")}.Do(t).Passes(t)
			issued := server.Stats().TokenRequests.ByResult["issued"]
			if scope == "vu" {
				issued-- // setup() is a VU of its own
			}
			require.GreaterOrEqual(t, issued, 2*askers)
			require.LessOrEqual(t, issued, 3*askers)
			server.Agrees(t, r)
		})
	}
}

// The main job: 20 VUs, with tokens that are replaced many times while the load goes on. Almost half of
// a lifetime is there for each replacement, so that a busy machine does not make it late.
func TestTokensAreReplacedUnderLoad(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, func(c *authserver.Config) { c.TTL = 4 * time.Second })
	r := k6test.Run{Script: "scripts/api-load.js", Env: server.Env("VUS=20", "DURATION=12s", "PAUSE=0.05",
		"LEEWAY=45%")}.Do(t).Passes(t)

	stats := server.Stats()
	server.Agrees(t, r)
	require.Equal(t, map[string]int64{"ok": stats.APIRequests.Total}, stats.APIRequests.ByResult, "not one 401")
	require.Equal(t, map[string]int64{"issued": stats.TokenRequests.Total}, stats.TokenRequests.ByResult)
	require.GreaterOrEqual(t, r.TokenRequests("early"), 20*4, "each lasts for half of its lifetime, about two seconds")
	require.Zero(t, r.TokenRequests("expired"))
	require.Zero(t, r.Summary.Count("clientcreds_expired_token_uses"))
	require.Zero(t, r.Summary.Count("clientcreds_rejections"))
	require.Zero(t, r.Summary.Value("http_req_failed", "passes"))
	require.Equal(t, 20+1, r.Summary.Count("clientcreds_cache_misses"), "replacements happen in the background")
}

// A thousand VUs need the same token at the same time.
func TestColdStartOfAThousandVUsSharesOneRequest(t *testing.T) {
	server := servers.StartLocal(t, nil)
	r := k6test.Run{Script: everyVU, Env: server.Env("CACHE_SCOPE=shared", "VUS=1000", "ITERATIONS=1")}.Do(t).Passes(t)
	stats := server.Stats()
	require.Equal(t, map[string]int64{"issued": 1}, stats.TokenRequests.ByResult)
	require.EqualValues(t, 1, stats.TokenRequests.Total)
	require.Equal(t, map[string]int64{"ok": 1000}, stats.APIRequests.ByResult)
	server.Agrees(t, r)
}

// herd is the series of arrivals at a token endpoint, by client.
type herd struct {
	mu       sync.Mutex
	arrivals map[string][]time.Time
}

func (h *herd) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _, _ := r.BasicAuth()
		h.mu.Lock()
		h.arrivals[id] = append(h.arrivals[id], time.Now())
		h.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// refreshPeak returns the most refreshes of a client within any 100 ms, where vus of its requests
// are the cold start.
func (h *herd) refreshPeak(t *testing.T, id string, vus int) int {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	require.Len(t, h.arrivals[id], 2*vus, "one token and its replacement for each VU")
	refreshes := h.arrivals[id][vus:]
	peak, oldest := 0, 0
	for i, at := range refreshes {
		for at.Sub(refreshes[oldest]) >= 100*time.Millisecond {
			oldest++
		}
		peak = max(peak, i-oldest+1)
	}
	return peak
}

// VUs that got their tokens together would replace them together; jitter spreads that.
func TestJitterSpreadsTheRefreshesOfAThousandVUs(t *testing.T) {
	const vus = 1000
	h := &herd{arrivals: make(map[string][]time.Time)}
	server := servers.StartLocal(t, func(c *authserver.Config) {
		c.TTL = 30 * time.Second
		c.Clients = []authserver.Client{{ID: "jitter-0", Secret: secret.New(servers.LocalSecret)}, {ID: "jitter-40", Secret: secret.New(servers.LocalSecret)}}
		c.TokenMiddleware = []authserver.Middleware{h.record}
	})
	r := k6test.Run{
		Script: k6test.Fixture("herd.js"),
		Env:    server.Env("VUS=1000", "SCOPE="),
	}.Do(t).Passes(t)
	require.Equal(t, 4*vus, r.Summary.Count("clientcreds_requests"))
	together, spread := h.refreshPeak(t, "jitter-0", vus), h.refreshPeak(t, "jitter-40", vus)
	t.Logf("most refreshes in 100 ms: %d without jitter, %d with", together, spread)
	require.Less(t, 5*spread, together)
}
