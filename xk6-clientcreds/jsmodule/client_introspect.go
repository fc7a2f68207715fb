package jsmodule

import (
	"strconv"

	"github.com/grafana/sobek"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// introspect is client.introspect(token?): what the authorization server says of the token (RFC
// 7662). An answer that is an error is a result, not an exception.
func (c *client) introspect(call sobek.FunctionCall) sobek.Value {
	q := c.inquire(introspectionKind, call)
	var said *oauth.Introspection
	if q.endpoint != nil {
		var err error
		if said, err = q.endpoint.Introspect(c.m.vu.Context(), q.sender.do, q.token); err != nil {
			q.failed(err)
		} else {
			q.status = said.Status
		}
	}
	m := c.m.process.metrics
	if said == nil {
		q.report(requestIntrospection, m.Introspections, m.IntrospectionDuration)
	} else {
		q.report(requestIntrospection, m.Introspections, m.IntrospectionDuration, tagActive, strconv.FormatBool(said.Active))
	}
	return q.introspection(said)
}

// introspection is the result of introspect(). active is null without an answer: a script that
// wants to see a token refused must not take a failure for it.
func (q *inquiry) introspection(said *oauth.Introspection) sobek.Value {
	obj := q.result()
	for _, key := range []string{"active", "scope", "claims"} {
		mustSet(obj, key, sobek.Null())
	}
	if said != nil {
		mustSet(obj, "active", said.Active)
		mustSet(obj, "claims", q.c.m.parseJSON(said.Members))
		if said.Scope != "" {
			mustSet(obj, "scope", said.Scope)
		}
	}
	return q.conclude(obj)
}

// parseJSON makes JSON that is known to be right a value of the script.
func (m *instance) parseJSON(text []byte) sobek.Value {
	rt := m.vu.Runtime()
	parse, _ := sobek.AssertFunction(rt.GlobalObject().Get("JSON").ToObject(rt).Get("parse"))
	v, err := parse(sobek.Undefined(), rt.ToValue(string(text)))
	if err != nil {
		panic(err)
	}
	return v
}
