package jsmodule

import "github.com/grafana/sobek"

type method = func(sobek.FunctionCall) sobek.Value

// members are the methods of Client, in the order of index.d.ts.
var members = []struct {
	name string
	call func(*client, sobek.FunctionCall) sobek.Value
}{
	{"token", (*client).token},
	{"authorization", (*client).authorization},
	{"headers", (*client).headers},
	{"tokenAsync", (*client).tokenAsync},
	{"acquire", (*client).acquire},
	{"acquireAsync", (*client).acquireAsync},
	{"acquireBatch", (*client).acquireBatch},
	{"invalidate", (*client).invalidate},
	{"introspect", (*client).introspect},
	{"revoke", (*client).revoke},
	{"inspect", (*client).inspect},
	{"get", sends("get")},
	{"head", sends("head")},
	{"post", sends("post")},
	{"put", sends("put")},
	{"patch", sends("patch")},
	{"del", sends("del")},
	{"options", sends("options")},
	{"request", sends("request")},
	{"batch", (*client).batch},
	{"asyncRequest", (*client).asyncRequest},
	{"stats", (*client).stats},
}

// sends is the method that sends a request as k6/http's function of that name does.
func sends(name string) func(*client, sobek.FunctionCall) sobek.Value {
	return func(c *client, call sobek.FunctionCall) sobek.Value { return c.send(name, call) }
}

// method returns the member of that name, or nil.
func (c *client) method(name string) method {
	for _, m := range members {
		if m.name == name {
			return func(call sobek.FunctionCall) sobek.Value { return m.call(c, call) }
		}
	}
	return nil
}

// attachTo makes the object under construction a Client as the script sees it: a plain object,
// because reading its properties costs least, whose prototype makes each method when it is first
// asked for and leaves it on the object. A method costs half a kilobyte in every VU, and a script
// uses a few of them.
func (c *client) attachTo(obj *sobek.Object) {
	prototype := c.m.vu.Runtime().NewDynamicObject(&methods{client: c, object: obj})
	mustSetPrototype(prototype, obj.Prototype()) // Client.prototype, so that instanceof holds
	mustSetPrototype(obj, prototype)
}

func mustSetPrototype(obj, prototype *sobek.Object) {
	if err := obj.SetPrototype(prototype); err != nil {
		panic(err)
	}
}

// methods is the prototype of one Client.
type methods struct {
	client *client
	object *sobek.Object
}

// Get implements sobek.DynamicObject.
func (m *methods) Get(name string) sobek.Value {
	f := m.client.method(name)
	if f == nil {
		return nil
	}
	v := m.client.m.function(name, f)
	// Like the methods of a class: not enumerable, but a script may replace them.
	if err := m.object.DefineDataProperty(name, v, sobek.FLAG_TRUE, sobek.FLAG_TRUE, sobek.FLAG_FALSE); err != nil {
		panic(err)
	}
	return v
}

// Has implements sobek.DynamicObject.
func (m *methods) Has(name string) bool { return m.client.method(name) != nil }

// Keys implements sobek.DynamicObject: methods are not enumerable.
func (*methods) Keys() []string { return nil }

// Set implements sobek.DynamicObject: a prototype cannot be changed.
func (*methods) Set(string, sobek.Value) bool { return false }

// Delete implements sobek.DynamicObject.
func (*methods) Delete(string) bool { return false }
