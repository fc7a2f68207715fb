package jsmodule

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
)

// world is an authorization server and an API in memory, for the clock of a bubble.
type world struct {
	mu        sync.Mutex
	issued    []time.Time                        // of each token
	accepts   func(n int) bool                   // whether the API accepts token n, from 0
	says      string                             // WWW-Authenticate of a refusal
	date      time.Duration                      // the API's clock is ahead by this much
	token     func(n int) string                 // token n; by default a text with its number
	requests  int                                // to the API
	refused   int                                // of them
	elsewhere func(*http.Request) *http.Response // answers to requests to other hosts
}

func (w *world) name(n int) string {
	if w.token != nil {
		return w.token(n)
	}
	return fmt.Sprintf("token-number-%08d", n)
}

func (w *world) age(n int) time.Duration { return time.Since(w.issued[n]) }

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	time.Sleep(time.Millisecond)
	switch r.URL.Host {
	case "idp.example":
		w.issued = append(w.issued, time.Now())
		return answer(r, 200, fmt.Sprintf(`{"access_token":%q,"token_type":"Bearer","expires_in":3600}`,
			w.name(len(w.issued)-1))), nil
	case "api.example":
		w.requests++
		for n := range w.issued {
			if r.Header.Get("Authorization") == "Bearer "+w.name(n) && w.accepts(n) {
				return answer(r, 200, "{}"), nil
			}
		}
		w.refused++
		resp := answer(r, 401, "")
		resp.Header.Set("Date", time.Now().Add(w.date).UTC().Format(http.TimeFormat))
		if w.says != "" {
			resp.Header.Set("WWW-Authenticate", w.says)
		}
		return resp, nil
	}
	return w.elsewhere(r), nil
}

// vus are virtual users in w. Each has two clients of one id.
func (w *world) vus(t *testing.T, n int, options string) []*vu {
	t.Helper()
	root := New()
	all := make([]*vu, n)
	for i := range all {
		all[i] = newVU(t, root)
		for name, scope := range map[string]string{"client": "one", "other": "two"} {
			all[i].mustRun(fmt.Sprintf(`globalThis.%s = new Client({tokenUrl: 'http://idp.example/token', clientId: 'orders', clientSecret: %q,
				scope: %q, %s})`, name, testSecret, scope, options))
		}
		all[i].start()
		all[i].state.Transport = w
	}
	return all
}

// load has the virtual users call the API for as long as d, with a pause between calls.
func load(t *testing.T, vus []*vu, d, pause time.Duration, code string) {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < d; time.Sleep(pause) {
		for _, v := range vus {
			v.mustRun(code)
			v.collected()
		}
	}
}

// warnings returns the warnings of all.
func warnings(vus []*vu) []string {
	vus[0].module.process.end()
	var list []string
	for _, v := range vus {
		list = append(list, v.messages()...)
	}
	return list
}

const pause = 100 * time.Millisecond

const callAPI = `client.get('http://api.example/orders')`

// Clocks differ, and stores of tokens replicate: such an API accepts the token that it refused, and never the next one
// sooner.
func TestNewTokenThatIsRefusedIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{says: `Bearer error="invalid_token", error_description="token is not valid yet"`}
		w.accepts = func(n int) bool { return w.age(n) >= 900*time.Millisecond }
		vus := w.vus(t, 2, "")
		load(t, vus, 3*time.Second, pause, callAPI)
		assert.Len(t, w.issued, 2)
		assert.InDelta(t, 18, w.refused, 2)
		assert.Greater(t, w.requests-w.refused, 30)
		assert.Equal(t, []string{
			`The API answered 401 to a token that had just been issued (client "orders", http://api.example, WWW-Authenticate: ` + w.says +
				`): the API says that the token is not valid yet. The token is kept, since the next one would be younger still; ` +
				`check the clocks of the API and of the authorization server`,
			`The API at http://api.example refused a token of client "orders" and accepted it later, when the token was 1s old: ` +
				`the clock of the authorization server is ahead of the API's, or new tokens take time to reach the API. ` +
				`Set the clocks, or let the API tolerate a difference`,
		}, shortened(warnings(vus), "1s old"))
	})
}

