package jsmodule

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"
	"gopkg.in/guregu/null.v3"

	"go.k6.io/k6/v2/metrics"
)

// Token requests go over the VU's own transport, which carries k6's TLS options.
func TestTransportOfTheVUDecidesAboutTLS(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(e.serve))
	server.Config.ErrorLog = quiet()
	server.StartTLS()
	t.Cleanup(server.Close)
	e.URL = server.URL
	v := oneVU(t, e, "retry: {attempts: 1}")
	_, err := v.run(`client.token()`)
	require.ErrorContains(t, err, "TokenError: tls: ")

	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // #nosec G402 -- what insecureSkipTLSVerify does
	t.Cleanup(transport.CloseIdleConnections)
	v.state.Transport = transport
	v.forgives()
	assert.Equal(t, tokenNumber(1), v.mustRun(`client.token()`))
	samples := v.sampled()
	assert.Len(t, samples["clientcreds_request_tls_handshaking"], 1)
	assert.Equal(t, []string{"tls", ""}, tagsOf(samples["clientcreds_request_connecting"], "error"))
}

// The hosts option of k6 is its dialer's, which belongs to the VU's transport.
func TestTransportOfTheVUDecidesAboutHosts(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	address := e.Listener.Addr().String()
	e.URL = "http://idp.example:8080"
	v := oneVU(t, e, "")
	dialed := make(chan string, 1)
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialed <- addr
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	v.state.Transport = transport
	assert.Equal(t, tokenNumber(1), v.mustRun(`client.token()`))
	assert.Equal(t, "idp.example:8080", <-dialed)
}

func TestRPSLimitCountsTokenRequests(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "cache: {scope: 'none'}, timeout: '1h'")
	v.state.RPSLimit = rate.NewLimiter(rate.Every(24*time.Hour), 2)
	v.mustRun(`client.token(); client.acquire()`)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	v.rt.VU.CtxField = ctx
	_, err := v.run(`client.token()`)
	require.ErrorContains(t, err, "TokenError")
	assert.Equal(t, 2, e.count(), "the third would exceed the limit")
	assert.Equal(t, 2.0, sum(v.sampled()["clientcreds_requests"]), "what was not sent is not counted")
}

// Samples carry the scenario and the group in which they came about.
func TestSamplesCarryTheTagsOfTheMoment(t *testing.T) {
	t.Parallel()
	e, a := newEndpoint(t), newAPI(t)
	v := withAPI(t, e, a, "")
	within := func(scenario, group, code string) {
		v.state.Tags.Modify(func(tags *metrics.TagsAndMeta) {
			tags.SetTag("scenario", scenario)
			tags.SetTag("group", group)
			tags.SetMetadata("trace", group)
		})
		v.mustRun(code)
	}
	v.newIteration()
	within("one", "::a", `client.token()`)
	v.accepted(a)
	a.answer = func(n int, w http.ResponseWriter, _ *http.Request) bool { return n == 1 && unauthorized(w, "") }
	within("one", "::b", `client.get(api)`)
	within("one", "::c", `client.acquire()`)
	v.newIteration()
	within("two", "::d", `client.token(); client.acquire()`)

	samples := v.sampled()
	assert.Equal(t, []string{"::a", "::b", "::c", "::d"}, tagsOf(samples["clientcreds_requests"], "group"))
	assert.Equal(t, []string{"cold", "rejected", "acquire", "acquire"}, tagsOf(samples["clientcreds_requests"], "reason"))
	assert.Equal(t, []string{"one", "one", "one", "two"}, tagsOf(samples["clientcreds_requests"], "scenario"))
	assert.Equal(t, []string{"::a", "::b"}, tagsOf(samples["clientcreds_token_wait"], "group"))
	assert.Equal(t, []string{"::b"}, tagsOf(samples["clientcreds_rejections"], "group"))
	assert.Equal(t, []string{"one", "two"}, tagsOf(samples["clientcreds_cache_hits"], "scenario"),
		"one sample for each iteration")
	for _, s := range samples["clientcreds_requests"] {
		group, _ := s.Tags.Get("group")
		assert.Equal(t, group, s.Metadata["trace"])
	}
}

