package jsmodule

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/grafana/sobek"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/clientpool"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/clientsfile"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
)

// optionsOf returns the options of client i: its own, and those that the pool has for all.
func (p *pool) optionsOf(i int) (*options, error) {
	obj, own, err := p.merged(i)
	if err != nil {
		return nil, err
	}
	o, err := parseOptions(p.m.vu.Runtime(), obj, p.m.absolute)
	if err != nil {
		return nil, p.placed(i, own, err)
	}
	if own["maxRequests"] {
		return nil, p.placed(i, own, jsoption.Errorf("maxRequests",
			"applies to all clients of the pool together; set it beside clients"))
	}
	o.shared = p.shared
	if !p.opts.TagClients {
		o.Pool = p.opts.Name
	}
	return o, nil
}

// placed says where in the list an error is, unless it is about an option for all.
func (p *pool) placed(i int, own map[string]bool, err error) error {
	var bad *jsoption.Error
	if !errors.As(err, &bad) {
		return fmt.Errorf("%s: %w", p.list.Position(i, ""), err)
	}
	name := bad.Option
	if end := strings.IndexAny(name, ".["); end >= 0 {
		name = name[:end]
	}
	switch {
	case own[bad.Option]: // a column of its own
		return fmt.Errorf("%s: %w", p.list.Position(i, bad.Option), err)
	case !own[name] && slices.Contains(p.common.Keys(), name):
		return err
	}
	return fmt.Errorf("%s: %w", p.list.Position(i, name), err)
}

// merged returns the object that `new Client(…)` would take, and which of its options are the
// client's own. Those count more than those for all; an object such as key is made of both.
func (p *pool) merged(i int) (obj *sobek.Object, own map[string]bool, err error) {
	rt := p.m.vu.Runtime()
	row := p.list.Options(rt, i)
	if !jsoption.IsObject(row) {
		return nil, nil, fmt.Errorf("%s is %s; it must be an object with options such as clientId and clientSecret",
			p.list.Position(i, ""), jsoption.Describe(row))
	}
	obj, own = rt.NewObject(), make(map[string]bool)
	jsoption.Assign(obj, p.common)
	client := row.ToObject(rt)
	response := slices.ContainsFunc(client.Keys(), clientsfile.IsResponse)
	for _, key := range client.Keys() {
		v := client.Get(key)
		// says nothing of this client's wishes
		mayBind := key == clientsfile.BoundTokens && jsoption.IsBoolean(v) && !v.ToBoolean()
		if clientpool.PassesOver(key, response) || sobek.IsUndefined(v) || mayBind || response && p.isIdle(client, key) {
			continue
		}
		name := clientsfile.Option(key)
		if own[name] {
			return nil, nil, fmt.Errorf("%s: option %q is set twice, by its name and by its name in RFC 7591; remove one of "+
				"the two", p.list.Position(i, name), name)
		}
		own[name] = true
		jsoption.Set(obj, name, p.withCommon(name, v, own))
	}
	return obj, own, nil
}

// withCommon is the client's own value of an option, completed by the value for all clients. It notes in own which
// members are the client's own.
func (p *pool) withCommon(name string, v sobek.Value, own map[string]bool) sobek.Value {
	rt, forAll := p.m.vu.Runtime(), p.common.Get(name)
	switch {
	case jsoption.IsBoolean(v) && v.ToBoolean() && jsoption.IsObject(forAll):
		return forAll // switched on, as all have it
	case !jsoption.IsObject(v):
		return v
	}
	both := rt.NewObject()
	if jsoption.IsObject(forAll) {
		jsoption.Assign(both, forAll.ToObject(rt))
	}
	jsoption.Assign(both, v.ToObject(rt))
	for _, member := range v.ToObject(rt).Keys() {
		own[name+"."+member] = true
	}
	return both
}

// isIdle reports whether a member of a server's answer to a registration says nothing: it is empty, or
// is the secret of a client that authenticates without one.
func (p *pool) isIdle(client *sobek.Object, key string) bool {
	v := client.Get(key)
	if sobek.IsNull(v) || jsoption.IsString(v) && v.String() == "" {
		return true
	}
	auth := client.Get(clientsfile.Metadata("auth"))
	if auth == nil {
		auth = p.common.Get("auth")
	}
	return clientsfile.Option(key) == "clientSecret" && auth != nil && jsoption.IsString(auth) &&
		!strings.HasPrefix(auth.String(), "client_secret")
}

// build makes client i, as this VU shows it to the script.
func (p *pool) build(i int) (*keptClient, error) {
	o, err := p.optionsOf(i)
	if err != nil {
		return nil, err
	}
	c, err := newClient(p.m, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.list.Position(i, ""), err)
	}
	rt := p.m.vu.Runtime()
	obj := rt.CreateObject(p.m.exports.Get("Client").ToObject(rt).Get("prototype").ToObject(rt))
	c.attachTo(obj)
	return &keptClient{client: c, object: obj}, nil
}
