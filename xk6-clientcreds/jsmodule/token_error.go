package jsmodule

import (
	"errors"
	"fmt"
	"sync"

	"github.com/grafana/sobek"

	"go.k6.io/k6/v2/errext"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
)

// tokenErrorProgram compiles the class lazily, once per process: few VUs ever need it. name is a value
// and not a getter: k6 prints an exception that nobody caught when no script can run any more.
var tokenErrorProgram = sync.OnceValue(func() *sobek.Program {
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

// fail ends a call for which there is no token: with an exception or, with
// onError: "abort", the end of the test. No request may go out without its token.
func (c *client) fail(err error) sobek.Value {
	rt := c.m.vu.Runtime()
	if errors.Is(err, errInitContext) {
		panic(rt.NewTypeError("%s: %s", ImportPath, err))
	}
	c.countMissing(err)
	if c.aborts(err) {
		rt.Interrupt(c.endOfTest(err))
		return sobek.Undefined() // never seen: the interrupt comes first
	}
	panic(c.m.tokenError(c.source, err))
}

// reject is fail for promises. It returns the end of the test, because there may be no script left to interrupt.
func (c *client) reject(reject func(any) error, err error) error {
	c.countMissing(err)
	if c.aborts(err) {
		end := c.endOfTest(err)
		c.m.vu.Runtime().Interrupt(end)
		return end
	}
	return reject(c.m.tokenError(c.source, err))
}

// aborts reports whether a failure ends the test. In an iteration that k6 itself is ending it does not.
func (c *client) aborts(err error) bool {
	return (c.opts.OnError == onErrorAbort || guarded(err)) && c.m.vu.Context().Err() == nil
}

// guarded reports whether err is the refusal of a guard, maxRequests or the list of allowed hosts. It ends the test,
// whatever the script does about errors: the script is wrong, or has done what it may.
func guarded(err error) bool {
	code := asOAuthError(err).Code
	return code == oauth.CodeMaxRequests || code == oauth.CodeHostNotAllowed
}

// endTest ends the test because a guard refused a request that was not for a token.
func (c *client) endTest(err error) sobek.Value {
	if c.m.vu.Context().Err() == nil {
		c.m.vu.Runtime().Interrupt(c.endOfTest(err))
	}
	return sobek.Undefined() // never seen: the interrupt comes first
}

func (c *client) endOfTest(err error) *errext.InterruptError {
	return &errext.InterruptError{Reason: fmt.Sprintf("%s: %s", errext.AbortTest, c.m.errorText(c.source, err))}
}

// countMissing counts a call that got no token. One that k6 itself ends with the iteration is not counted.
func (c *client) countMissing(err error) {
	state := c.m.vu.State()
	if state == nil || c.m.vu.Context().Err() != nil {
		return
	}
	tags := currentTags(c.opts, state)
	tags.Tags = tags.Tags.With(tagError, asOAuthError(err).Label())
	pushOne(state.Samples, c.m.process.metrics.TokenErrors, 1, tags)
}

// errorText is the message of a TokenError: what happened, to which client, and where to look.
func (m *instance) errorText(t *tokenSource, err error) string {
	o := t.opts
	e := *asOAuthError(err)
	e.Description = m.process.safeText(e.Description)
	text := fmt.Sprintf("%s (client %q at %s)", &e, o.ClientID, o.where())
	if advice := hintFor(o, &e); advice != "" {
		text += "; " + advice
	}
	if dated(o, &e) {
		text += describeServerClock(t.clock.Load())
	}
	if held := (*tokencache.HeldError)(nil); errors.As(err, &held) {
		text += "; " + held.Reason()
	}
	return m.process.redactor.String(text)
}

// tokenError makes the exception that a script catches.
func (m *instance) tokenError(t *tokenSource, err error) *sobek.Object {
	rt := m.vu.Runtime()
	e := asOAuthError(err)
	fields := rt.NewObject()
	mustSet(fields, "error", m.process.safeText(e.Code))
	mustSet(fields, "errorDescription", m.process.safeText(e.Description))
	mustSet(fields, "grant", nullable(e.Grant))
	mustSet(fields, "status", e.Status)
	mustSet(fields, "retryable", e.Retryable())
	mustSet(fields, "retryAfter", e.RetryAfter.Seconds())
	exception, failure := rt.New(m.tokenErrorClass(), rt.ToValue(m.errorText(t, err)), fields)
	if failure != nil {
		panic(failure)
	}
	return exception
}

// tokenErrorClass is the class of this VU.
func (m *instance) tokenErrorClass() sobek.Value {
	if m.errors == nil {
		class, failure := m.vu.Runtime().RunProgram(tokenErrorProgram())
		if failure != nil {
			panic(failure) // k6 has interrupted the script, which cannot catch this either
		}
		m.errors = class
	}
	return m.errors
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

// maxSafeText is how much of a server's own words an error or a warning shows.
const maxSafeText = 600

// safeText returns what a server said as it may be shown: secrets and tokens are hidden first, and the text
// is cleaned and shortened then, because half a secret would not be recognized as one.
func (p *process) safeText(text string) string {
	return oauth.Printable(p.redactor.String(text), maxSafeText)
}
