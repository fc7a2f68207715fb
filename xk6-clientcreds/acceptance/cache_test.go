package acceptance

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// everyVU is a script in which each VU authorises a few requests.
const everyVU = "xk6-clientcreds/acceptance/testdata/every-vu.js"

// Each VU, all of them together, or each call asks for a token: the server counts which.
func TestCacheScopes(t *testing.T) {
	t.Parallel()
	for scope, issued := range map[string]int64{"vu": 20, "shared": 1, "none": 20 * 5} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			server := startLocalServer(t, nil)
			r := k6run{script: everyVU, env: server.env("CACHE_SCOPE="+scope, "VUS=20", "ITERATIONS=5")}.do(t).passes(t)
			stats := server.Stats()
			require.Equal(t, map[string]int64{"issued": issued}, stats.TokenRequests.ByResult)
			require.Equal(t, map[string]int64{"ok": 20 * 5}, stats.APIRequests.ByResult)
			server.agrees(t, r)
			hits, misses := r.summary.count("clientcreds_cache_hits"), r.summary.count("clientcreds_cache_misses")
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
			server := startLocalServer(t, func(c *authserver.Config) { c.TTL = 4 * time.Second })
			r := k6run{script: "scripts/api-load.js", env: server.env("CACHE_SCOPE="+scope, "LEEWAY=1s", "JITTER=0",
				"VUS=20", "DURATION=8s", "PAUSE=0.05")}.do(t).passes(t)
			issued := server.Stats().TokenRequests.ByResult["issued"]
			if scope == "vu" {
				issued-- // setup() is a VU of its own
			}
			require.GreaterOrEqual(t, issued, 2*askers)
			require.LessOrEqual(t, issued, 3*askers)
			server.agrees(t, r)
		})
	}
}

// The main job: 20 VUs, with tokens that are replaced many times while the load goes on. Almost half of
// a lifetime is there for each replacement, so that a busy machine does not make it late.
func TestTokensAreReplacedUnderLoad(t *testing.T) {
	t.Parallel()
	server := startLocalServer(t, func(c *authserver.Config) { c.TTL = 4 * time.Second })
	r := k6run{script: "scripts/api-load.js", env: server.env("VUS=20", "DURATION=12s", "PAUSE=0.05",
		"LEEWAY=45%")}.do(t).passes(t)

	stats := server.Stats()
	server.agrees(t, r)
	require.Equal(t, map[string]int64{"ok": stats.APIRequests.Total}, stats.APIRequests.ByResult, "not one 401")
	require.Equal(t, map[string]int64{"issued": stats.TokenRequests.Total}, stats.TokenRequests.ByResult)
	require.GreaterOrEqual(t, r.tokenRequests("early"), 20*4, "each lasts for half of its lifetime, about two seconds")
	require.Zero(t, r.tokenRequests("expired"))
	require.Zero(t, r.summary.count("clientcreds_expired_token_uses"))
	require.Zero(t, r.summary.count("clientcreds_rejections"))
	require.Zero(t, r.summary.value("http_req_failed", "passes"))
	require.Equal(t, 20+1, r.summary.count("clientcreds_cache_misses"), "replacements happen in the background")
}

// A thousand VUs need the same token at the same time.
func TestColdStartOfAThousandVUsSharesOneRequest(t *testing.T) {
	server := startLocalServer(t, nil)
	r := k6run{script: everyVU, env: server.env("CACHE_SCOPE=shared", "VUS=1000", "ITERATIONS=1")}.do(t).passes(t)
	stats := server.Stats()
	require.Equal(t, map[string]int64{"issued": 1}, stats.TokenRequests.ByResult)
	require.EqualValues(t, 1, stats.TokenRequests.Total)
	require.Equal(t, map[string]int64{"ok": 1000}, stats.APIRequests.ByResult)
	server.agrees(t, r)
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
	server := startLocalServer(t, func(c *authserver.Config) {
		c.TTL = 30 * time.Second
		c.Clients = []authserver.Client{{ID: "jitter-0", Secret: localSecret}, {ID: "jitter-40", Secret: localSecret}}
		c.TokenMiddleware = []authserver.Middleware{h.record}
	})
	r := k6run{
		script: "xk6-clientcreds/acceptance/testdata/herd.js",
		env:    server.env("VUS=1000", "SCOPE="),
	}.do(t).passes(t)
	require.Equal(t, 4*vus, r.summary.count("clientcreds_requests"))
	together, spread := h.refreshPeak(t, "jitter-0", vus), h.refreshPeak(t, "jitter-40", vus)
	t.Logf("most refreshes in 100 ms: %d without jitter, %d with", together, spread)
	require.Less(t, 5*spread, together)
}
