package jsmodule

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/sobek"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"go.k6.io/k6/v2/js/common"
	"go.k6.io/k6/v2/js/modulestest"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
)

// prime puts a token into the VU's cache that has this much of an hour's lifetime left.
func (v *vu) prime(left time.Duration) {
	v.t.Helper()
	const ttl = time.Hour
	token := &oauth.Token{
		AccessToken: secret.New("primed-token"), Type: "Bearer", ExpiresIn: ttl,
		RequestedAt: time.Now().Add(left - ttl),
	}
	_, _, err := v.onlyClient().entry.Get(v.t.Context(), given{token})
	require.NoError(v.t, err)
}

// given is a source of one token.
type given struct{ token *oauth.Token }

func (g given) Fetch(context.Context, tokencache.Reason) (*oauth.Token, error) { return g.token, nil }

func (given) Held(error) {}

func (given) Reloaded() bool { return false }

// newIteration begins an iteration with a context of its own, as k6 does, and returns its end.
func (v *vu) newIteration() context.CancelFunc {
	ctx, cancel := context.WithCancel(context.Background())
	v.t.Cleanup(cancel)
	v.rt.VU.CtxField = ctx
	v.state.Iteration++
	return cancel
}

// hold makes the endpoint keep its answers back: arrived gets a value for every request, and
// release lets all of them go.
func (e *endpoint) hold() (arrived chan struct{}, release func()) {
	arrived = make(chan struct{}, 100)
	gate := make(chan struct{})
	e.refuse = func(int, http.ResponseWriter) bool {
		arrived <- struct{}{}
		<-gate
		return false
	}
	return arrived, sync.OnceFunc(func() { close(gate) })
}

// grafana/k6#3268: the refresh of a token that is still valid is not part of the iteration.
func TestBackgroundRefreshIsNoPartOfTheIteration(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "")
	arrived, release := e.hold()
	defer release()
	v.prime(time.Minute) // of an hour: not fresh, but valid

	end := v.newIteration()
	// run returns only when the event loop has nothing left to wait for.
	assert.Equal(t, []any{"primed-token", "primed-token"}, v.mustRun(`[client.token(), client.token()]`))
	<-arrived
	end()

	v.newIteration()
	assert.Equal(t, "primed-token", v.mustRun(`client.token()`), "the request is still under way")
	release()
	require.Eventually(t, func() bool { return v.mustRun(`client.token()`) == tokenNumber(1) }, 10*time.Second,
		time.Millisecond)
	assert.Equal(t, 1, e.count())
	samples := v.sampled()
	assert.Equal(t, []string{"early"}, tagsOf(samples["clientcreds_requests"], "reason"))
	assert.Empty(t, samples["clientcreds_token_wait"], "nobody waited")
	assert.Empty(t, samples["clientcreds_cache_misses"])
}

func TestBlockingRefreshWaits(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "cache: {refresh: 'blocking'}")
	v.prime(time.Minute)
	assert.Equal(t, tokenNumber(1), v.mustRun(`client.token()`))
	samples := v.sampled()
	assert.Equal(t, []string{"early"}, tagsOf(samples["clientcreds_requests"], "reason"))
	assert.Len(t, samples["clientcreds_token_wait"], 1)
}

func TestRefreshThatFailsKeepsTheValidToken(t *testing.T) {
	t.Parallel()
	for _, refresh := range []string{"blocking", "background"} {
		t.Run(refresh, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t)
			e.refuse = func(_ int, w http.ResponseWriter) bool { return oauthError(w, 400, "invalid_client", "") }
			v := oneVU(t, e, "cache: {refresh: '"+refresh+"'}")
			v.prime(time.Minute)
			assert.Equal(t, "primed-token", v.mustRun(`client.token()`))
			assert.Equal(t, 1.0, sum(v.sampled()["clientcreds_request_failed"]))
		})
	}
}

func TestExpiredTokenIsNeverServed(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "cache: {leeway: 0, jitter: 0}")
	v.prime(30 * time.Millisecond)
	require.Eventually(t, func() bool { return v.mustRun(`client.token()`) == tokenNumber(1) }, 10*time.Second,
		time.Millisecond)
	samples := v.sampled()
	assert.Equal(t, []string{"expired"}, tagsOf(samples["clientcreds_requests"], "reason"))
	for _, s := range samples["clientcreds_token_remaining"] {
		assert.Positive(t, s.Value)
	}
}

