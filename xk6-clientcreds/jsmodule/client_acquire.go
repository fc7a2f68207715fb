package jsmodule

import (
	"context"

	"github.com/grafana/sobek"

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
	a := c.request(c.m.vu.Context(), c.senderFor(state))
	if a.err != nil && guarded(a.err) {
		return c.fail(a.err)
	}
	return c.acquisition(a)
}

// acquireAsync is client.acquireAsync(): acquire() as a promise.
func (c *client) acquireAsync(sobek.FunctionCall) sobek.Value {
	state := c.m.vu.State()
	if state == nil {
		return c.fail(errInitContext)
	}
	ctx, s := c.m.vu.Context(), c.newSender(state)
	return c.async(func() result {
		a := c.request(ctx, s)
		return func() (sobek.Value, error) {
			if a.err != nil && guarded(a.err) {
				return nil, a.err
			}
			return c.acquisition(a), nil
		}
	})
}

// request may be called on any goroutine.
func (c *client) request(ctx context.Context, s *sender) *acquisition {
	o := c.source.observe(s, reasonAcquire)
	token, err := c.source.request(ctx, o, c.opts.retry(false))
	a := &acquisition{token: token, status: o.status, retries: o.retries, trail: o.trail}
	if err != nil {
		a.err = asOAuthError(err)
	} else {
		c.entry.Resume() // token() need not wait any longer
	}
	return a
}

// acquisition is the result of acquire(). As an object its properties are made when they are
// read: most scripts look at one or two of them.
type acquisition struct {
	c       *client
	token   *oauth.Token // nil on failure
	err     *oauth.Error // nil on success
	status  int
	retries int
	trail   *httpext.Trail // nil when nothing was sent
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
		return timings(rt, a.trail)
	case "accessToken", "tokenType", "expiresIn", "scope":
		return a.ofToken(rt, key)
	case "error", "errorDescription", "grant", "retryAfter":
		return a.c.m.errorMember(a.err, key)
	}
	return nil
}

func (a *acquisition) ofToken(rt *sobek.Runtime, key string) sobek.Value {
	switch {
	case a.token == nil:
		return sobek.Null()
	case key == "accessToken":
		return rt.ToValue(a.token.AccessToken.Reveal())
	case key == "tokenType":
		return rt.ToValue(a.token.Type)
	case key == "scope":
		return rt.ToValue(a.token.Scope)
	case a.token.ExpiresIn > 0:
		return rt.ToValue(a.token.ExpiresIn.Seconds())
	}
	return sobek.Null()
}

// errorMember is a member of a result that describes err; null without an error.
func (m *instance) errorMember(err *oauth.Error, key string) sobek.Value {
	rt := m.vu.Runtime()
	switch {
	case err == nil:
		return sobek.Null()
	case key == "error":
		return rt.ToValue(m.process.safeText(err.Code))
	case key == "errorDescription":
		return rt.ToValue(m.process.safeText(err.Description))
	case key == "grant":
		return rt.ToValue(nullable(err.Grant))
	case err.RetryAfter > 0:
		return rt.ToValue(err.RetryAfter.Seconds())
	}
	return sobek.Null()
}

// timings are in milliseconds and named as in the responses of k6/http; null where nothing was sent.
func timings(rt *sobek.Runtime, trail *httpext.Trail) sobek.Value {
	if trail == nil {
		return sobek.Null()
	}
	obj := rt.NewObject()
	mustSet(obj, "duration", metrics.D(trail.Duration))
	mustSet(obj, "blocked", metrics.D(trail.Blocked))
	mustSet(obj, "connecting", metrics.D(trail.Connecting))
	mustSet(obj, "tls_handshaking", metrics.D(trail.TLSHandshaking))
	mustSet(obj, "sending", metrics.D(trail.Sending))
	mustSet(obj, "waiting", metrics.D(trail.Waiting))
	mustSet(obj, "receiving", metrics.D(trail.Receiving))
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