// shortened replaces the age that warnings tell.
func shortened(list []string, by string) []string {
	for i, text := range list {
		if before, after, found := strings.Cut(text, "when the token was "); found {
			_, after, _ = strings.Cut(after, " old")
			list[i] = before + "when the token was " + by + after
		}
	}
	return list
}

// A token that takes longer than that to become valid is found as well.
func TestTokenThatTheAPIAcceptsMuchLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		w.accepts = func(n int) bool { return w.age(n) >= 5*time.Second }
		vus := w.vus(t, 1, "")
		load(t, vus, 20*time.Second, 3*pause, callAPI)
		assert.LessOrEqual(t, len(w.issued), 4)
		refused := w.refused
		load(t, vus, 20*time.Second, 3*pause, callAPI)
		assert.Equal(t, refused, w.refused)
	})
}

// By the token and the API's clock the reason is certain.
func TestTokenOfTheFutureIsExplained(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		at := time.Now().Add(30 * time.Second)
		w := &world{accepts: func(int) bool { return false }, token: func(int) string {
			return segment(`{"alg":"none"}`) + "." + segment(fmt.Sprintf(`{"nbf":%d}`, at.Unix())) + "." + segment("signature")
		}}
		vus := w.vus(t, 1, "")
		vus[0].mustRun(callAPI)
		require.Len(t, warnings(vus), 1)
		assert.Contains(t, vus[0].messages()[0],
			`: the token is valid from 00:00:30, and the API's clock says 00:00:00. The token is kept`)
	})
}

// An API that refuses everything costs a token now and then, and not two requests for each.
func TestAPIThatRefusesEveryToken(t *testing.T) {
	t.Parallel()
	for code, scopes := range map[string][]string{
		callAPI: {"vu", "shared"}, `client.batch(['http://api.example/orders'])`: {"vu"},
		`client.asyncRequest('GET', 'http://api.example/orders')`: {"vu"},
	} {
		for _, scope := range scopes {
			synctest.Test(t, func(t *testing.T) {
				w := &world{accepts: func(int) bool { return false }}
				vus := w.vus(t, 3, "cache: {scope: '"+scope+"'}")
				load(t, vus, 10*time.Second, 3*pause, code)
				first := map[string]int{"vu": 3, "shared": 1}[scope]
				assert.InDelta(t, first+3, len(w.issued), 1, scope+" "+code) // after 1, 3 and 7 seconds
				assert.Less(t, w.requests, 110+len(w.issued))
				// When tokens are good again, all find out.
				good := time.Now()
				w.accepts = func(n int) bool { return w.issued[n].After(good) }
				load(t, vus, 10*time.Second, 3*pause, code)
				refused := w.refused
				load(t, vus, time.Second, pause, code)
				assert.Equal(t, refused, w.refused)
				assert.Equal(t, []string{`The API answered 401 to a token that had just been issued (client "orders", http://api.example, ` +
					`without WWW-Authenticate); it does not accept this server's tokens: check issuer, audience, scope and the clocks of both`}, warnings(vus))
			})
		}
	}
}

// Without a cache each token is new.
func TestWithoutACacheARefusedRequestIsNotRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{accepts: func(int) bool { return false }}
		vus := w.vus(t, 1, "cache: {scope: 'none'}")
		load(t, vus, time.Second, pause, callAPI)
		assert.Len(t, w.issued, w.requests)
	})
}

// All tokens die at once when keys are replaced or an API starts again: one new token for each virtual user is enough,
// and it comes at once.
func TestTokensThatDieTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		var died time.Time
		w.accepts = func(n int) bool { return w.issued[n].After(died) }
		vus := w.vus(t, 5, "")
		for range 3 {
			died = time.Now().Add(-time.Nanosecond)
			before, refused := len(w.issued), w.refused
			load(t, vus, 5*time.Second, 3*pause, callAPI)
			assert.Equal(t, 5, len(w.issued)-before)
			assert.LessOrEqual(t, w.refused-refused, 5)
		}
		assert.Empty(t, warnings(vus))
	})
}

