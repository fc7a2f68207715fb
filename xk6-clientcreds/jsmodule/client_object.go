package jsmodule

import "github.com/grafana/sobek"

// clientObject is a Client as the script sees it. Its methods are made when they are first used:
// each costs half a kilobyte in every VU, and a script uses a few of them.
type clientObject struct {
	client *client

	// The methods of the hot path have fields of their own.
	token, authorization, headers, acquire sobek.Value

	others map[string]sobek.Value
}

type method = func(sobek.FunctionCall) sobek.Value

// methods names the members of Client, in the order of index.d.ts.
var methods = []string{
	"token", "authorization", "headers", "acquire", "tokenAsync", "acquireAsync", "invalidate",
	"get", "post", "put", "patch", "del", "head", "options", "request", "batch", "asyncRequest",
	"stats",
}

// Get implements sobek.DynamicObject.
func (o *clientObject) Get(key string) sobek.Value {
	switch key {
	case "token":
		return o.method(&o.token, o.client.token)
	case "authorization":
		return o.method(&o.authorization, o.client.authorization)
	case "headers":
		return o.method(&o.headers, o.client.headers)
	case "acquire":
		return o.method(&o.acquire, o.client.acquire)
	}
	if v, ok := o.others[key]; ok {
		return v
	}
	f := o.other(key)
	if f == nil {
		return nil
	}
	if o.others == nil {
		o.others = make(map[string]sobek.Value)
	}
	v := o.client.m.vu.Runtime().ToValue(f)
	o.others[key] = v
	return v
}

func (o *clientObject) method(field *sobek.Value, f method) sobek.Value {
	if *field == nil {
		*field = o.client.m.vu.Runtime().ToValue(f)
	}
	return *field
}

func (o *clientObject) other(key string) method {
	c := o.client
	switch key {
	case "tokenAsync":
		return c.tokenAsync
	case "acquireAsync":
		return c.acquireAsync
	case "invalidate":
		return c.invalidate
	case "get", "post", "put", "patch", "del", "head", "options", "request":
		return func(call sobek.FunctionCall) sobek.Value { return c.request(key, call) }
	case "batch":
		return c.batch
	case "asyncRequest":
		return c.asyncRequest
	case "stats":
		return c.stats
	}
	return nil
}

// Has implements sobek.DynamicObject.
func (o *clientObject) Has(key string) bool { return o.Get(key) != nil }

// Keys implements sobek.DynamicObject.
func (o *clientObject) Keys() []string { return methods }

// Set implements sobek.DynamicObject: a client cannot be changed.
func (o *clientObject) Set(string, sobek.Value) bool { return false }

// Delete implements sobek.DynamicObject.
func (o *clientObject) Delete(string) bool { return false }