func TestHTTPMetricsOnlyWhenAskedFor(t *testing.T) {
	t.Parallel()
	for options, want := range map[string]int{"": 0, "httpMetrics: false": 0, "httpMetrics: true": 3} {
		e := newEndpoint(t)
		e.refuse = func(n int, w http.ResponseWriter) bool { return n == 2 && oauthError(w, 400, "invalid_scope", "") }
		v := oneVU(t, e, fmt.Sprintf("tokenUrl: %q, %s", e.URL+"/token?key=hidden", options))
		v.mustRun(`client.token(); client.acquire(); client.acquire()`)
		samples := v.sampled()
		for _, name := range []string{"http_reqs", "http_req_duration", "http_req_failed", "http_req_waiting"} {
			assert.Len(t, samples[name], want, options+" "+name)
		}
		for i, s := range samples["http_req_failed"] {
			assert.Equal(t, []float64{0, 1, 0}[i], s.Value)
		}
		assert.Len(t, samples["clientcreds_requests"], 3)
		for _, s := range samples["http_reqs"] {
			assert.Subset(t, s.Tags.Map(), map[string]string{
				"method": "POST", "name": e.URL + "/token", "url": e.URL + "/token",
				"client": "orders",
			})
		}
		assert.Equal(t, []string{"200", "400", "200"}[:want], tagsOf(samples["http_reqs"], "status"))
	}
}

func TestSeveralClientsInOneVU(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := newVU(t, New())
	v.mustRun(e.client("") + renamed("billing", e.client("clientId: 'billing'")) + renamed("again", e.client("")))
	v.start()
	assert.Equal(t, []any{tokenNumber(1), tokenNumber(2), tokenNumber(1)},
		v.mustRun(`[client.token(), billing.token(), again.token()]`))
	v.mustRun(`billing.invalidate()`)
	assert.Equal(t, []any{tokenNumber(1), tokenNumber(3)}, v.mustRun(`[client.token(), billing.token()]`))
	assert.Equal(t, []any{int64(1), int64(2), int64(1)},
		v.mustRun(`[client, billing, again].map((c) => c.stats().requests)`))
	assert.Equal(t, []string{"orders", "billing", "billing"}, tagsOf(v.sampled()["clientcreds_requests"], "client"))
}

// A client that is made in the default function is the same one in every iteration.
func TestClientMadeInEveryIterationKeepsItsToken(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := newVU(t, New())
	v.start()
	for range 3 {
		v.newIteration()
		assert.Equal(t, tokenNumber(1), v.mustRun(e.client("")+`client.token()`))
	}
	assert.Equal(t, 1, e.count())
	assert.Len(t, v.module.clients, 1)
}

// k6's throw option turns failed requests into exceptions; they are not TokenErrors.
func TestErrorsOfK6AreHandedOn(t *testing.T) {
	t.Parallel()
	e, a := newEndpoint(t), newAPI(t)
	v := withAPI(t, e, a, "")
	v.state.Options.Throw = null.BoolFrom(true)
	a.Close()
	for _, call := range []string{`get(api)`, `batch([api])`} {
		_, err := v.run(`client.` + call)
		require.ErrorContains(t, err, "connection refused", call)
		assert.NotContains(t, err.Error(), "TokenError", call)
	}
	_, err := v.run(`client.batch(7)`)
	require.ErrorContains(t, err, "invalid http.batch() argument")
	v.mustRun(`(async () => { try { await client.asyncRequest('GET', api) } catch (e) { globalThis.rejection = String(e) } })()`)
	assert.Contains(t, v.mustRun(`rejection`), "connection refused")

	v.state.Options.Throw = null.BoolFrom(false)
	assert.Equal(t, []any{int64(0), int64(0)}, v.mustRun(`[client.get(api).status, client.batch([api])[0].status]`))
}

// A page decides where submitForm and clickLink go: no token may follow, and no request of a
// client goes out without one.
func TestFunctionsOfAResponseSendNothing(t *testing.T) {
	t.Parallel()
	e, a, other := newEndpoint(t), newAPI(t), newAPI(t)
	a.answer = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<a href="` + other.URL + `/evil">x</a>`))
		return true
	}
	v := withAPI(t, e, a, "")
	assert.Equal(t, int64(0), v.mustRun(`client.get(api).clickLink().status`))
	assert.Empty(t, other.requests())
	assert.Len(t, a.requests(), 1)
	warnings := 0
	for _, entry := range v.logs.AllEntries() {
		if err, _ := entry.Data["error"].(error); err != nil &&
			strings.Contains(err.Error(), "has no token and was not sent") {
			warnings++
		}
	}
	assert.Equal(t, 1, warnings)
}
