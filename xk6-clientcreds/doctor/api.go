package doctor

import (
	"context"
	"fmt"
	"net/http"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// checkAPI asks the protected API, by GET, without a token and with it.
func checkAPI(ctx context.Context, e *run) []Result {
	if e.cfg.APIURL == "" {
		return []Result{{ID: "api.without_token", Status: Skipped, Summary: "no API_URL is set"}}
	}
	without := e.apiWithoutToken(ctx)
	if e.token == nil {
		return []Result{without, {ID: "api.with_token", Status: Skipped, Summary: "there is no token"}}
	}
	return []Result{without, e.apiWithToken(ctx)}
}

// apiWithoutToken expects what RFC 6750 §3 requires: 401 and a challenge.
func (e *run) apiWithoutToken(ctx context.Context) Result {
	r := Result{ID: "api.without_token", Status: OK}
	x, err := e.probe.get(ctx, e.cfg.APIURL, "", "")
	if err != nil {
		return apiUnreached(r, err)
	}
	r.Data = map[string]any{"http_status": x.status}
	bearer := false
	for _, c := range oauth.ParseWWWAuthenticate(x.header.Values("WWW-Authenticate")) {
		bearer = bearer || c.Scheme == "bearer" || c.Scheme == "dpop"
	}
	switch {
	case x.status == http.StatusUnauthorized && bearer:
		r.Summary = "HTTP 401 with a challenge, as it must be"
	case x.status == http.StatusUnauthorized:
		r.Status, r.Summary = Warning, "HTTP 401 without a Bearer challenge in WWW-Authenticate (RFC 6750 §3)"
		r.Hint = "clients cannot tell why a token was refused: rejections are counted with error none"
	case x.status < 400:
		r.Status, r.Summary = Warning, fmt.Sprintf("HTTP %d: the API can be used without a token", x.status)
		r.Hint = "check API_URL: a load test would not show whether tokens work"
	default:
		r.Status, r.Summary = Info, fmt.Sprintf("HTTP %d instead of 401", x.status)
	}
	return r
}

// apiWithToken expects the API to accept the token.
func (e *run) apiWithToken(ctx context.Context) Result {
	r := Result{ID: "api.with_token", Status: OK}
	x, demanded, err := e.getWithToken(ctx)
	if err != nil {
		return apiUnreached(r, err)
	}
	code := oauth.ChallengeError(x.header.Values("WWW-Authenticate"))
	r.Summary = fmt.Sprintf("HTTP %d in %s", x.status, short(x.duration))
	r.Data = map[string]any{"http_status": x.status, "duration_ms": ms(x.duration), "error": code}
	if demanded {
		r.Status, r.Data["nonce_demanded"] = Info, true
		r.Summary += ", after it demanded a nonce in the DPoP proof"
	}
	if code != "" {
		r.Summary += ": " + code
	}
	switch {
	case x.status < 300:
	case x.status == http.StatusUnauthorized:
		r.Status = Failed
		r.Hint = "the API does not take this server's tokens: check issuer, audience and clocks of the two"
	case x.status == http.StatusForbidden:
		r.Status, r.Hint = Failed, "the token is good and not enough: check SCOPE"
	case x.status < 400:
		r.Status, r.Hint = Warning, "a token does not follow a redirect to another origin: set API_URL to the final URL"
	case x.status >= 500:
		r.Status, r.Hint = Failed, "the API has a problem of its own; its log says which"
	default:
		r.Status, r.Hint = Warning, "the token was not refused, but the request was: check API_URL"
	}
	return r
}

func apiUnreached(r Result, err error) Result {
	failure := oauth.TransportError(err)
	r.Status, r.Summary, r.Hint = Failed, failure.Error(), "check API_URL"
	r.Data = map[string]any{"error": failure.Code}
	return r
}
