package jsmodule

import (
	"context"
	"errors"

	"github.com/grafana/sobek"
)

// result turns the outcome of asynchronous work into a JavaScript value, on the event loop.
type result func() (sobek.Value, error)

// async returns a promise for work, which runs off the event loop and must not touch the
// runtime; the function that it returns does, on the loop.
func (c *client) async(work func() result) sobek.Value {
	rt, iteration := c.m.vu.Runtime(), c.m.vu.Context()
	promise, resolve, reject := rt.NewPromise()
	callback := c.m.vu.RegisterCallback()
	go func() {
		result := work()
		callback(func() error {
			return c.m.enter(iteration, func() error {
				var (
					v   sobek.Value
					err error
				)
				if thrown := rt.Try(func() { v, err = result() }); thrown != nil {
					return reject(thrown.Value())
				}
				if err != nil {
					return c.reject(reject, err)
				}
				return resolve(v)
			})
		})
	}()
	return rt.ToValue(promise)
}

// enter runs f on the event loop, where nothing of the script is below: what cannot be caught there, such as
// an interrupt of k6, would end the process. Here it becomes an error, which ends the iteration.
func (m *instance) enter(iteration context.Context, f func() error) (err error) {
	rt := m.vu.Runtime()
	if ended := iteration.Err(); ended != nil {
		rt.Interrupt(ended) // k6 did, and the runtime may have reported it already
	}
	run, _ := sobek.AssertFunction(m.function("k6", func(sobek.FunctionCall) sobek.Value {
		err = f()
		return sobek.Undefined()
	}))
	if _, thrown := run(sobek.Undefined()); thrown != nil {
		err = thrown
	}
	// The runtime forgets an interrupt once it has reported it. k6 still runs the callbacks that are left, and the
	// script must not go on in those.
	if interrupted := (*sobek.InterruptedError)(nil); errors.As(err, &interrupted) {
		rt.Interrupt(interrupted.Value())
	}
	return err
}

// resolved returns a promise that is already fulfilled.
func (m *instance) resolved(v sobek.Value) sobek.Value {
	promise, resolve, _ := m.vu.Runtime().NewPromise()
	if err := resolve(v); err != nil {
		panic(err)
	}
	return m.vu.Runtime().ToValue(promise)
}
