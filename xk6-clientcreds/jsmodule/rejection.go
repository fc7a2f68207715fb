package jsmodule

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/grafana/sobek"

	k6http "go.k6.io/k6/v2/js/modules/k6/http"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/transport"
)

const headerChallenge = "Www-Authenticate"

// labelRedirected is the error of a 401 that another origin gave, to which a redirect led.
const labelRedirected = "redirected"

// skewWorthNoting is the difference of two clocks that matters to a token. The Date of an answer
// counts whole seconds, and the answer took its time.
const skewWorthNoting = 5 * time.Second

// rejected reports whether another token may change the answer: a 401 that blames the token of v (RFC 6750 §3.1), or
// gives no reason. The token is dropped then. A 403 says that the token is good, but not sufficient.
func (c *client) rejected(v *view, result sobek.Value) bool {
	if refusal := c.http.refusal.Load(); refusal != nil {
		c.endTest(refusal)
		return false
	}
	resp, ok := result.Export().(*k6http.Response)
	if !ok || resp == nil {
		return false
	}
	switch resp.Status {
	case http.StatusForbidden:
		c.warnOfScope(resp)
	case http.StatusUnauthorized:
		if from, to := transport.OriginOf(resp.Request.URL), transport.OriginOf(resp.URL); from != to {
			c.countRejection(labelRedirected)
			c.warn("redirected", "A request of client %q to %s was redirected to %s, which answered 401: a token is not sent "+
				"to another origin. "+
				"Use the final URL in the script", c.opts.ClientID, from, to)
			return false
		}
		reason := oauth.ChallengeError([]string{resp.Headers[headerChallenge]})
		c.countRejection(oauth.RejectionLabel(reason))
		return (reason == "" || reason == "invalid_token") && c.replaced(v, resp)
	}
	return false
}

func (c *client) countRejection(label string) {
	c.usage.total.rejections++
	state := c.m.vu.State()
	tags := currentTags(c.opts, state)
	tags.Tags = tags.Tags.With(tagError, label)
	pushOne(state.Samples, c.m.process.metrics.Rejections, 1, tags)
}

// replaced drops the token of v, which the API rejected, if another one may be better. It warns of what the rejection
// means.
func (c *client) replaced(v *view, resp *k6http.Response) bool {
	api := c.source.apis.of(transport.OriginOf(resp.URL))
	accepted := v.lease.AcceptedBy(api)
	// Without a cache every token is new.
	better := c.opts.Cache.Scope != scopeNone && c.entry.Rejected(v.lease, api)
	switch {
	case accepted:
		if c.source.succession.ended(v.lease) {
			c.warnOfSuccession(resp)
		}
	case !better:
		c.warnOfRejection(v.lease.Token, resp)
	}
	return better
}

// warnOfRejection warns once of what the rejection of a new token means.
func (c *client) warnOfRejection(t *oauth.Token, resp *k6http.Response) {
	says := fmt.Sprintf("The API answered 401 to a token that had just been issued (client %q, %s%s%s)",
		c.opts.ClientID, transport.OriginOf(resp.URL), c.describeChallenge(resp), describeSkew(resp, time.Now()))
	if why := notYetValid(t, resp); why != "" {
		c.warn("not yet valid", "%s: %s. The token is kept, since the next one would be younger still; "+
			"check the clocks of the API and of the authorization server", says, why)
		return
	}
	c.source.succession.rejected(t, func() {
		c.warn("rejected", "%s; it does not accept this server's tokens: check issuer, audience, scope and the clocks of "+
			"both", says)
	})
}

// warnOfSuccession warns once that a new token ends the one before.
func (c *client) warnOfSuccession(resp *k6http.Response) {
	advice := "Let the virtual users share one token with cache.scope: 'shared'"
	if c.opts.Cache.Scope == scopeShared {
		advice = "Use one set of options for this clientId, or a clientId for each"
	}
	c.m.process.warnOnce(warning{"succession", c.source.succession},
		c.m.process.redactor.String(fmt.Sprintf("The API accepted a token, and refused it after client %q had been given a "+
			"newer one (%s%s): "+
			"the server seems to keep one token for each client. %s", c.opts.ClientID, transport.OriginOf(
			resp.URL), c.describeChallenge(resp), advice)))
}

// answerObserver returns a function that notes the answers to requests with the token of l. Both may be called on any
// goroutine.
func (c *client) answerObserver(l *tokencache.Lease) func(*url.URL, int) {
	t := c.source
	outlived := t.succession.outlived(l)
	return func(u *url.URL, status int) {
		if !isAcceptance(status) {
			return
		}
		if outlived {
			t.succession.accepted()
		}
		if l.Accepted(t.apis.at(u)) {
			t.warnOfDelay(u, time.Since(l.Token.RequestedAt))
		}
	}
}

// isAcceptance reports whether an API that answers with status has accepted the token: with a redirect, it may ask for
// a login, and before an error it may not have looked at it.
func isAcceptance(status int) bool {
	return status >= 200 && status < 300 || status == http.StatusForbidden
}

// warnOfDelay warns once that an API accepts tokens only a while after they were issued.
func (t *tokenSource) warnOfDelay(u *url.URL, age time.Duration) {
	t.process.warnOnce(warning{"late acceptance", t.opts.subject()}, fmt.Sprintf(
		"The API at %s refused a token of client %q and accepted it later, when the token was %s old: the clock of the "+
			"authorization server is ahead "+
			"of the API's, or new tokens take time to reach the API. Set the clocks, or let the API tolerate a difference",
		transport.Origin(u), t.opts.ClientID, age.Round(100*time.Millisecond)))
}

// notYetValid says why the API would accept the token later, by the token itself or by the API's words; nothing where
// neither of them does.
func notYetValid(t *oauth.Token, resp *k6http.Response) string {
	if jwt := oauth.ParseJWT(t.AccessToken.Reveal()); jwt != nil {
		date, err := http.ParseTime(resp.Headers["Date"])
		if from, known := jwt.ValidFrom(); err == nil && known && from.After(date) {
			return fmt.Sprintf("the token is valid from %s, and the API's clock says %s", from.UTC().Format(time.TimeOnly),
				date.UTC().Format(time.TimeOnly))
		}
	}
	words := strings.ToLower(resp.Headers[headerChallenge])
	for _, sign := range []string{
		"not yet", "not valid yet", "not active", "nbf", "not before", "future", "\"iat\"",
		"issued at",
	} {
		if strings.Contains(words, sign) {
			return "the API says that the token is not valid yet"
		}
	}
	return ""
}

// warnOfScope warns once of what the API's 403 means, where it is about the token.
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
		c.opts.ClientID, scope, transport.OriginOf(resp.URL), c.describeChallenge(resp))
}

func (c *client) warn(kind, format string, args ...any) {
	c.m.process.warnOnce(warning{kind, c.opts.subject()}, c.m.process.redactor.String(fmt.Sprintf(format, args...)))
}

func (c *client) describeChallenge(resp *k6http.Response) string {
	header := resp.Headers[headerChallenge]
	if header == "" {
		return ", without WWW-Authenticate"
	}
	return ", WWW-Authenticate: " + c.m.process.safeText(header)
}

// describeSkew says how far the clock of the answering server is from this machine's.
func describeSkew(resp *k6http.Response, now time.Time) string {
	date, err := http.ParseTime(resp.Headers["Date"])
	if err != nil {
		return ""
	}
	return describeClocks(", whose clock is", date.Sub(now).Round(time.Second))
}
