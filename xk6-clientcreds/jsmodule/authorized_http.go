package jsmodule

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/js/common"
	"go.k6.io/k6/v2/js/modules"
	k6http "go.k6.io/k6/v2/js/modules/k6/http"
	"go.k6.io/k6/v2/lib"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/transport"
)

// authorizedHTTP is a separate instance of k6/http whose requests carry a token. The token is added below
// k6's HTTP client, in the transport: there it is in no request object that a script can log and
// in no dump of --http-debug, and a redirect cannot take it to another origin.
type authorizedHTTP struct {
	modules.VU // the VU as k6/http sees it, except for its State

	c         *client
	state     *lib.State // of the call under way; nil outside
	functions *sobek.Object
	refusal   atomic.Pointer[oauth.Error] // of a request to a host that is not allowed; nil before
}

var errNotSent = errors.New("a request that a response's own function makes, such as submitForm or clickLink, has no " +
	"token and was not sent; " +
	"call a function of the client with its URL instead")

// authorized returns k6/http's function of that name, to be called with the token of a view.
func (c *client) authorized(name string) func(*view, []sobek.Value) sobek.Value {
	rt := c.m.vu.Runtime()
	if c.http == nil {
		// About 20 KB in each VU, so only for scripts that use the verbs.
		c.http = &authorizedHTTP{VU: c.m.vu, c: c}
		c.http.functions = rt.ToValue(k6http.New().NewModuleInstance(c.http).Exports().Default).ToObject(rt)
	}
	function, ok := sobek.AssertFunction(c.http.functions.Get(name))
	if !ok {
		panic(rt.NewTypeError(fmt.Sprintf("k6/http has no function %q", name)))
	}
	return func(v *view, args []sobek.Value) sobek.Value {
		outer := c.http.state // of a call whose arguments have a getter that calls this one
		c.http.state = c.http.carrying(v)
		defer func() { c.http.state = outer }()
		result, err := function(sobek.Undefined(), args...)
		if refusal := c.http.refusal.Load(); refusal != nil {
			return c.endTest(refusal)
		}
		if interrupted := (*sobek.InterruptedError)(nil); errors.As(err, &interrupted) {
			panic(interrupted) // as an exception, a script could catch it
		}
		if err != nil {
			common.Throw(rt, err)
		}
		return result
	}
}

// State is the VU's state with a transport that authorizes. Outside of a call it serves the
// functions of responses that send requests, submitForm and clickLink: where these go is up to a
// page, which must not be given a token, and without one no request of a client goes out.
func (h *authorizedHTTP) State() *lib.State {
	if h.state != nil || h.VU.State() == nil {
		return h.state
	}
	return h.with(transport.Failing{Err: errNotSent})
}

// carrying is the VU's state with a transport whose requests carry the token of v.
func (h *authorizedHTTP) carrying(v *view) *lib.State {
	c, state, token := h.c, h.VU.State(), v.lease.Token
	base := c.transport(state)
	if token.DPoP != nil {
		base = &transport.DPoP{
			Base: base, Token: token,
			Prove:   func(method string, u *url.URL) (string, error) { return c.proof(state, method, u, token) },
			OnNonce: func() { c.countNonceRetry(state) },
		}
	}
	bearer := &transport.Bearer{
		Base: base, Elsewhere: state.Transport, Token: token, ExpiresAt: v.lease.ExpiresAt,
		OnRequest: c.m.process.apis.Add, OnExpired: c.usage.expiredTokenUse(state), OnAnswer: c.answerObserver(v.lease),
	}
	return h.with(&watchedTransport{
		base: c.m.process.hosts.Guard(bearer), failures: &c.m.process.counts.failures, refusal: &h.refusal,
	})
}

func (h *authorizedHTTP) with(rt http.RoundTripper) *lib.State {
	state := *h.VU.State()
	state.Transport = rt
	return &state
}