func TestInterruptedIterationStopsWaitingAndTheRequestGoesOn(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "onError: 'abort'") // an iteration that k6 ends is not an error of the token
	arrived, release := e.hold()
	defer release()
	end := v.newIteration()
	go func() {
		<-arrived
		end()
	}()
	_, err := v.run(`client.token()`)
	require.ErrorContains(t, err, "TokenError: canceled: the request was canceled")

	release()
	v.newIteration()
	assert.Equal(t, tokenNumber(1), v.mustRun(`client.token()`))
	assert.Equal(t, 1, e.count(), "the request of the first iteration served the second")
}

// k6 interrupts the runtime of an iteration that it ends, and still runs the callbacks that the
// iteration had registered. An exception there would end the whole process.
func TestInterruptedIterationSettlesItsPromises(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"tokenAsync()", "acquireAsync()", "asyncRequest('GET', 'http://127.0.0.1:1/')"} {
		for _, scope := range []string{"vu", "none"} {
			e := newEndpoint(t)
			v := oneVU(t, e, fmt.Sprintf("cache: {scope: %q}", scope))
			arrived, release := e.hold()
			t.Cleanup(release)
			end := v.newIteration()
			go func() {
				<-arrived
				v.rt.VU.Runtime().Interrupt(context.Canceled)
				end()
			}()
			_, err := v.run(`(async () => { try { await client.` + call + ` } catch (e) {}; globalThis.wentOn = true })()`)
			if err != nil {
				require.ErrorIs(t, err, context.Canceled, call)
			}
			assert.Nil(t, v.rt.VU.Runtime().Get("wentOn"), call)
			release()
			v.sampled()
		}
	}
}

// What a header is as text may be code of the script, and runs when k6/http reads it: for a request that waited
// for its token that is on the event loop, where nothing of the script could catch what it throws.
func TestExceptionAfterWaitingForATokenRejectsThePromise(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "")
	v.mustRun(`(async () => {
		const params = {headers: {a: {toString() { throw new RangeError('of the script') }}}};
		try { await client.asyncRequest('GET', 'http://127.0.0.1:1/', null, params) } catch (e) { globalThis.rejection = String(e) }
	})()`)
	assert.Equal(t, "RangeError: of the script", v.mustRun(`rejection`))
	assert.Equal(t, 1, e.count(), "the request waited for a token")
}

func TestDiscoveryOutlivesTheIterationThatBeganIt(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	arrived, gate := make(chan struct{}, 10), make(chan struct{})
	var base string
	base = serve(t, func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-gate
		_, _ = fmt.Fprintf(w, `{"issuer":%q,"token_endpoint":%q}`, base, e.URL+"/token")
	})
	root := New()
	first, second := newVU(t, root), newVU(t, root)
	for _, v := range []*vu{first, second} {
		v.mustRun(fmt.Sprintf(`globalThis.client = new Client({issuer: %q, clientId: 'a', clientSecret: 'bcdef'})`, base))
		v.start()
	}
	end := first.newIteration()
	go func() {
		<-arrived
		end()
	}()
	assert.Equal(t, "canceled", first.mustRun(`client.acquire().error`))
	close(gate)
	assert.Equal(t, true, second.mustRun(`client.acquire().ok`))
	assert.Empty(t, arrived, "the document that the first had asked for served the second")
}

func TestEndOfTheTestWaitsForRequestsUnderWay(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	v := oneVU(t, e, "")
	arrived, release := e.hold()
	v.prime(time.Minute)
	v.mustRun(`client.token()`)
	<-arrived
	ended := make(chan struct{})
	go func() {
		v.module.process.end()
		close(ended)
	}()
	release()
	<-ended
	samples := v.collected()
	assert.Equal(t, 1.0, sum(samples["clientcreds_requests"]), "what the server has counted is counted here")
	assert.Equal(t, 1.0, sum(samples["clientcreds_cache_hits"]))
}

