package jsmodule

import (
	"fmt"
	"net/http"
	"time"

	"github.com/grafana/sobek"

	k6http "go.k6.io/k6/v2/js/modules/k6/http"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

const headerChallenge = "Www-Authenticate"

// skewWorthNoting is the difference of two clocks that matters to a token. The Date of an answer
// counts whole seconds, and the answer took its time.
const skewWorthNoting = 5 * time.Second

// rejected reports whether result is an answer that a new token may change: a 401 that blames
// the token (RFC 6750 §3.1) or nothing at all. A 403 says that the token is good and not enough.
func (c *client) rejected(result sobek.Value) bool {
	resp, ok := result.Export().(*k6http.Response)
	if !ok || resp == nil {
		return false
	}
	switch resp.Status {
	case http.StatusForbidden:
		c.warnOfScope(resp)
	case http.StatusUnauthorized:
		reason := oauth.ChallengeError([]string{resp.Headers[headerChallenge]})
		c.usage.total.rejections++
		state := c.m.vu.State()
		tags := currentTags(c.opts, state)
		tags.Tags = tags.Tags.With(tagError, oauth.RejectionLabel(reason))
		pushOne(state.Samples, c.m.process.metrics.Rejections, 1, tags)
		return reason == "" || reason == "invalid_token"
	}
	return false
}

// rejectedAgain counts a second rejection, and says once what it means.
func (c *client) rejectedAgain(result sobek.Value) {
	if !c.rejected(result) {
		return
	}
	resp := result.Export().(*k6http.Response) //nolint:forcetypeassert // rejected has seen it
	c.warn("rejected", "The API answered 401 to a token that had just been issued (client %q, %s%s%s); "+
		"it does not accept this server's tokens: check issuer, audience, scope and the clocks of both",
		c.opts.ClientID, originOf(resp.URL), c.describeChallenge(resp), describeSkew(resp, time.Now()))
}

// warnOfScope says once what the API's 403 means, where it is about the token.
func (c *client) warnOfScope(resp *k6http.Response) {
	if oauth.ChallengeError([]string{resp.Headers[headerChallenge]}) != "insufficient_scope" {
		return
	}
	scope := "no scope option"
	if c.opts.scopeText != "" {
		scope = fmt.Sprintf("scope %q", c.opts.scopeText)
	}
	c.warn("insufficient scope", "The API answered 403 insufficient_scope (client %q with %s, %s%s); "+
		"a new token with the same scope would not help: check the scope option and what the server grants",
		c.opts.ClientID, scope, originOf(resp.URL), c.describeChallenge(resp))
}

func (c *client) warn(kind, format string, args ...any) {
	c.m.process.warnOnce(warning{kind, c.opts.subject()}, c.m.process.redactor.String(fmt.Sprintf(format, args...)))
}

func (c *client) describeChallenge(resp *k6http.Response) string {
	header := resp.Headers[headerChallenge]
	if header == "" {
		return ", without WWW-Authenticate"
	}
	return ", WWW-Authenticate: " + c.m.process.words(header)
}

// describeSkew says how far the clock of the one who answered is from this machine's.
func describeSkew(resp *k6http.Response, now time.Time) string {
	date, err := http.ParseTime(resp.Headers["Date"])
	if err != nil {
		return ""
	}
	return describeClocks(", whose clock is", date.Sub(now).Round(time.Second))
}
