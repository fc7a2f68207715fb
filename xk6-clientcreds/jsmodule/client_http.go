package jsmodule

import "github.com/grafana/sobek"

// send is client.get, post, put, patch, del, head, options and request: k6/http's function of
// that name, authorized, and once more with a new token when the answer says that this one is no
// good.
func (c *client) send(name string, call sobek.FunctionCall) sobek.Value {
	v, err := c.usable()
	if err != nil {
		return c.fail(err)
	}
	send := c.authorized(name)
	result := send(v, call.Arguments)
	if !c.rejected(v, result) {
		return result
	}
	if v, err = c.usable(); err != nil {
		return c.fail(err)
	}
	result = send(v, call.Arguments)
	c.rejected(v, result)
	return result
}

// batch is client.batch. Only the requests that were rejected are sent again.
func (c *client) batch(call sobek.FunctionCall) sobek.Value {
	v, err := c.usable()
	if err != nil {
		return c.fail(err)
	}
	rt, send := c.m.vu.Runtime(), c.authorized("batch")
	results := send(v, call.Arguments)
	if sobek.IsUndefined(results) {
		return results // the test ends
	}
	again := rt.NewObject()
	for _, key := range results.ToObject(rt).Keys() {
		if c.rejected(v, results.ToObject(rt).Get(key)) {
			mustSet(again, key, call.Argument(0).ToObject(rt).Get(key))
		}
	}
	if len(again.Keys()) == 0 {
		return results
	}
	if v, err = c.usable(); err != nil {
		return c.fail(err)
	}
	second := send(v, append([]sobek.Value{again}, call.Arguments[1:]...)).ToObject(rt)
	for _, key := range second.Keys() {
		c.rejected(v, second.Get(key))
		mustSet(results.ToObject(rt), key, second.Get(key))
	}
	return results
}

// asyncRequest is client.asyncRequest. Where a token has to be asked for, that happens off the
// event loop as well.
func (c *client) asyncRequest(call sobek.FunctionCall) sobek.Value {
	send, args := c.authorized("asyncRequest"), c.m.kept(call.Arguments)
	return c.whenUsable(func(first *view) sobek.Value {
		return c.then(send(first, args), func(result sobek.Value) sobek.Value {
			if !c.rejected(first, result) {
				return result
			}
			return c.whenUsable(func(second *view) sobek.Value {
				return c.then(send(second, args), func(result sobek.Value) sobek.Value {
					c.rejected(second, result)
					return result
				})
			})
		})
	})
}

// then is promise.then(f).
func (c *client) then(promise sobek.Value, f func(sobek.Value) sobek.Value) sobek.Value {
	rt := c.m.vu.Runtime()
	then, ok := sobek.AssertFunction(promise.ToObject(rt).Get("then"))
	if !ok {
		panic(rt.NewTypeError("not a promise"))
	}
	next, err := then(promise,
		c.m.function("asyncRequest", func(call sobek.FunctionCall) sobek.Value { return f(call.Argument(0)) }))
	if err != nil {
		panic(err)
	}
	return next
}