// handleSummary runs in a VU of its own after the end of the test, when the channel for samples
// may be closed at any time.
func TestAfterTheEndNothingIsKeptToBeSent(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	root := New()
	v := newVU(t, root)
	v.mustRun(e.client("cache: {scope: 'shared'}"))
	v.start()
	v.mustRun(`client.token()`)
	root.process.end()

	late := newVU(t, root)
	late.mustRun(e.client("cache: {scope: 'shared'}") + renamed("cold", e.client("scope: 'other'")))
	late.start()
	assert.Equal(t, tokenNumber(1), late.mustRun(`client.token()`), "a token that is there still serves")
	_, err := late.run(`cold.token()`)
	require.ErrorContains(t, err, "the token cache is closed: the test is over")
	close(late.samples)
	root.process.end() // k6's exit: must not send to the closed channel
}

// renamed is the code of endpoint.client with another name for the client.
func renamed(name, code string) string { return strings.Replace(code, "client =", name+" =", 1) }

// setup(), the default function, teardown() and handleSummary each have a VU of their own. What
// one has cached for itself, the others do not see; what is shared, they do.
func TestSetupAndTeardownUseTheClientToo(t *testing.T) {
	t.Parallel()
	for scope, want := range map[string]int{"vu": 3, "shared": 1} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t)
			root := New()
			for _, stage := range []string{"setup", "default", "teardown"} {
				v := newVU(t, root)
				v.mustRun(e.client("cache: {scope: '" + scope + "'}"))
				v.start()
				v.state.Tags.Modify(func(tags *metrics.TagsAndMeta) { tags.SetTag("group", "::"+stage) })
				assert.NotEmpty(t, v.mustRun(`client.token()`))
				for _, s := range v.collected()["clientcreds_requests"] {
					group, _ := s.Tags.Get("group")
					assert.Equal(t, "::"+stage, group)
				}
			}
			assert.Equal(t, want, e.count())
		})
	}
}

// crowd is many VUs with as little around the module as k6 allows, and one transport.
func crowd(t *testing.T, n int, code string) (vus []*instance, samples chan metrics.SampleContainer) {
	t.Helper()
	root, registry, logger := New(), metrics.NewRegistry(), logrus.New()
	logger.SetOutput(testWriter{t})
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxConnsPerHost = 64
	t.Cleanup(transport.CloseIdleConnections)
	samples = make(chan metrics.SampleContainer, 10*n)
	builtin := metrics.RegisterBuiltinMetrics(registry)
	for range n {
		vu := &modulestest.VU{
			CtxField: t.Context(), RuntimeField: sobek.New(),
			InitEnvField: &common.InitEnvironment{TestPreInitState: &lib.TestPreInitState{Logger: logger, Registry: registry}},
		}
		m := root.NewModuleInstance(vu).(*instance)
		require.NoError(t, vu.RuntimeField.Set("Client", m.Exports().Default.(*sobek.Object).Get("Client")))
		_, err := vu.RuntimeField.RunString(code)
		require.NoError(t, err)
		vu.InitEnvField = nil
		vu.StateField = &lib.State{
			Options: lib.Options{SystemTags: &metrics.DefaultSystemTagSet}, BuiltinMetrics: builtin, Transport: transport,
			Samples: samples, Tags: lib.NewVUStateTags(registry.RootTagSet()), Logger: logger,
		}
		vus = append(vus, m)
	}
	return vus, samples
}

func TestAThousandVUsStartingAtOnce(t *testing.T) {
	t.Parallel()
	const n = 1000
	for scope, want := range map[string]int{scopeShared: 1, scopeVU: n} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			e := newEndpoint(t)
			vus, samples := crowd(t, n, e.client("cache: {scope: '"+scope+"'}"))
			start := make(chan struct{})
			got := make([]string, n)
			var all sync.WaitGroup
			for i, m := range vus {
				all.Go(func() {
					<-start
					v, err := m.vu.Runtime().RunString(`client.token(); client.token()`)
					if assert.NoError(t, err) {
						got[i] = v.String()
					}
				})
			}
			close(start)
			all.Wait()
			assert.Equal(t, want, e.count())
			distinct := make(map[string]bool)
			for _, token := range got {
				distinct[token] = true
			}
			assert.Len(t, distinct, want)

			vus[0].process.end()
			totals := make(map[string]float64)
			for len(samples) > 0 {
				for _, s := range (<-samples).GetSamples() {
					totals[s.Metric.Name] += s.Value
				}
			}
			assert.Equal(t, float64(want), totals["clientcreds_requests"])
			assert.Equal(t, float64(2*n), totals["clientcreds_cache_hits"]+totals["clientcreds_cache_misses"],
				fmt.Sprint(totals))
		})
	}
}
