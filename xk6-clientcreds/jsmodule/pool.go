package jsmodule

import (
	"errors"
	"fmt"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/lib"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/clientpool"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
)

// pool is a ClientPool in one VU. Its clients are made when they are used: of the others there is
// no more than what the list says of them.
type pool struct {
	m      *instance
	opts   *poolOptions
	common *sobek.Object // the options for all clients
	list   clientpool.List
	shared *sharedPool

	next func() int    // the number of the client for the next call; nil before the first
	mine *sobek.Object // the client, where it is always the same one
	kept *clientpool.Recent[*keptClient]
}

var errPoolInit = errors.New(
	"pool.client() cannot be called in the init context; call it in the default function, setup() or teardown()")

// newClientPool is the constructor behind `new ClientPool(options)`.
func (m *instance) newClientPool(call sobek.ConstructorCall) *sobek.Object {
	p, err := newPool(m, call.Argument(0))
	if err != nil {
		panic(m.configError(err))
	}
	p.becomes(call.This)
	return nil
}

func newPool(m *instance, v sobek.Value) (*pool, error) {
	opts, forAll, err := parsePoolOptions(m.vu.Runtime(), v, m.absolute)
	if err != nil {
		return nil, err
	}
	p := &pool{m: m, opts: opts, common: forAll, kept: clientpool.NewRecent[*keptClient](opts.MaxClients)}
	if opts.array != nil {
		p.list = clientpool.FromArray(opts.array)
	} else {
		if p.list, err = m.process.files.Read(opts.File); err != nil {
			return nil, jsoption.Errorf("clients.file", "%w", err)
		}
	}
	if err := opts.checkSize(p.list.Size()); err != nil {
		return nil, err
	}
	key, err := opts.key(forAll, p.list.Size())
	if err != nil {
		return nil, err
	}
	p.shared = m.process.poolOf(key)
	p.shared.once.Do(func() { p.prepare() })
	if p.shared.err != nil {
		m.process.dropPool(key, p.shared) // the next script that makes it may have fixed it
	}
	return p, p.shared.err
}

// becomes makes the object under construction a ClientPool as the script sees it.
func (p *pool) becomes(obj *sobek.Object) {
	rt := p.m.vu.Runtime()
	define := func(name string, v sobek.Value) {
		if err := obj.DefineDataProperty(name, v, sobek.FLAG_FALSE, sobek.FLAG_FALSE, sobek.FLAG_FALSE); err != nil {
			panic(err)
		}
	}
	define("client", p.m.function("client", p.client))
	define("size", rt.ToValue(p.list.Size()))
}

// client is pool.client(): the client for this call.
func (p *pool) client(sobek.FunctionCall) sobek.Value {
	if p.mine != nil {
		return p.mine
	}
	rt := p.m.vu.Runtime()
	if p.next == nil {
		state := p.m.vu.State()
		if state == nil {
			panic(rt.NewTypeError("%s: %s", ImportPath, errPoolInit))
		}
		p.next = p.assign(state)
	}
	i := p.next()
	if c, kept := p.kept.Get(i); kept {
		return c.object
	}
	c, err := p.build(i)
	if err != nil {
		panic(rt.NewTypeError("%s: %s", ImportPath, err))
	}
	if dropped, full := p.kept.Add(i, c); full {
		dropped.client.release()
	}
	if p.opts.Assignment.Kind == clientpool.ByVU {
		p.mine = c.object
	}
	return c.object
}

// keptClient is a client of a pool that a VU has used.
type keptClient struct {
	client *client
	object *sobek.Object
}

// assign returns the numbers of the clients for the calls of this VU, which state knows.
func (p *pool) assign(state *lib.State) func() int {
	if p.shared.assigner.Shares(state.VUIDGlobal) {
		p.m.process.warnOnce(warning{"more VUs than clients", p.shared}, fmt.Sprintf(
			"Pool %q has %d clients, and there is a virtual user %d: some virtual users have the same client",
			p.opts.Name, p.list.Size(), state.VUIDGlobal))
	}
	return p.shared.assigner.Next(state.VUIDGlobal)
}
