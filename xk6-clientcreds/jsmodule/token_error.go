package jsmodule

import (
	"errors"
	"fmt"
	"sync"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/errext"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// tokenErrorClass makes the class lazily, once per process: few VUs ever need it. name is a value
// and not a getter: k6 prints an exception that nobody caught when no script can run any more.
var tokenErrorClass = sync.OnceValue(func() *sobek.Program {
	return sobek.MustCompile(ImportPath, `(() => {
	class TokenError extends Error {
		constructor(message, fields) {
			super(message);
			Object.assign(this, fields);
		}
	}
	Object.defineProperty(TokenError.prototype, 'name', { value: 'TokenError' });
	return TokenError;
})()`, true)
})

// fail gives the script what it asked for when there is no token: an exception or, with
// onError: "abort", the end of the test. No request may go out without its token.
func (c *client) fail(err error) sobek.Value {
	rt := c.m.vu.Runtime()
	if errors.Is(err, errInitContext) {
		panic(rt.NewGoError(err))
	}
	if c.abort(err) {
		return sobek.Undefined() // never seen: the interrupt comes first
	}
	exception, failure := c.m.tokenError(c.grant, err)
	if failure != nil {
		panic(failure) // k6 has interrupted the script, which cannot catch this either
	}
	panic(exception)
}

// reason is fail for promises.
func (c *client) reason(err error) sobek.Value {
	exception, failure := c.m.tokenError(c.grant, err) // before the interrupt, after which nothing runs
	if failure != nil {
		// k6 has interrupted the script. The runtime has told so, forgets it then, and would go on with the script.
		rt := c.m.vu.Runtime()
		if interrupt := (*sobek.InterruptedError)(nil); errors.As(failure, &interrupt) {
			rt.Interrupt(interrupt.Value())
		}
		return rt.NewGoError(failure)
	}
	c.abort(err)
	return exception
}

// abort ends the test when the options say so. An iteration that k6 itself is ending is no
// reason to.
func (c *client) abort(err error) bool {
	if c.opts.OnError != onErrorAbort || c.m.vu.Context().Err() != nil {
		return false
	}
	c.m.vu.Runtime().Interrupt(&errext.InterruptError{
		Reason: fmt.Sprintf("%s: %s", errext.AbortTest, c.m.errorText(c.grant, err)),
	})
	return true
}

// errorText is the message of a TokenError: what happened, to which client, and where to look.
func (m *instance) errorText(g *grant, err error) string {
	o := g.opts
	e := *asOAuthError(err)
	e.Description = m.process.words(e.Description)
	text := fmt.Sprintf("%s (client %q at %s)", &e, o.ClientID, o.where())
	if hint := hint(o, &e); hint != "" {
		text += "; " + hint
	}
	if dated(o, &e) {
		text += g.clock.describe()
	}
	return m.process.redactor.String(text)
}

// tokenError makes the exception that a script catches. It fails when k6 has interrupted the
// runtime: then not even a constructor runs.
func (m *instance) tokenError(g *grant, err error) (*sobek.Object, error) {
	rt := m.vu.Runtime()
	if m.errors == nil {
		class, failure := rt.RunProgram(tokenErrorClass())
		if failure != nil {
			return nil, failure
		}
		m.errors = class
	}
	e := asOAuthError(err)
	fields := rt.NewObject()
	mustSet(fields, "error", e.Code)
	mustSet(fields, "errorDescription", m.process.words(e.Description))
	mustSet(fields, "grant", nullable(e.Grant))
	mustSet(fields, "status", e.Status)
	mustSet(fields, "retryable", e.Retryable())
	mustSet(fields, "retryAfter", e.RetryAfter.Seconds())
	return rt.New(m.errors, rt.ToValue(m.errorText(g, err)), fields)
}

// nullable is s as a value for the script, null when it is empty.
func nullable(s string) any {
	if s == "" {
		return sobek.Null()
	}
	return s
}

// asOAuthError returns err as the one typed error, whatever it was.
func asOAuthError(err error) *oauth.Error {
	var e *oauth.Error
	if errors.As(err, &e) {
		return e
	}
	return oauth.TransportError(err)
}
