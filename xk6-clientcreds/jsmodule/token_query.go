package jsmodule

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/lib/netext/httpext"
	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// tokenQuery is one request about a token, which a script's introspect() or revoke() sends, and its
// outcome.
type tokenQuery struct {
	c        *client
	sender   *sender
	used     *credentials
	endpoint *oauth.Endpoint // nil when discovery failed
	token    string

	status int          // 0 when there was no answer
	err    *oauth.Error // nil on success
	trace  *trace       // nil when nothing was sent
}

// introspect is client.introspect(token?): what the authorization server says about the token (RFC
// 7662). An answer that is an error is a result, not an exception.
func (c *client) introspect(call sobek.FunctionCall) sobek.Value {
	q := c.newQuery(introspectionKind, call)
	var said *oauth.Introspection
	if q.endpoint != nil {
		var err error
		if said, err = q.endpoint.Introspect(c.m.vu.Context(), q.send, q.token); err != nil {
			q.failed(err)
		} else {
			q.status = said.Status
		}
	}
	m := c.m.process.metrics
	if said == nil {
		q.count(requestIntrospection, m.Introspections, m.IntrospectionDuration)
	} else {
		q.count(requestIntrospection, m.Introspections, m.IntrospectionDuration, tagActive, strconv.FormatBool(said.Active))
	}
	return q.introspection(said)
}

// revoke is client.revoke(token?): asks the authorization server to invalidate the token (RFC
// 7009). An answer that is an error is a result, not an exception.
func (c *client) revoke(call sobek.FunctionCall) sobek.Value {
	q := c.newQuery(revocationKind, call)
	if q.endpoint != nil {
		// Before the request and whatever its outcome: nobody should begin to use a token that is
		// being revoked, and when no answer comes it may be revoked.
		c.forget(q.token)
		status, err := q.endpoint.Revoke(c.m.vu.Context(), q.send, q.token)
		if err != nil {
			q.failed(err)
		} else {
			q.status = status
		}
	}
	m := c.m.process.metrics
	q.count(requestRevocation, m.Revocations, m.RevocationDuration)
	return q.conclude(q.result())
}

// forget drops the cached token if it is this one.
func (c *client) forget(token string) {
	if lease := c.entry.Current(); lease != nil && lease.Token.AccessToken.Reveal() == token {
		c.entry.Drop(lease)
	}
}

// newQuery prepares the request about the token that is the call's argument, by default the cached one.
// A fault that only the script can fix is an exception.
func (c *client) newQuery(kind endpointKind, call sobek.FunctionCall) *tokenQuery {
	rt, state := c.m.vu.Runtime(), c.m.vu.State()
	if state == nil {
		c.fail(errInitContext)
	}
	q := &tokenQuery{c: c, sender: c.senderFor(state), token: c.tokenArgument(kind.method, call.Argument(0))}
	c.m.process.redactor.Token(q.token)
	q.used = c.source.credentials.Load()
	endpoint, err := c.source.endpointOf(c.m.vu.Context(), q.used, kind, q.sender)
	var unknown unknownEndpointError
	if errors.As(err, &unknown) {
		panic(rt.NewTypeError("%s", unknown.Error()))
	}
	if err != nil {
		q.err = asOAuthError(err) // its status is of the metadata request
	}
	q.endpoint = endpoint
	return q
}

// tokenArgument is the token that a method is about: its argument, by default the cached one.
func (c *client) tokenArgument(method string, v sobek.Value) string {
	rt := c.m.vu.Runtime()
	if !sobek.IsUndefined(v) {
		if !jsoption.IsString(v) || v.String() == "" {
			panic(rt.NewTypeError("client.%s(token): token is %s; it must be a non-empty string", method, jsoption.Describe(v)))
		}
		return v.String()
	}
	if lease := c.entry.Current(); lease != nil {
		return lease.Token.AccessToken.Reveal()
	}
	panic(rt.NewTypeError("client.%s(): there is no token in the cache; pass one, client.%s(token), or call "+
		"client.token() before", method, method))
}

// send is the oauth.Doer of the query. A request that is sent again has another trace.
func (q *tokenQuery) send(req *http.Request) (*http.Response, error) {
	resp, sent, err := q.sender.Send(req)
	q.trace, _ = sent.(*trace)
	return resp, err
}

// failed notes the error.
func (q *tokenQuery) failed(err error) {
	q.err = asOAuthError(err)
	q.status = q.err.Status
	if guarded(q.err) {
		q.c.endTest(q.err)
	}
}

// count counts the request. A request without an answer has status 0 and no duration.
func (q *tokenQuery) count(request string, count, duration *metrics.Metric, tags ...string) {
	s := q.sender
	set := s.tags.Tags.With(tagStatus, strconv.Itoa(q.status))
	if q.err != nil {
		set = set.With(tagError, q.err.Label())
		s.process.counts.failures.addError(request, q.err)
	}
	for i := 0; i+1 < len(tags); i += 2 {
		set = set.With(tags[i], tags[i+1])
	}
	at := time.Now()
	list := make([]metrics.Sample, 0, 2)
	add := func(m *metrics.Metric, value float64) {
		list = append(list, metrics.Sample{
			TimeSeries: metrics.TimeSeries{Metric: m, Tags: set},
			Time:       at, Value: value, Metadata: s.tags.Metadata,
		})
	}
	if q.trace != nil {
		at = q.trace.trail.EndTime
		if q.status != 0 {
			add(duration, metrics.D(q.trace.trail.Duration))
		}
	}
	add(count, 1)
	push(s.samples, list, set, at)
	if q.trace != nil && s.opts.HTTPMetrics {
		s.pushHTTP(q.trace, q.status, q.err != nil)
	}
	if q.err != nil {
		q.c.source.reloadCredentials(q.used, q.err, s) // for the next call: this one is one request
	}
}

// result has the members that the results of introspect() and revoke() share.
func (q *tokenQuery) result() *sobek.Object {
	obj := q.c.m.vu.Runtime().NewObject()
	mustSet(obj, "ok", q.err == nil)
	mustSet(obj, "status", q.status)
	return obj
}

// introspection is the result of introspect(). active is null without an answer: a script that expects
// a token to be refused must not take a failure for a refusal.
func (q *tokenQuery) introspection(said *oauth.Introspection) sobek.Value {
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

// conclude adds the error and the times.
func (q *tokenQuery) conclude(obj *sobek.Object) *sobek.Object {
	rt, m := q.c.m.vu.Runtime(), q.c.m
	for _, key := range []string{"error", "errorDescription", "retryAfter"} {
		mustSet(obj, key, m.errorMember(q.err, key))
	}
	var trail *httpext.Trail
	if q.trace != nil {
		trail = q.trace.trail
	}
	mustSet(obj, "timings", timings(rt, trail))
	return obj
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
