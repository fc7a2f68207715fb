package verdicts

import (
	"net/http"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// rightRuns are runs that must be PASS, although some look wrong.
func rightRuns() []judgedRun {
	return []judgedRun{
		{what: "One token for each virtual user, from the cache", code: "client.get(api); sleep(0.05)"},
		{what: "A new token for every request", client: "cache: { scope: 'none' }", code: "client.get(api); sleep(0.05)"},
		{
			what: "k6 ends iterations while they request tokens", server: servers.WithFaults(`{"token": {"latency": "300ms"}}`),
			options: "scenarios: { grants: { executor: 'constant-vus', vus: 20, duration: '2s', gracefulStop: '0s' } }",
			code:    "client.acquire()",
		},
		{what: "`acquire()` only, and no request to an API", code: "client.acquire(); sleep(0.02)"},
		{
			what: "1,000 virtual users with one shared token", client: "cache: { scope: 'shared' }",
			options: "scenarios: { many: { executor: 'per-vu-iterations', vus: 1000, iterations: 1 } }", code: "client.get(api)",
		},
		{
			what: "Short lifetimes and a slow API, with a leeway for it", client: "cache: { leeway: '1s' }",
			options: "vus: 5, duration: '4s'", code: "client.get(api); sleep(0.2)",
			server: servers.WithFaults(`{"ttl": "2s", "api": {"latency": "300ms"}}`),
		},
		{
			what: "Background refreshes at the edge of the lifetime", options: "vus: 20, duration: '4s'",
			client: "cache: { leeway: '5%' }", code: "client.get(api); sleep(0.3 + Math.random())",
			server: servers.WithFaults(`{"ttl": "2s", "api": {"latency": "50ms"}}`),
		},
		{
			what: "Background refreshes fail now and then, and every request has its token", options: "vus: 1, duration: '4s'",
			client: "cache: { leeway: '75%' }, retry: { attempts: 1 }", code: "client.get(api); sleep(0.05)",
			server: func(c *authserver.Config) {
				c.TTL, c.TokenMiddleware = 4*time.Second, []authserver.Middleware{failing(2)}
			},
		},
		{
			what:   "The token endpoint is restarted, and retries bridge it",
			client: "retry: { attempts: 20, backoff: '50ms', maxBackoff: '200ms' }", options: "vus: 2, duration: '3s'",
			code:   "client.get(api); sleep(0.05)",
			server: servers.WithFaults(`{"token": {"outages": [{"for": "700ms", "how": "reset"}]}}`),
		},
		{
			what: "The script expects the 401s",
			code: "client.token(); http.get(api, { responseCallback: http.expectedStatuses(401) }); sleep(0.1)",
		},
		{
			what: "The script allows the 401s", server: unauthorized, code: "client.get(api); sleep(0.1)",
			options: "vus: 2, duration: '1s', ext: { clientcreds: { allow: ['rejections'] } }",
		},
		{
			what: "The exporter lingers", code: "client.get(api); sleep(0.05)",
			args: []string{"-o", "prometheus=addr=127.0.0.1:0,linger=1s"},
		},
		{
			what: "`count` in `summaryTrendStats`", options: "vus: 2, duration: '1s', summaryTrendStats: ['count', 'p(95)']",
			code: "client.get(api); sleep(0.02)",
		},
		{
			what: "k6's new summary format", args: []string{"--new-machine-readable-summary"},
			code: "client.get(api); sleep(0.05)",
		},
		{
			what: "Thresholds that hold",
			options: "vus: 2, duration: '1s', thresholds: { http_req_failed: ['rate<0.01'], clientcreds_rejections: " +
				"['count==0'] }",
			code: "client.get(api); sleep(0.05)",
		},
		{
			what: "Thresholds that k6 does not evaluate (`--no-thresholds`)", args: []string{"--no-thresholds"},
			options: "vus: 2, duration: '1s', thresholds: { http_reqs: ['count<1'] }", code: "client.get(api); sleep(0.05)",
		},
		{
			what:    "All iterations of `shared-iterations`",
			options: "scenarios: { batch: { executor: 'shared-iterations', vus: 2, iterations: 20 } }",
			code:    "client.get(api)",
		},
		{
			what: "DPoP with nonces that change", client: "dpop: true", code: "client.get(api); sleep(0.05)",
			server: func(c *authserver.Config) { c.DPoPNonce = time.Second },
		},
		{
			what: "JWTs, checked by introspection", code: "client.get(api); sleep(0.05)",
			server: func(c *authserver.Config) { c.TokenFormat, c.APICheck = authserver.JWT, authserver.CheckIntrospection },
		},
		{
			what: "The API answers 403 and 500 to some requests", code: "client.get(api); sleep(0.05)",
			server: servers.WithFaults(`{"api": {"errors": [{"rate": 0.2, "status": 500}, {"rate": 0.2, "status": 403}]}}`),
		},
	}
}

// failing is a token endpoint whose nth answer is 503.
func failing(n int64) authserver.Middleware {
	return where(func(i int64) bool { return i == n },
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
}
