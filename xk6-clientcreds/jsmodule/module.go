// Package jsmodule is the k6 module k6/x/clientcreds: OAuth 2.0 client-credentials tokens
// (RFC 6749 §4.4) for load-test scripts.
//
// It is a thin binding. Options are parsed here, strictly; package oauth speaks to the token
// endpoint; package tokencache decides when. What this package owns is the hot path from a
// script's client.token() to a value that the JavaScript runtime already holds, the transport
// that authorizes requests without ever showing the token to k6's own request log, and the
// metrics.
package jsmodule

import (
	"errors"
	"net/url"
	"path/filepath"

	"github.com/grafana/sobek"
	"github.com/sirupsen/logrus"

	"go.k6.io/k6/v2/js/modules"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/verdict"
)

// ImportPath is the name by which scripts import the module.
const ImportPath = "k6/x/clientcreds"

// RootModule is the module as k6 registers it: one per process.
type RootModule struct {
	process *process
}

// New returns the module for registration with k6.
func New() *RootModule {
	return &RootModule{process: newProcess()}
}

// Run returns the run of this process, for the outputs and commands that judge it.
func (r *RootModule) Run() *verdict.Run { return r.process.run }

// NewModuleInstance binds the module to one VU. k6 calls it once for every VU that imports the
// module, concurrently, and for the throwaway VUs of setup, teardown and handleSummary.
func (r *RootModule) NewModuleInstance(vu modules.VU) modules.Instance {
	if err := r.process.start(vu); err != nil {
		panic(vu.Runtime().NewTypeError("%s: %s", ImportPath, err))
	}
	r.process.health.await(vu, r.process)
	return newInstance(r.process, vu)
}

// instance is the module in one VU. Everything in it belongs to that VU's goroutine.
type instance struct {
	process *process
	vu      modules.VU
	logger  logrus.FieldLogger
	cwd     *url.URL // of the script
	id      uint64   // of the process, from 1
	exports *sobek.Object
	made    [len(exportNames)]sobek.Value // the members of exports
	clients map[*tokenSource]*client
	errors  sobek.Value // the TokenError class, made on first use
	freeze  sobek.Callable
}

func newInstance(p *process, vu modules.VU) *instance {
	env := vu.InitEnv()
	m := &instance{
		process: p, vu: vu, logger: env.Logger, cwd: env.CWD, id: p.instances.Add(1),
		clients: make(map[*tokenSource]*client),
	}
	m.exports = vu.Runtime().NewDynamicObject((*exports)(m))
	return m
}

// function returns f as a JavaScript function, with the name that scripts see instead of the one
// that it has in Go.
func (m *instance) function(name string, f any) sobek.Value {
	rt := m.vu.Runtime()
	obj := rt.ToValue(f).ToObject(rt)
	if err := obj.DefineDataProperty("name", rt.ToValue(name), sobek.FLAG_FALSE, sobek.FLAG_TRUE,
		sobek.FLAG_FALSE); err != nil {
		panic(err)
	}
	return obj
}

// newClient is the constructor behind `new Client(options)`.
func (m *instance) newClient(call sobek.ConstructorCall) *sobek.Object {
	rt := m.vu.Runtime()
	opts, err := parseOptions(rt, call.Argument(0), m.absolute)
	if err != nil {
		panic(m.configError(err))
	}
	c, err := newClient(m, opts)
	if err != nil {
		panic(m.configError(err))
	}
	c.attachTo(call.This)
	return nil
}

// configError is the TypeError of a configuration that cannot be used. Its property option names the option.
func (m *instance) configError(err error) *sobek.Object {
	exception := m.vu.Runtime().NewTypeError("%s: %s", ImportPath, err)
	if wrong := new(jsoption.Error); errors.As(err, &wrong) {
		mustSet(exception, "option", wrong.Option)
	}
	return exception
}

// absolute takes a relative path from the script's folder, as open() of k6 does.
func (m *instance) absolute(path string) string {
	if filepath.IsAbs(path) || m.cwd == nil {
		return filepath.Clean(path)
	}
	return filepath.Join(m.cwd.Path, path)
}