// A server that keeps one token for each client ends the tokens of the other virtual users, or of the other Clients.
func TestServerWithOneTokenPerClient(t *testing.T) {
	t.Parallel()
	const seen = `The API accepted a token, and refused it after client "orders" had been given a newer one (http://api.example, ` +
		`without WWW-Authenticate): the server seems to keep one token for each client. `
	for scope, c := range map[string]struct {
		vus  int
		code string
		want string
	}{
		"vu": {10, callAPI, seen + `Let the virtual users share one token with cache.scope: 'shared'`},
		"shared": {
			1, callAPI + `; other.get('http://api.example/orders')`,
			seen + `Use one set of options for this clientId, or a clientId for each`,
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &world{}
			w.accepts = func(n int) bool { return n == len(w.issued)-1 }
			vus := w.vus(t, c.vus, "cache: {scope: '"+scope+"'}")
			load(t, vus, 10*time.Second, pause, c.code)
			assert.Equal(t, []string{c.want}, warnings(vus))
			assert.Less(t, len(w.issued), w.requests/10)
		})
	}
}

// A redirect to another origin takes the token nowhere: what that origin says is not about the token.
func TestRedirectToAnotherOriginIsNotARefusal(t *testing.T) {
	t.Parallel()
	for _, call := range []string{
		`client.get(api + '/orders')`, `client.batch([api + '/orders'])`,
		`client.asyncRequest('GET', api + '/orders')`,
	} {
		e, a, other := newEndpoint(t), newAPI(t), newAPI(t)
		a.answer = func(_ int, w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, other.URL+"/orders", http.StatusMovedPermanently)
			return true
		}
		other.answer = func(_ int, w http.ResponseWriter, _ *http.Request) bool { return unauthorized(w, "Bearer") }
		v := withAPI(t, e, a, "")
		v.accepted(a)
		v.mustRun(call)
		v.mustRun(call)
		assert.Equal(t, 1, e.count())
		assert.Equal(t, []string{"GET /orders", "GET /orders"}, other.requests())
		assert.Equal(t, []string{`A request of client "orders" to ` + a.URL + ` was redirected to ` + other.URL +
			`, which answered 401: a token is not sent to another origin. Use the final URL in the script`}, v.messages())
		assert.Equal(t, []string{"redirected", "redirected"}, tagsOf(v.sampled()["clientcreds_rejections"], "error"))
	}
}

func segment(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// What an API that does not redirect or fail answers shows that it took the token, and so does a 403.
func TestAnswersThatAcceptTheToken(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{
		101: false, 199: false, 200: true, 299: true, 300: false, 302: false, 400: false, 401: false, 403: true, 500: false,
	} {
		assert.Equal(t, want, isAcceptance(status), status)
	}
}

// A script may make hosts up: from the hundredth API on, they are one.
func TestAPIsAreBounded(t *testing.T) {
	t.Parallel()
	var a apis
	distinct := make(map[*tokencache.API]bool)
	for i := range mostAPIs + 10 {
		u := &url.URL{Scheme: "https", Host: fmt.Sprintf("api-%d.example", i)}
		api := a.at(u)
		distinct[api] = true
		assert.Same(t, api, a.at(u))
		assert.NotSame(t, api, a.at(&url.URL{Scheme: "https", Host: "api-0.example:8443"}), "another port is another API")
	}
	assert.Len(t, distinct, mostAPIs)
	first := a.at(&url.URL{Scheme: "https", Host: "api-0.example"})
	assert.Same(t, first, a.at(&url.URL{Scheme: "https", Host: "api-0.example", Path: "/orders"}))
	assert.NotSame(t, first, a.at(&url.URL{Scheme: "http", Host: "api-0.example"}))
}
