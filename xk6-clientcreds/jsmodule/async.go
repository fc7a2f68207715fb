package jsmodule

import "github.com/grafana/sobek"

// settle turns the result of asynchronous work into a JavaScript value, on the event loop.
type settle func() (sobek.Value, error)

// async returns a promise for work, which runs off the event loop and must not touch the
// runtime; what it returns does, on the loop. reason makes the rejection of an error.
func (m *instance) async(work func() settle, reason func(error) sobek.Value) sobek.Value {
	promise, resolve, reject := m.vu.Runtime().NewPromise()
	callback := m.vu.RegisterCallback()
	go func() {
		settle := work()
		callback(func() error {
			v, err := settle()
			if err != nil {
				return reject(reason(err))
			}
			return resolve(v)
		})
	}()
	return m.vu.Runtime().ToValue(promise)
}

// resolved returns a promise that is already fulfilled.
func (m *instance) resolved(v sobek.Value) sobek.Value {
	promise, resolve, _ := m.vu.Runtime().NewPromise()
	if err := resolve(v); err != nil {
		panic(err)
	}
	return m.vu.Runtime().ToValue(promise)
}
