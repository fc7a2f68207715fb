package scenarios

import (
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

func TestScenarioSoakThroughExpiry(t *testing.T) {
	runScenarios(t, "scripts/soak-through-expiry.js", map[string]scenario{
		"good": {
			env: []string{"VUS=3", "DURATION=7s", "TTL=4s", "LEEWAY=45%"},
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				onlyGranted(t, stats)
				require.Equal(t, map[string]int64{"issued": stats.TokenRequests.Total}, stats.TokenRequests.ByResult)
				require.GreaterOrEqual(t, stats.TokenRequests.Total, int64(1+3+2*3), "for setup(), cold, and twice early")
				require.Equal(t, stats.TokenRequests.Total, int64(1+3+r.TokenRequests("early")))
			},
		},
		"replacements are waited for": {
			env:     []string{"VUS=3", "DURATION=5s", "TTL=3s", "LEEWAY=45%", "REFRESH=blocking", "EXPIRIES=1"},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_cache_misses"},
		},
		"tokens outlive the run": {
			env:     []string{"VUS=3", "DURATION=1s", "TTL=60s"},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_requests{reason:early}"},
		},
		"no tokens for a while": {
			server:  servers.WithFaults(`{"token": {"outages": [{"after": "2s", "for": "1m"}]}}`),
			env:     []string{"VUS=2", "DURATION=4s", "TTL=2s", "EXPIRIES=1"},
			exit:    k6test.ExitInvalid,
			crossed: []string{"checks", "clientcreds_request_failed"},
		},
		"tokens die early": {
			server:  func(c *authserver.Config) { c.APIMiddleware = []authserver.Middleware{servers.RejectsEveryFourth()} },
			env:     []string{"VUS=3", "DURATION=2s"},
			exit:    k6test.ExitInvalid,
			crossed: []string{"http_req_failed", "clientcreds_rejections"},
			lines:   []string{"  verdict  INVALID: {n} answers were 401"},
		},
	})
}

func TestScenarioShortTTL(t *testing.T) {
	runScenarios(t, "scripts/short-ttl.js", map[string]scenario{
		"good": {
			env:   []string{"VUS=2", "DURATION=6s", "TTL=3s", "LEEWAYS=0,45%", "PAUSE=0.05"},
			lines: []string{"  advice   cache.leeway 45% is enough"},
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				require.Regexp(t, `(?m)^  leeway   0: [0-9]+ token requests, [1-9][0-9]* waits, `, r.Unwrapped())
				require.Equal(t, stats.TokenRequests.Total, stats.Faults["ttl"]["token"], "of the lifetime that was asked for")
			},
		},
		"the server is too slow for it": {
			server:  servers.WithFaults(`{"token": {"latency": "1500ms"}}`),
			env:     []string{"VUS=2", "DURATION=5s", "TTL=2s", "LEEWAYS=10%,45%"},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_cache_misses{leeway:45%}"},
			lines:   []string{"  advice   none of these is enough: longer lifetimes are needed"},
		},
		"no tokens": {
			server:  servers.WithFaults(`{"token": {"outages": [{"after": "3s", "for": "1m"}]}}`),
			env:     []string{"VUS=1", "TTL=2s", "DURATION=5s", "LEEWAYS=10%,45%"},
			exit:    k6test.ExitInvalid,
			crossed: []string{"clientcreds_request_failed"},
			lines:   []string{"  advice   none, because token requests failed"},
		},
		"the API fails": {
			server:  servers.WithFaults(`{"api": {"errors": [{"rate": 0.25, "status": 503}]}}`),
			env:     []string{"VUS=2", "DURATION=2s", "TTL=2s", "LEEWAYS=45%"},
			exit:    k6test.ExitThresholds,
			crossed: []string{"checks{leeway:45%}"},
		},
	})
}

var worth = regexp.MustCompile(`without the cache a request takes ([0-9.]+) times as long`)

func TestScenarioAPIUncached(t *testing.T) {
	runScenarios(t, "scripts/api-uncached.js", map[string]scenario{
		"good": {
			server: servers.WithFaults(`{"token": {"latency": "100ms"}}`),
			env:    []string{"VUS=3", "DURATION=2s", "PAUSE=0.05", "LEEWAY=20%"},
			saw: func(t *testing.T, stats authserver.Stats, r k6test.Result) {
				t.Helper()
				onlyGranted(t, stats)
				uncached := r.Summary.Count("iterations{scenario:uncached}")
				require.Equal(t, uncached, r.Summary.Count("clientcreds_requests{scenario:uncached}"))
				require.EqualValues(t, 1+3+uncached, stats.TokenRequests.ByResult["issued"], "setup(), one each, and one each time")
				times := worth.FindStringSubmatch(r.Output)
				require.NotNil(t, times, r.Output)
				ratio, err := strconv.ParseFloat(times[1], 64)
				require.NoError(t, err)
				require.Greater(t, ratio, 2.0)
			},
		},
		"nothing is cached": {
			env:     []string{"VUS=3", "DURATION=1s", "CACHE_SCOPE=none"},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_cache_misses{scenario:cached}"},
		},
		"the server cannot do without the cache": {
			server:  servers.WithFaults(`{"token": {"rate_limit": {"per_second": 2, "burst": 5}}}`),
			env:     []string{"VUS=3", "DURATION=2s"},
			exit:    k6test.ExitThresholds,
			crossed: []string{"clientcreds_request_failed{scenario:uncached}"},
			saw: func(t *testing.T, _ authserver.Stats, r k6test.Result) {
				t.Helper()
				require.NotContains(t, r.Crossed(), "clientcreds_request_failed{scenario:cached}")
			},
		},
	})
}
