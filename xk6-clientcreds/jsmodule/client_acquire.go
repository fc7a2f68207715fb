package jsmodule

import (
	"context"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/lib/netext/httpext"
	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
)

// reasonAcquire tags the requests that acquire() sends: the script wanted the request itself.
const reasonAcquire tokencache.Reason = "acquire"

// acquire is client.acquire(): always a request, never the cache, and no exception for an answer
// that is not a token.
func (c *client) acquire(sobek.FunctionCall) sobek.Value {
	state := c.m.vu.State()
	if state == nil {
		return c.fail(errInitContext)
	}
	return c.acquisition(c.exchange(c.m.vu.Context(), c.ownSender(state)))
}

// ownSender returns the sender of what the script itself sends and waits for.
func (c *client) ownSender(state *lib.State) *sender {
	if c.own == nil {
		c.own = c.newSender(state)
	} else {
		c.own.moveTo(state)
	}
	return c.own
}

// acquireAsync is client.acquireAsync(): acquire() as a promise.
func (c *client) acquireAsync(sobek.FunctionCall) sobek.Value {
	state := c.m.vu.State()
	if state == nil {
		return c.fail(errInitContext)
	}
	ctx, s := c.m.vu.Context(), c.newSender(state)
	return c.async(func() settle {
		a := c.exchange(ctx, s)
		return func() (sobek.Value, error) { return c.acquisition(a), nil }
	})
}

// moveTo makes s report as the VU is now: k6 gives it other tags in another scenario or group.
func (s *sender) moveTo(state *lib.State) {
	current := state.Tags.GetCurrentValues()
	if current.Tags == s.base && len(current.Metadata) == 0 && len(s.tags.Metadata) == 0 {
		return
	}
	s.base, s.tags = current.Tags, clientTags(s.opts, current)
}

// exchange may be called on any goroutine.
func (c *client) exchange(ctx context.Context, s *sender) *acquisition {
	a := new(acquisition)
	s.trail = nil // of an earlier request
	var err error
	a.token, err = c.grant.request(ctx, s, reasonAcquire, c.opts.retry(false), func(attempt oauth.Attempt) {
		a.status = attempt.Status
		a.attempts++
		if attempt.IsRetry() {
			a.retries++
		}
	})
	if err != nil {
		a.err = asOAuthError(err)
	} else {
		c.entry.Resume() // token() need not wait any longer
	}
	if a.attempts > 0 {
		a.trail = s.trail
	}
	return a
}

// acquisition is the result of acquire(). As an object its properties are made when they are
// read: most scripts look at one or two of them.
type acquisition struct {
	c        *client
	token    *oauth.Token // nil on failure
	err      *oauth.Error // nil on success
	status   int
	attempts int
	retries  int
	trail    *httpext.Trail // nil when nothing was sent
}

func (c *client) acquisition(a *acquisition) sobek.Value {
	a.c = c
	return c.m.vu.Runtime().NewDynamicObject(a)
}

var acquisitionKeys = []string{
	"ok", "status", "accessToken", "tokenType", "expiresIn", "scope",
	"error", "errorDescription", "grant", "retryAfter", "timings", "retries",
}

// Get implements sobek.DynamicObject.
func (a *acquisition) Get(key string) sobek.Value {
	rt := a.c.m.vu.Runtime()
	switch key {
	case "ok":
		return rt.ToValue(a.token != nil)
	case "status":
		return rt.ToValue(a.status)
	case "retries":
		return rt.ToValue(a.retries)
	case "timings":
		return a.timings(rt)
	case "accessToken", "tokenType", "expiresIn", "scope":
		return a.ofToken(rt, key)
	case "error", "errorDescription", "grant", "retryAfter":
		return a.ofError(rt, key)
	}
	return nil
}

func (a *acquisition) ofToken(rt *sobek.Runtime, key string) sobek.Value {
	switch {
	case a.token == nil:
		return sobek.Null()
	case key == "accessToken":
		return rt.ToValue(a.token.AccessToken)
	case key == "tokenType":
		return rt.ToValue(a.token.Type)
	case key == "scope":
		return rt.ToValue(a.token.Scope)
	case a.token.ExpiresIn > 0:
		return rt.ToValue(a.token.ExpiresIn.Seconds())
	}
	return sobek.Null()
}

func (a *acquisition) ofError(rt *sobek.Runtime, key string) sobek.Value {
	switch {
	case a.err == nil:
		return sobek.Null()
	case key == "error":
		return rt.ToValue(a.err.Code)
	case key == "errorDescription":
		return rt.ToValue(a.c.m.process.words(a.err.Description))
	case key == "grant":
		return rt.ToValue(nullable(a.err.Grant))
	case a.err.RetryAfter > 0:
		return rt.ToValue(a.err.RetryAfter.Seconds())
	}
	return sobek.Null()
}

// timings are in milliseconds and named as in the responses of k6/http.
func (a *acquisition) timings(rt *sobek.Runtime) sobek.Value {
	if a.trail == nil {
		return sobek.Null()
	}
	obj := rt.NewObject()
	mustSet(obj, "duration", metrics.D(a.trail.Duration))
	mustSet(obj, "blocked", metrics.D(a.trail.Blocked))
	mustSet(obj, "connecting", metrics.D(a.trail.Connecting))
	mustSet(obj, "tls_handshaking", metrics.D(a.trail.TLSHandshaking))
	mustSet(obj, "sending", metrics.D(a.trail.Sending))
	mustSet(obj, "waiting", metrics.D(a.trail.Waiting))
	mustSet(obj, "receiving", metrics.D(a.trail.Receiving))
	return obj
}

// Has implements sobek.DynamicObject.
func (a *acquisition) Has(key string) bool { return a.Get(key) != nil }

// Keys implements sobek.DynamicObject.
func (a *acquisition) Keys() []string { return acquisitionKeys }

// Set implements sobek.DynamicObject: results are read-only.
func (a *acquisition) Set(string, sobek.Value) bool { return false }

// Delete implements sobek.DynamicObject.
func (a *acquisition) Delete(string) bool { return false }
