package verdicts

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

const (
	exitMarkedAsFailed = 110
	exitStoppedByREST  = 103
	exitStopped        = 105
	exitUnknown        = 255

	nobodyThere = "TOKEN_URL=http://127.0.0.1:9/token"
)

// unauthorized is an API that refuses every request.
func unauthorized(c *authserver.Config) {
	c.APIMiddleware = []authserver.Middleware{func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			w.WriteHeader(http.StatusUnauthorized)
		})
	}}
}

// wrongRuns are runs that must not be PASS.
func wrongRuns() []judgedRun {
	return []judgedRun{
		{
			what:    "Nothing listens at the token endpoint; the script calls `acquire()`, and a threshold on latency holds",
			code:    "client.acquire(); sleep(0.05)",
			options: "vus: 2, duration: '1s', thresholds: { http_req_duration: ['p(95)<50'] }",
			env:     []string{nobodyThere}, exit: k6test.ExitInvalid,
			reason: "not one token was granted: … token requests failed", rules: []string{"no_tokens_granted"},
		},
		{
			what: "Nothing listens at the token endpoint; the script calls `get()`",
			code: "try { client.get(api) } finally { sleep(0.1) }", env: []string{nobodyThere}, exit: k6test.ExitInvalid,
			reason: "not one token was granted: … token requests failed", rules: []string{"no_tokens_granted"},
		},
		{
			what: "The client's secret is wrong; the script calls `get()`",
			code: "try { client.get(api) } finally { sleep(0.1) }", env: []string{"CLIENT_SECRET=wrong-secret"},
			exit:   k6test.ExitInvalid,
			reason: "not one token was granted: … token requests failed", rules: []string{"no_tokens_granted"},
		},
		{
			what: "The client's secret is wrong; the script calls `acquire()`",
			code: "client.acquire(); sleep(0.05)", env: []string{"CLIENT_SECRET=wrong-secret"}, exit: k6test.ExitInvalid,
			reason: "not one token was granted: … token requests failed", rules: []string{"no_tokens_granted"},
		},
		{
			what: "Discovery finds no issuer", client: "tokenUrl: undefined, issuer: 'http://127.0.0.1:9'",
			code: "client.acquire(); sleep(0.05)", exit: k6test.ExitInvalid,
			reason: "not one token was granted: … token requests failed", rules: []string{"no_tokens_granted"},
		},
		{
			what: "A proxy refuses the token requests", code: "client.acquire(); sleep(0.05)",
			prepare: refusingProxy, exit: k6test.ExitInvalid,
			reason: "not one token was granted: … token requests failed", rules: []string{"no_tokens_granted"},
		},
		{
			what: "Tokens have expired when they arrive", code: "try { client.get(api) } finally { sleep(0.1) }",
			server: servers.WithFaults(`{"ttl": "1s", "token": {"latency": "1100ms"}}`), options: "vus: 2, duration: '2s'",
			exit:   k6test.ExitInvalid,
			reason: "not one token was granted: … token requests failed", rules: []string{"no_tokens_granted"},
		},
		{
			what: "Half of the token requests fail", code: "client.acquire(); sleep(0.02)",
			server: servers.WithFaults(`{"token": {"errors": [{"rate": 0.5, "error": "server_error"}]}}`), exit: k6test.ExitInvalid,
			reason: "… of … token requests failed (…%)", rules: []string{"failed_token_requests"},
		},
		{
			what: "The token endpoint fails in the middle of the test", options: "vus: 2, duration: '3s'",
			code:   "try { client.get(api) } finally { sleep(0.05) }",
			server: servers.WithFaults(`{"ttl": "1s"}`), exit: k6test.ExitInvalid,
			during: func(t *testing.T, s *servers.Local, _ *k6test.K6, _ string) {
				t.Helper()
				s.IsLoaded(t)
				s.PutFaults(t, `{"ttl": "1s", "token": {"outages": [{"for": "1m", "how": "reset"}]}}`)
			},
			reason: "… of … token requests failed (…%); … of … calls that needed a token got none (…%)",
			rules:  []string{"failed_token_requests", "missing_tokens"},
		},
		{
			what: "The API answers 401 to `client.get()`", code: "client.get(api); sleep(0.1)", server: unauthorized,
			exit:   k6test.ExitInvalid,
			reason: "… answers were 401", rules: []string{"rejections"},
		},
		{
			what: "The API answers 401 to `client.asyncRequest()`", code: "await client.asyncRequest('GET', api); sleep(0.1)",
			server: unauthorized, exit: k6test.ExitInvalid, reason: "… answers were 401", rules: []string{"rejections"},
		},
		{
			what: "The API answers 401 to `client.batch()`", code: "client.batch([api, api]); sleep(0.1)",
			server: unauthorized, exit: k6test.ExitInvalid, reason: "… answers were 401", rules: []string{"rejections"},
		},
		{
			what:   "The API answers 401 to `http.get()` with `client.headers()`",
			code:   "http.get(api, { headers: client.headers() }); sleep(0.1)",
			server: unauthorized, exit: k6test.ExitInvalid, reason: "… answers were 401", rules: []string{"rejections"},
		},
		{
			what: "The API answers 401 to `http.asyncRequest()` with `client.token()`",
			code: "await http.asyncRequest('GET', api, null, { headers: { Authorization: `Bearer ${client.token()}` } }); " +
				"sleep(0.1)",
			server: unauthorized, exit: k6test.ExitInvalid, reason: "… answers were 401", rules: []string{"rejections"},
		},
		{
			what:   "The API answers 401 to a WebSocket handshake",
			code:   "ws.connect(api.replace('http', 'ws'), { headers: client.headers() }, () => {}); sleep(0.1)",
			server: unauthorized, exit: k6test.ExitInvalid, reason: "… answers were 401", rules: []string{"rejections"},
		},
		{
			what:   "The API answers 401 to every fourth request, and the client gets a new token each time",
			code:   "client.get(api); sleep(0.02)",
			server: func(c *authserver.Config) { c.APIMiddleware = []authserver.Middleware{servers.RejectsEveryFourth()} },
			exit:   k6test.ExitInvalid,
			reason: "… answers were 401", rules: []string{"rejections"},
		},
		{
			what: "Tokens are for another audience", client: "audience: 'https://other.example.com'",
			code: "client.get(api); sleep(0.1)",
			server: func(c *authserver.Config) {
				c.TokenFormat, c.APIAudience = authserver.JWT, "https://orders.example.com"
			}, exit: k6test.ExitInvalid,
			reason: "… answers were 401", rules: []string{"rejections"},
		},
		{
			what: "A redirect to another origin loses the token", code: "client.get(api); sleep(0.1)", prepare: redirectingAPI,
			exit:   k6test.ExitInvalid,
			reason: "… answers were 401", rules: []string{"rejections"},
		},
		{
			what: "Nothing listens at the API", code: "client.get(api); sleep(0.1)",
			env:  []string{"API_URL=http://127.0.0.1:9/"},
			exit: k6test.ExitInvalid, reason: "… of … requests failed (100%)", rules: []string{"failed_requests"},
		},
		{
			what: "The API answers 403 to every request, because the token lacks a scope", code: "client.get(api); sleep(0.1)",
			server: func(c *authserver.Config) { c.APIScope = "orders.admin" },
			exit:   k6test.ExitInvalid, reason: "… of … requests failed (100%)", rules: []string{"failed_requests"},
		},
		{
			what: "Every iteration ends with an exception", code: "client.get(api); sleep(0.1); throw new Error('broken')",
			exit: k6test.ExitInvalid, reason: "… of … iterations ended with an exception (100%)", rules: []string{"failed_iterations"},
		},
		{
			what: "One of two scenarios completes no iteration",
			options: "scenarios: { quick: { executor: 'constant-vus', vus: 1, duration: '1s' }, " +
				"slow: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' } }",
			code: "client.get(api); sleep(exec.scenario.name === 'slow' ? 60 : 0.1)",
			exit: k6test.ExitInvalid, reason: `scenario "slow" completed no iteration`, rules: []string{"idle_scenarios"},
		},
		{
			what: "Requests wait until their token has expired", options: "vus: 1, iterations: 1, batchPerHost: 1",
			code: "client.batch(Array(5).fill(api))", env: []string{"K6_CLIENTCREDS_ALLOW=rejections"},
			server: func(c *authserver.Config) {
				c.TTL, c.APIMiddleware = time.Second, []authserver.Middleware{delayed(400 * time.Millisecond)}
			},
			exit: k6test.ExitInvalid, reason: "… requests carried an expired token", rules: []string{"expired_token_uses"},
		},
		{
			what: "The script sends requests and never uses a token",
			code: "http.get(__ENV.ISSUER + '/.well-known/openid-configuration'); sleep(0.1)",
			exit: k6test.ExitInvalid, reason: "… requests were sent, and not one token was used", rules: []string{"no_tokens"},
		},
		{
			what: "The script does nothing", code: "sleep(0.1)", exit: k6test.ExitInvalid,
			reason: "not one token was used", rules: []string{"no_tokens"},
		},
		{
			what:    "No iteration is completed",
			options: "scenarios: { hang: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' } }",
			code:    "client.token(); sleep(60)", exit: k6test.ExitInvalid,
			reason: "no iteration was completed", rules: []string{"no_iterations"},
		},
		{
			what: "The arrival rate is not kept",
			options: "scenarios: { orders: { executor: 'constant-arrival-rate', rate: 20, duration: '1s', preAllocatedVUs: 1, " +
				"maxVUs: 1 } }",
			code: "client.get(api); sleep(0.2)", exit: k6test.ExitInvalid,
			reason: "… iterations were dropped (…%): the rate was not kept", rules: []string{"dropped_iterations"},
		},
		{
			what:    "`maxDuration` ends `shared-iterations`",
			options: "scenarios: { batch: { executor: 'shared-iterations', vus: 2, iterations: 500, maxDuration: '1s' } }",
			code:    "client.get(api); sleep(0.05)", exit: k6test.ExitInvalid,
			reason: `maxDuration ended scenario "batch" with … iterations undone`, rules: []string{"unfinished_iterations"},
		},
		{
			what:    "`maxDuration` ends `per-vu-iterations`",
			options: "scenarios: { batch: { executor: 'per-vu-iterations', vus: 2, iterations: 500, maxDuration: '1s' } }",
			code:    "client.get(api); sleep(0.05)", exit: k6test.ExitInvalid,
			reason: `maxDuration ended scenario "batch" with … iterations undone`, rules: []string{"unfinished_iterations"},
		},
		{
			what:    "k6 has no CPU left",
			options: "scenarios: { busy: { executor: 'constant-vus', vus: 20, duration: '6s', gracefulStop: '5s' } }",
			code:    "client.token(); for (const end = Date.now() + 50; Date.now() < end;);", env: []string{"GOMAXPROCS=1"},
			judged: true,
			exit:   k6test.ExitInvalid, reason: "k6 was at the limit of its CPU or late in …% of the time",
			rules: []string{"generator_saturated"},
		},
		{
			what: "The authorization server's clock is wrong", code: "client.get(api); sleep(0.1)",
			server: servers.WithFaults(`{"clock_skew": {"server": "1m", "api": "1m"}}`), exit: k6test.ExitInvalid,
			reason: "the server's clock and this one differ by … s", rules: []string{"clock_skew"},
		},
		{
			what: "An output loses samples",
			code: "http.get(api, { headers: client.headers(), tags: { n: String(exec.scenario.iterationInTest) } }); " +
				"sleep(0.05)",
			args: []string{"-o", "prometheus=addr=127.0.0.1:0,maxSeries=3,dropLabels="}, exit: k6test.ExitInvalid,
			reason: "… samples were lost by an output", rules: []string{"lost_samples"},
		},
		{
			what: "The run record cannot be written", code: "client.get(api); sleep(0.1)", exit: k6test.ExitInvalid,
			during: func(t *testing.T, s *servers.Local, _ *k6test.K6, file string) {
				t.Helper()
				s.IsLoaded(t)
				require.NoError(t, os.RemoveAll(filepath.Dir(file)))
			},
			reason: "the run record was not written: …", rules: []string{"results_not_written"},
		},
		{
			what: "SIGINT (Ctrl-C) stops the test", options: "vus: 2, duration: '60s'", code: "client.get(api); sleep(0.05)",
			during: interrupted(os.Interrupt), exit: exitStopped,
			reason: "stopped after … s of 60 s by SIGINT", rules: []string{"stopped_early"},
		},
		{
			what: "SIGTERM stops the test", options: "vus: 2, duration: '60s'", code: "client.get(api); sleep(0.05)",
			during: interrupted(syscall.SIGTERM), exit: exitStopped,
			reason: "stopped after … s of 60 s by SIGTERM", rules: []string{"stopped_early"},
		},
		{
			what: "The REST API stops the test", options: "vus: 2, duration: '60s'",
			code: "client.get(api); if (exec.scenario.iterationInTest > 5) http.patch(__ENV.STOP, __ENV.STOPPED, { " +
				"responseCallback: null }); sleep(0.05)",
			env: []string{"STOPPED=" + stopped}, prepare: restAPI, exit: exitStoppedByREST,
			reason: "stopped after … s of 60 s…", rules: []string{"stopped_early"},
		},
		{
			what: "The script stops the test (`exec.test.abort()`)", options: "vus: 2, duration: '60s'",
			code:   "client.get(api); sleep(0.05); if (exec.scenario.iterationInTest > 10) exec.test.abort('enough')",
			exit:   k6test.ExitAborted,
			reason: "stopped after … s of 60 s…", rules: []string{"stopped_early"},
		},
		{
			what: "A refused token stops the test (`onError: 'abort'`)", options: "vus: 1, duration: '60s'",
			client: "onError: 'abort'",
			code: "client.get(api); if (exec.scenario.iterationInTest > 5) { client.invalidate(); client.get(api) } " +
				"sleep(0.05)",
			server: func(c *authserver.Config) { c.TokenMiddleware = []authserver.Middleware{refusedFrom(2)} },
			exit:   k6test.ExitAborted,
			reason: "stopped after … s of 60 s…; 1 of 2 token requests failed (50%)…",
			rules:  []string{"stopped_early", "failed_token_requests", "missing_tokens"},
		},
		{
			what: "A client needs more token requests than `maxRequests` allows", options: "vus: 1, duration: '60s'",
			client: "maxRequests: 20", code: "client.acquire(); sleep(0.02)", exit: k6test.ExitAborted,
			reason: "stopped after … s of 60 s…", rules: []string{"stopped_early", "missing_tokens"},
		},
		{
			what:   "`setup()` ends with an exception",
			script: "export function setup() { client.token(); throw new Error('no') }\nexport default function () {}",
			exit:   k6test.ExitScriptException, reason: "no iteration was completed…",
			rules: []string{"no_iterations", "stopped_early"},
		},
		{
			what: "An asynchronous `setup()` is rejected",
			script: "export async function setup() { await client.tokenAsync(); throw new Error('no') }\nexport default " +
				"function () {}",
			exit: exitUnknown, reason: "no iteration was completed…", rules: []string{"no_iterations", "stopped_early"},
		},
		{
			what: "An asynchronous `teardown()` is rejected",
			script: "export default function () { client.get(api); sleep(0.1) }\nexport async function teardown() { throw new " +
				"Error('no') }",
			exit: exitUnknown, reason: "teardown() ended with an exception", rules: []string{"test_failed"}, late: true,
		},
		{
			what: "`teardown()` ends with an exception",
			script: "export default function () { client.get(api); sleep(0.1) }\nexport function teardown() { throw new " +
				"Error('no') }",
			exit: k6test.ExitScriptException, reason: "teardown() ended with an exception", rules: []string{"test_failed"},
			late: true,
		},
		{
			what: "The script marks the test as failed (`exec.test.fail()`)",
			code: "client.get(api); sleep(0.1); exec.test.fail('no')",
			exit: exitMarkedAsFailed, reason: "the script marked the test as failed", rules: []string{"test_failed"},
		},
		{
			what: "A threshold is crossed", options: "vus: 2, duration: '1s', thresholds: { http_reqs: ['count<1'] }",
			code: "client.get(api); sleep(0.1)",
			exit: k6test.ExitThresholds, reason: "1 threshold was crossed", rules: []string{"thresholds"},
		},
		{
			what: "A threshold with `abortOnFail` is crossed", code: "client.get(api); sleep(0.1)",
			options: "vus: 2, duration: '60s', thresholds: { http_reqs: [{ threshold: 'count<1', abortOnFail: true }] }",
			exit:    k6test.ExitThresholds, reason: "1 threshold was crossed", rules: []string{"thresholds"},
		},
	}
}

