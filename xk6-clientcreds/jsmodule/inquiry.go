package jsmodule

import (
	"errors"
	"strconv"
	"time"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/lib/netext/httpext"
	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// inquiry is one request about a token: what a script's introspect() or revoke() sends, and what
// came of it.
type inquiry struct {
	c        *client
	sender   *sender
	used     *credentials
	endpoint *oauth.Endpoint // nil when discovery failed
	token    string

	status int            // 0 when there was no answer
	err    *oauth.Error   // nil on success
	trail  *httpext.Trail // nil when nothing was sent
}

// inquire prepares the request about the token that is the call's argument, by default the one in
// the cache. What only the script can mend is an exception.
func (c *client) inquire(kind endpointKind, call sobek.FunctionCall) *inquiry {
	rt, state := c.m.vu.Runtime(), c.m.vu.State()
	if state == nil {
		c.fail(errInitContext)
	}
	q := &inquiry{c: c, sender: c.ownSender(state), token: c.tokenArgument(kind.method, call.Argument(0))}
	c.m.process.redactor.Token(q.token)
	q.used = c.grant.credentials.Load()
	endpoint, err := c.grant.endpointOf(c.m.vu.Context(), q.used, kind, q.sender)
	var unknown unknownEndpointError
	if errors.As(err, &unknown) {
		panic(rt.NewTypeError("%s", unknown.Error()))
	}
	if err != nil {
		q.err = asOAuthError(err) // its status is that of the metadata
	}
	q.endpoint = endpoint
	return q
}

// tokenArgument is the token that a method is about: its argument, by default the one in the cache.
func (c *client) tokenArgument(method string, v sobek.Value) string {
	rt := c.m.vu.Runtime()
	if !sobek.IsUndefined(v) {
		if !isString(v) || v.String() == "" {
			panic(rt.NewTypeError("client.%s(token): token is %s; it must be a non-empty string", method, emptyOr(v)))
		}
		return v.String()
	}
	if lease := c.entry.Current(); lease != nil {
		return lease.Token.AccessToken
	}
	panic(rt.NewTypeError("client.%s(): there is no token in the cache; give one, client.%s(token), or call client.token() before", method, method))
}

// failed notes what went wrong.
func (q *inquiry) failed(err error) {
	q.err = asOAuthError(err)
	q.status = q.err.Status
}

// report ends the request and counts it. One without an answer has status 0, and no duration.
func (q *inquiry) report(request string, count, duration *metrics.Metric, tags ...string) {
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
	if q.trail = s.finish(); q.trail != nil {
		at = q.trail.EndTime
	}
	if q.trail != nil && q.status != 0 {
		add(duration, metrics.D(q.trail.Duration))
	}
	add(count, 1)
	push(s.samples, list, set, at)
	if q.trail != nil && s.opts.HTTPMetrics {
		s.reportHTTP(oauth.Attempt{Status: q.status, Err: q.err})
	}
	if q.err != nil {
		q.c.grant.renewed(q.used, q.err, s) // for the next call: this one is one request
	}
}

// result is what the results of introspect() and revoke() have in common, as an object.
func (q *inquiry) result() *sobek.Object {
	rt := q.c.m.vu.Runtime()
	obj := rt.NewObject()
	mustSet(obj, "ok", q.err == nil)
	mustSet(obj, "status", q.status)
	return obj
}

// conclude adds the error and the times.
func (q *inquiry) conclude(obj *sobek.Object) *sobek.Object {
	a := acquisition{c: q.c, err: q.err, trail: q.trail}
	for _, key := range []string{"error", "errorDescription", "retryAfter", "timings"} {
		mustSet(obj, key, a.Get(key))
	}
	return obj
}
