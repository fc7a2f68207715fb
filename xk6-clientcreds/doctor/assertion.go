package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/hint"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/redact"
)

// assertion returns the contents of the client's JWTs, the same as in scripts.
func (c *Config) assertion() oauth.Assertion {
	audience := c.AssertionAudience
	if audience == "" {
		audience = c.Issuer // without an issuer it is the token endpoint
	}
	return oauth.Assertion{ClientID: c.ClientID, Audience: audience}
}

// algorithm returns the algorithm with which m signs assertions.
func (c *Config) algorithm(m method) string {
	if m.name == oauth.MethodPrivateKeyJWT {
		return c.Key.Algorithm()
	}
	return secretAlgorithm
}

// hidden is auth with every assertion told to the redactor: until it expires it is a credential.
func hidden(auth oauth.ClientAuth, hide *redact.Redactor) oauth.ClientAuth {
	if auth.Static {
		return auth
	}
	apply := auth.Apply
	auth.Apply = func(ctx context.Context, r *oauth.TokenRequest) error {
		err := apply(ctx, r)
		hide.Token(r.Form.Get("client_assertion"))
		return err
	}
	return auth
}

// audience is whom assertions are for, as it may be shown.
func (e *run) audience() string {
	if a := e.cfg.assertion().Audience; a != "" {
		return a
	}
	return withoutQuery(e.endpoint)
}

// methodData are the values on which server and client must agree: of an assertion also algorithm and
// audience, over which most are refused.
func (e *run) methodData(m method) map[string]any {
	data := map[string]any{"method": m.name, "encoding": m.encoding}
	if m.signs {
		data["algorithm"], data["audience"] = e.cfg.algorithm(m), e.audience()
	}
	return data
}

// hintAssertion says what an assertion can be refused for, with the values of this one.
func hintAssertion(e *run) hint.Credentials {
	check := "check {clientId} and {clientSecret}"
	if e.method.name == oauth.MethodPrivateKeyJWT {
		check = "check {clientId}, KEY_ID, that the server has the public key of CLIENT_KEY_FILE"
	}
	return hint.Credentials(fmt.Sprintf("%s, that it takes %s for this client and %s as the audience (aud), and the "+
		"clocks of both sides", check, e.cfg.algorithm(e.method), e.audience()))
}

// tryOtherAudience asks for a token with an assertion for the token endpoint, after one for the issuer was refused:
// many servers accept only that audience, which RFC 7523 §3 allows, and they rarely say so. It is one more login that
// may fail.
func (e *run) tryOtherAudience(ctx context.Context, refusal error) []Result {
	var failure *oauth.Error
	if !e.method.signs || e.cfg.AssertionAudience != "" || e.cfg.Issuer == "" || e.cfg.Issuer == e.endpoint ||
		!errors.As(refusal, &failure) || failure.Status < 400 || failure.Status >= 500 ||
		failure.Status == http.StatusTooManyRequests {
		return nil
	}
	other := *e
	other.cfg.AssertionAudience = e.endpoint
	r := Result{ID: "grant.audience", Data: other.methodData(e.method)}
	if _, err := other.grant(ctx, e.method); err != nil {
		r.Status, r.Summary = Info, fmt.Sprintf("with the token endpoint as the audience of the assertion: %s", err)
		return []Result{r}
	}
	r.Status = OK
	r.Summary = "the server accepts the assertion when its audience (aud) is the token endpoint instead of the issuer"
	r.Hint = "set ASSERTION_AUDIENCE=" + withoutQuery(e.endpoint)
	return []Result{r}
}

// assertionRefused reports whether the server answered to an assertion, and not with a token: a clock that
// is wrong can be the reason (RFC 7523 §3).
func (e *run) assertionRefused() bool {
	return e.method.signs && e.token == nil && e.answered != nil && e.answered.header != nil
}
