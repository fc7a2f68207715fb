package jsmodule

import (
	"github.com/grafana/sobek"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

const headerAuthorization = "Authorization"

// token is client.token().
func (c *client) token(sobek.FunctionCall) sobek.Value {
	v, err := c.usable()
	if err != nil {
		return c.fail(err)
	}
	return v.token
}

// authorization is client.authorization().
func (c *client) authorization(sobek.FunctionCall) sobek.Value {
	v, err := c.usable()
	if err != nil {
		return c.fail(err)
	}
	if v.authorization == nil {
		v.authorization = c.m.vu.Runtime().ToValue(v.lease.Token.Authorization())
	}
	return v.authorization
}

// headers is client.headers(extra?) and client.headers(method, url, extra?). Without an argument it returns the same
// frozen object for as long as the token is the same: a script cannot change what another call will get.
func (c *client) headers(call sobek.FunctionCall) sobek.Value {
	extra := call.Argument(0)
	if jsoption.IsString(extra) {
		return c.headersFor(call)
	}
	if c.signer != nil {
		c.needsRequest()
	}
	if !sobek.IsUndefined(extra) && !jsoption.IsObject(extra) {
		panic(c.m.vu.Runtime().NewTypeError(
			"client.headers(extra): extra is %s; it must be an object of header names and values", jsoption.Describe(extra)))
	}
	v, err := c.usable()
	if err != nil {
		return c.fail(err)
	}
	if !sobek.IsUndefined(extra) {
		return c.mergedHeaders(v.lease.Token, extra)
	}
	if v.headers == nil {
		v.headers = c.m.frozenHeaders(v.lease.Token)
	}
	return v.headers
}

// mergedHeaders is extra with the token's Authorization, in a new object. An Authorization of the
// script's own, however it is spelled, gives way: with both it would be up to the protocol which one counts.
func (c *client) mergedHeaders(t *oauth.Token, extra sobek.Value) *sobek.Object {
	rt := c.m.vu.Runtime()
	merged, from := rt.NewObject(), extra.ToObject(rt)
	for _, name := range from.Keys() {
		if !c.isManagedHeader(name) {
			mustSet(merged, name, from.Get(name))
		}
	}
	mustSet(merged, headerAuthorization, t.Authorization())
	return merged
}

// frozenHeaders is {Authorization: …}, which nobody can change.
func (m *instance) frozenHeaders(t *oauth.Token) *sobek.Object {
	rt := m.vu.Runtime()
	obj := rt.NewObject()
	mustSet(obj, headerAuthorization, t.Authorization())
	if m.freeze == nil {
		m.freeze, _ = sobek.AssertFunction(rt.GlobalObject().Get("Object").ToObject(rt).Get("freeze"))
	}
	if _, err := m.freeze(sobek.Undefined(), obj); err != nil {
		panic(err)
	}
	return obj
}

// mustSet sets a property of a plain object, which cannot fail.
func mustSet(obj *sobek.Object, name string, value any) {
	if err := obj.Set(name, value); err != nil {
		panic(err)
	}
}

// invalidate is client.invalidate().
func (c *client) invalidate(sobek.FunctionCall) sobek.Value {
	c.entry.Drop(c.entry.Current())
	return sobek.Undefined()
}

// tokenAsync is client.tokenAsync(): token() as a promise, with the waiting off the event loop.
func (c *client) tokenAsync(sobek.FunctionCall) sobek.Value {
	return c.whenUsable(func(v *view) sobek.Value { return v.token })
}

// whenUsable returns a promise for what f makes of a usable token.
func (c *client) whenUsable(f func(*view) sobek.Value) sobek.Value {
	state := c.m.vu.State()
	if state == nil {
		return c.fail(errInitContext)
	}
	asked := sinceEpoch()
	if v := c.hit(state, asked); v != nil {
		return c.m.resolved(f(v))
	}
	c.usage.begin(state, asked)
	ctx, fetcher := c.m.vu.Context(), c.fetcher(state)
	return c.async(func() result {
		found := c.lookup(ctx, fetcher)
		return func() (sobek.Value, error) {
			c.usage.begin(state, sinceEpoch()) // once more: a pool may have released the client meanwhile
			v, err := c.apply(state, asked, found)
			if err != nil {
				return nil, err
			}
			return f(v), nil
		}
	})
}