// stopped is the request to k6's REST API that stops a test.
const stopped = `{"data": {"type": "status", "id": "default", "attributes": {"stopped": true}}}`

// restAPI has k6 serve its REST API.
func restAPI(t *testing.T, _ *servers.Local) []string {
	t.Helper()
	address := k6test.FreeAddress(t)
	return []string{"K6_ADDRESS=" + address, "STOP=http://" + address + "/v1/status"}
}

// interrupted sends a signal when the load has begun.
func interrupted(by os.Signal) func(*testing.T, *servers.Local, *k6test.K6, string) {
	return func(t *testing.T, s *servers.Local, p *k6test.K6, _ string) {
		t.Helper()
		s.IsLoaded(t)
		require.NoError(t, p.Cmd.Process.Signal(by))
	}
}

// refusingProxy is a proxy that lets nobody through. Requests to loopback addresses do not take one.
func refusingProxy(t *testing.T, _ *servers.Local) []string {
	t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter,
		_ *http.Request,
	) {
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(proxy.Close)
	return []string{"HTTP_PROXY=" + proxy.URL, "TOKEN_URL=http://idp.example.com/token"}
}

// redirectingAPI is an API that has moved to the server's port from another one.
func redirectingAPI(t *testing.T, s *servers.Local) []string {
	t.Helper()
	to := s.Endpoints().API + "orders"
	moved := httptest.NewServer(http.RedirectHandler(to, http.StatusTemporaryRedirect))
	t.Cleanup(moved.Close)
	return []string{"API_URL=" + moved.URL}
}

// refusedFrom is a token endpoint that refuses the client from the nth request on.
func refusedFrom(n int64) authserver.Middleware {
	return where(func(i int64) bool { return i >= n }, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error": "invalid_client"}`)
	})
}
