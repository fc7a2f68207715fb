package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// grant asks for one token by method m.
func (e *run) grant(ctx context.Context, m method) (*oauth.Token, error) {
	auth, err := m.auth(&e.cfg)
	if err != nil {
		return nil, err
	}
	client, err := oauth.NewClient(e.cfg.tokenRequest(e.endpointOf(m), hidden(auth, e.hide), m))
	if err != nil {
		return nil, err
	}
	probe, closing := e.probeOf(m)
	defer closing()
	if e.signer != nil {
		client = client.WithDPoP(e.signer)
	}
	var demanding *roundTrip
	token, err := client.TokenWithRetry(ctx, oauth.Doer(probe.do), oauth.Retry{},
		func(a oauth.Attempt) { e.noteNonce(a, probe, &demanding) })
	if err != nil {
		return nil, err
	}
	e.hide.Token(token.AccessToken.Reveal())
	return token, nil
}

// checkGrant asks for a token by the configured method.
func checkGrant(ctx context.Context, e *run) []Result {
	r := Result{ID: "grant.configured", Data: e.methodData(e.method)}
	switch {
	case e.endpoint == "":
		r.Status, r.Summary = Skipped, "there is no token endpoint to ask"
		return []Result{r}
	case e.broken:
		r.Status, r.Summary = Skipped, "there is no connection that a secret may go over"
		return []Result{r}
	}
	e.probe.close() // the first grant shows what a new connection costs
	token, err := e.grant(ctx, e.method)
	e.answered = e.probe.last
	if err != nil {
		results := append([]Result{e.refused(r, err)}, e.encodingResult(false)...)
		return append(results, e.tryOtherAudience(ctx, err)...)
	}
	e.first, e.token = e.answered, token
	e.slowest = e.first.duration
	r.Status, r.Summary = OK, fmt.Sprintf("%s brings a token, in %s", e.method, short(e.first.duration))
	r.Data["duration_ms"] = ms(e.first.duration)
	return append([]Result{r}, e.encodingResult(true)...)
}

// refused makes r the result of a grant that brought no token.
func (e *run) refused(r Result, err error) Result {
	r.Status, r.Summary = Failed, fmt.Sprintf("%s: %s", e.method, err)
	var failure *oauth.Error
	if !errors.As(err, &failure) {
		return r
	}
	e.noteLimit(failure)
	r.Hint = e.hintFor(failure)
	if blank := e.cfg.blankCredential(); blank != "" && failure.Status >= 400 && failure.Status < 500 {
		r.Hint = blank + "; " + r.Hint
	}
	r.Data["error"], r.Data["http_status"] = failure.Code, failure.Status
	if failure.Code == "invalid_client" && !e.cfg.AllMethods {
		r.Hint += "; --all-methods tries the other methods too, each a login that may fail"
	}
	return r
}

// encodingResult reports what the grant with the configured method shows about the Basic encoding (RFC 6749
// §2.3.1).
func (e *run) encodingResult(granted bool) []Result {
	if e.method.encoding == "" {
		return nil
	}
	r := Result{
		ID: "grant.basic_encoding", Status: OK,
		Data: map[string]any{"configured": e.method.encoding, "matters": true},
	}
	other := e.otherEncoding()
	switch {
	case e.cfg.equal(e.method, other):
		r.Summary = "id and secret are the same in both encodings"
		r.Data["matters"] = false
	case granted && e.method.encoding == "form":
		r.Summary = "id or secret have characters that need the form encoding, and the server decodes it"
	case granted:
		r.Status = Info
		r.Summary = "the server takes id and secret raw, although they have characters that RFC 6749 §2.3.1 form-encodes"
	default:
		r.Status = Info
		r.Summary = "id or secret have characters for which the encoding matters"
		r.Hint = "a server that reads Basic credentials the other way requires BASIC_ENCODING=" + other.encoding
	}
	return []Result{r}
}

// otherEncoding is the configured method in the encoding that is not configured.
func (e *run) otherEncoding() method {
	i := slices.IndexFunc(methods, func(m method) bool {
		return m.name == e.method.name &&
			m.encoding != e.method.encoding
	})
	return methods[i]
}

// checkOtherMethods tries the methods that are not configured, where that is wanted: each failure is a
// failed login to the server.
func checkOtherMethods(ctx context.Context, e *run) []Result {
	if e.endpoint == "" || e.broken {
		return nil
	}
	if !e.cfg.AllMethods {
		return []Result{{
			ID: "grant.other", Status: Skipped, Summary: "other methods are not tried: failed logins can lock the client out",
			Hint: "--all-methods tries them, once each",
		}}
	}
	var results []Result
	for _, m := range methods {
		if m.id != e.method.id && ctx.Err() == nil {
			results = append(results, e.tryOther(ctx, m))
		}
	}
	return results
}

func (e *run) tryOther(ctx context.Context, m method) Result {
	r := Result{ID: "grant." + m.id, Status: Info, Data: map[string]any{"method": m.name, "encoding": m.encoding}}
	if err := m.missing(&e.cfg); err != nil {
		r.Status, r.Summary = Skipped, fmt.Sprintf("%s is not tried: %s", m, err)
		return r
	}
	r.Data = e.methodData(m)
	if e.cfg.equal(m, e.method) {
		r.Status, r.Summary = Skipped, fmt.Sprintf("%s sends the same as %s", m, e.method)
		return r
	}
	if e.metadata != nil && !slices.Contains(e.metadata.TokenEndpointAuthMethods, m.name) {
		r.Status, r.Summary = Skipped, fmt.Sprintf("%s is not offered by the metadata", m)
		return r
	}
	_, err := e.grant(ctx, m)
	if err == nil {
		r.Status, r.Summary = OK, fmt.Sprintf("%s brings a token as well", m)
		if e.token == nil {
			r.Summary = fmt.Sprintf("%s brings a token", m)
			r.Hint = "set " + m.setting()
		}
		return r
	}
	r.Summary = fmt.Sprintf("%s: %s", m, err)
	var failure *oauth.Error
	if errors.As(err, &failure) {
		r.Data["error"], r.Data["http_status"] = failure.Code, failure.Status
		e.noteLimit(failure)
	}
	return r
}

// noteLimit remembers that the server refused for its rate.
func (e *run) noteLimit(failure *oauth.Error) {
	if failure.Status == 429 || failure.Code == "slow_down" {
		e.limited = true
	}
}
