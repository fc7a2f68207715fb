package jsmodule

import "github.com/grafana/sobek"

// settle turns the result of asynchronous work into a JavaScript value, on the event loop.
type settle func() (sobek.Value, error)

// async returns a promise for work, which runs off the event loop and must not touch the
// runtime; what it returns does, on the loop. reason makes the rejection of an error.
func (m *instance) async(work func() settle, reason func(error) sobek.Value) sobek.Value {
	rt := m.vu.Runtime()
	promise, resolve, reject := rt.NewPromise()
	callback := m.vu.RegisterCallback()
	go func() {
		settle := work()
		callback(func() error {
			var (
				v   sobek.Value
				err error
			)
			// Nothing of the script is below the event loop: an exception would end the process.
			if thrown := rt.Try(func() { v, err = settle() }); thrown != nil {
				return reject(thrown.Value())
			}
			if err != nil {
				return reject(reason(err))
			}
			return resolve(v)
		})
	}()
	return rt.ToValue(promise)
}

// resolved returns a promise that is already fulfilled.
func (m *instance) resolved(v sobek.Value) sobek.Value {
	promise, resolve, _ := m.vu.Runtime().NewPromise()
	if err := resolve(v); err != nil {
		panic(err)
	}
	return m.vu.Runtime().ToValue(promise)
}
