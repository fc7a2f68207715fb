package jsmodule

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/js/common"
	"go.k6.io/k6/v2/js/modules"
	k6http "go.k6.io/k6/v2/js/modules/k6/http"
	"go.k6.io/k6/v2/lib"
)

// authorizedHTTP is a k6/http of its own whose requests carry a token. The token is added below
// k6's HTTP client, in the transport: there it is in no request object that a script can log and
// in no dump of --http-debug, and a redirect cannot take it to another origin.
type authorizedHTTP struct {
	modules.VU // what k6/http sees of the VU, but for its State

	c         *client
	state     *lib.State // of the call under way; nil outside
	functions *sobek.Object
}

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
		if interrupted := (*sobek.InterruptedError)(nil); errors.As(err, &interrupted) {
			panic(interrupted) // as an exception, a script could catch it
		}
		if err != nil {
			common.Throw(rt, err)
		}
		return result
	}
}

// State is the VU's state with a transport that authorises. Outside of a call it serves the
// functions of responses that send requests, submitForm and clickLink: where these go is up to a
// page, which must not be given a token, and without one no request of a client goes out.
func (h *authorizedHTTP) State() *lib.State {
	if h.state != nil || h.VU.State() == nil {
		return h.state
	}
	return h.with(refusingTransport{})
}

func (h *authorizedHTTP) carrying(v *view) *lib.State {
	state := h.VU.State()
	base := h.c.transport(state)
	if v.lease.Token.DPoP != nil {
		base = &provingTransport{base: base, c: h.c, state: state, token: v.lease.Token}
	}
	authorized := &bearerTransport{
		base: base, elsewhere: state.Transport, view: v, late: h.c.usage.expiredTokenUse(state), answered: h.c.observer(v.lease), apis: &h.c.m.process.apis,
	}
	return h.with(&watchedTransport{base: authorized, failures: &h.c.m.process.counts.failures})
}

func (h *authorizedHTTP) with(transport http.RoundTripper) *lib.State {
	state := *h.VU.State()
	state.Transport = transport
	return &state
}
