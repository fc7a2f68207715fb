package jsmodule

import (
	"slices"
	"strings"
	"time"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/metrics"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// inspect is client.inspect(token?): what the token itself says, and whether an API that checks
// tokens locally should accept it (RFC 9068 §4). The token stays here; what may go over the network
// is a request for the server's metadata and keys, once per process.
func (c *client) inspect(call sobek.FunctionCall) sobek.Value {
	state := c.m.vu.State()
	if state == nil {
		return c.fail(errInitContext)
	}
	i := &inspection{c: c, token: c.tokenArgument("inspect", call.Argument(0))}
	c.m.process.redactor.Token(i.token)
	if lease := c.entry.Current(); lease != nil && lease.Token.AccessToken.Reveal() == i.token {
		i.cached = lease.Token
	}
	if i.jwt = oauth.ParseJWT(i.token); i.jwt != nil {
		s := c.newSender(state)
		i.validity, i.problems = i.jwt.Validate(func(stale *oauth.KeySet) (*oauth.KeySet, error) {
			return c.source.keySet(c.m.vu.Context(), s, stale)
		}, i.expected())
	}
	return i.result()
}

// inspection is an inspect() under way.
type inspection struct {
	c        *client
	token    string
	cached   *oauth.Token // the token response, where the cache has it; else nil
	jwt      *oauth.JWT   // nil when the token is opaque
	validity oauth.Validity
	problems []string
}

// expected describes the token that the options and the token response promise.
func (i *inspection) expected() oauth.Expected {
	o := i.c.opts
	want := oauth.Expected{Issuer: o.Issuer, ClientID: o.ClientID, Audience: slices.Concat(o.Audience, o.Resource)}
	if x := o.Exchange; x != nil {
		want.Audience = slices.Concat(x.Audience, x.Resource)
	}
	if i.cached != nil {
		want.ExpiresIn = i.cached.ExpiresIn
		if i.cached.Scope != "" {
			want.Scope = strings.Fields(i.cached.Scope)
		}
	}
	return want
}

func (i *inspection) result() sobek.Value {
	rt := i.c.m.vu.Runtime()
	obj := rt.NewObject()
	format, header, claims := "opaque", sobek.Null(), sobek.Null()
	if i.jwt != nil {
		format, header, claims = "jwt", i.c.m.parseJSON(i.jwt.Header), i.c.m.parseJSON(i.jwt.Claims)
	}
	mustSet(obj, "format", format)
	mustSet(obj, "bytes", len(i.token))
	mustSet(obj, "header", header)
	mustSet(obj, "claims", claims)
	mustSet(obj, "scope", i.scope())
	mustSet(obj, "expiresIn", i.expiresIn())
	mustSet(obj, "clockSkew", i.clockSkew())
	mustSet(obj, "valid", i.valid())
	for n, problem := range i.problems {
		i.problems[n] = i.c.m.process.safeText(problem)
	}
	mustSet(obj, "problems", i.c.m.array(i.problems))
	return obj
}

// scope compares what was asked for with what was granted: by the token response, or for a token
// that the cache does not have, by the token itself.
func (i *inspection) scope() *sobek.Object {
	obj, requested := i.c.m.vu.Runtime().NewObject(), i.c.opts.Scope
	if x := i.c.opts.Exchange; x != nil {
		requested = x.Scope
	}
	mustSet(obj, "requested", i.c.m.array(requested))
	var granted []string
	known := false
	if i.cached != nil {
		granted, known = strings.Fields(i.cached.Scope), i.cached.Scope != ""
	}
	if !known && i.jwt != nil {
		granted, known = i.jwt.Scope()
	}
	if !known {
		for _, key := range []string{"granted", "missing", "extra"} {
			mustSet(obj, key, sobek.Null())
		}
		return obj
	}
	missing, extra := oauth.ScopeDifference(requested, granted)
	mustSet(obj, "granted", i.c.m.array(granted))
	mustSet(obj, "missing", i.c.m.array(missing))
	mustSet(obj, "extra", i.c.m.array(extra))
	return obj
}

// expiresIn is the lifetime in seconds, as acquire() has it; null where it is not known.
func (i *inspection) expiresIn() sobek.Value {
	var life time.Duration
	if i.cached != nil {
		life = i.cached.ExpiresIn
	}
	if life == 0 && i.jwt != nil {
		life, _ = i.jwt.Lifetime()
	}
	if life <= 0 {
		return sobek.Null()
	}
	return i.c.m.vu.Runtime().ToValue(life.Seconds())
}

// clockSkew is in milliseconds, from the newest token response of any VU; null where none had a Date header.
func (i *inspection) clockSkew() sobek.Value {
	clock := i.c.source.clock.Load()
	if clock == nil {
		return sobek.Null()
	}
	return i.c.m.vu.Runtime().ToValue(metrics.D(clock.Skew))
}

// valid is null where it is not known: a script must not take that for a refusal, or for a success.
func (i *inspection) valid() sobek.Value {
	if i.jwt == nil || i.validity == oauth.Unknown {
		return sobek.Null()
	}
	return i.c.m.vu.Runtime().ToValue(i.validity == oauth.Valid)
}

// array is a list of strings as a new JavaScript array, also when the list is empty.
func (m *instance) array(list []string) *sobek.Object {
	items := make([]any, len(list))
	for i, s := range list {
		items[i] = s
	}
	return m.vu.Runtime().NewArray(items...)
}
