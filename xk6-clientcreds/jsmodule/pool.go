package jsmodule

import (
	"errors"

	"github.com/grafana/sobek"
)

// pool is a ClientPool in one VU. Its clients are made when they are used: of the others there is
// no more than what the list says of them.
type pool struct {
	m      *instance
	opts   *poolOptions
	common *sobek.Object // the options for all clients
	list   clientList
	shared *sharedPool

	next assigner      // nil before the first call
	mine *sobek.Object // the client, where it is always the same one
	kept *keptClients
}

var errPoolInit = errors.New(
	"pool.client() cannot be called in the init context; call it in the default function, setup() or teardown()")

// newClientPool is the constructor behind `new ClientPool(options)`.
func (m *instance) newClientPool(call sobek.ConstructorCall) *sobek.Object {
	p, err := newPool(m, call.Argument(0))
	if err != nil {
		panic(m.vu.Runtime().NewTypeError("%s: %s", ImportPath, err))
	}
	p.becomes(call.This)
	return nil
}

func newPool(m *instance, v sobek.Value) (*pool, error) {
	opts, forAll, err := parsePoolOptions(m.vu.Runtime(), v, m.absolute)
	if err != nil {
		return nil, err
	}
	p := &pool{m: m, opts: opts, common: forAll, kept: newKeptClients(opts.MaxClients)}
	if opts.array != nil {
		p.list = arrayClients{opts.array}
	} else {
		if p.list, err = m.process.clientsOf(opts.File); err != nil {
			return nil, err
		}
	}
	if err := opts.checkSize(p.list.size()); err != nil {
		return nil, err
	}
	key, err := opts.key(forAll, p.list.size())
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
	define("size", rt.ToValue(p.list.size()))
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
		p.next = p.assigner(state)
	}
	i := p.next()
	if c := p.kept.get(i); c != nil {
		return c.object
	}
	c, err := p.build(i)
	if err != nil {
		panic(rt.NewTypeError("%s: %s", ImportPath, err))
	}
	p.kept.add(c)
	if p.opts.Assignment == assignVU {
		p.mine = c.object
	}
	return c.object
}
