package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"slices"
	"strings"
	"time"
)

// assumedTTL is the lifetime that a client assumes for a token whose response does not say.
const assumedTTL = 5 * time.Minute

// shortTTL is a lifetime below which a run is mostly about getting tokens.
const shortTTL = 30 * time.Second

// checkResponse looks at the token response (RFC 6749 §5.1).
func checkResponse(_ context.Context, e *run) []Result {
	if e.token == nil {
		return nil
	}
	var given map[string]json.RawMessage // stays nil for an answer that is not JSON
	if err := json.Unmarshal(e.first.body, &given); err != nil {
		given = nil
	}
	_, typed := given["token_type"]
	_, scoped := given["scope"]
	results := []Result{
		e.checkTokenType(typed), e.checkTTL(), e.checkScope(scoped), e.checkCaching(),
		e.checkContentType(),
	}
	if coding := e.first.header.Get("Content-Encoding"); coding != "" {
		results = append(results, Result{
			ID: "response.content_encoding", Status: Info,
			Summary: coding + ", though the request did not ask for it: k6 decodes it as well",
			Data:    map[string]any{"content_encoding": coding},
		})
	}
	return results
}

func (e *run) checkTokenType(given bool) Result {
	r := Result{
		ID: "response.token_type", Status: OK, Summary: e.token.Type,
		Data: map[string]any{"token_type": e.token.Type},
	}
	switch {
	case !given:
		r.Status, r.Summary = Warning, "the response has no token_type, which RFC 6749 §5.1 demands; Bearer is assumed"
	case e.token.Type != "Bearer" && e.signer == nil:
		r.Status, r.Summary = Warning, fmt.Sprintf("%q is not Bearer: APIs may not take it", e.token.Type)
	}
	return r
}

func (e *run) checkTTL() Result {
	ttl := e.token.ExpiresIn
	r := Result{
		ID: "response.ttl", Status: OK, Summary: "tokens live " + short(ttl),
		Data: map[string]any{"expires_in": ttl.Seconds()},
	}
	switch {
	case ttl == 0:
		r.Status, r.Data["expires_in"] = Warning, nil
		r.Summary = "the response has no expires_in: a lifetime of " + short(assumedTTL) + " is assumed"
		if none := e.token.NoLifetime; none != "" {
			r.Summary = fmt.Sprintf("expires_in is %s, which is not a lifetime: one of %s is assumed", none, short(assumedTTL))
		}
		r.Hint = "set cache.defaultTtl in scripts to the lifetime that the server grants"
	case ttl < shortTTL:
		r.Status = Warning
		r.Summary += ": a run is mostly about getting tokens"
		r.Hint = "have the lifetime raised, unless you test it"
	}
	return r
}

// ttl is the lifetime that a client reckons with.
func (e *run) ttl() time.Duration {
	if e.token.ExpiresIn > 0 {
		return e.token.ExpiresIn
	}
	return assumedTTL
}

// checkScope compares what was granted with what was asked for (RFC 6749 §3.3).
func (e *run) checkScope(given bool) Result {
	granted := strings.Fields(e.hide.String(e.token.Scope)) // hidden before a secret with blanks is in pieces
	r := Result{ID: "response.scope", Status: OK, Data: map[string]any{"requested": e.cfg.Scope, "granted": granted}}
	var missing, extra []string
	for _, s := range e.cfg.Scope {
		if !slices.Contains(granted, s) {
			missing = append(missing, s)
		}
	}
	for _, s := range granted {
		if !slices.Contains(e.cfg.Scope, s) {
			extra = append(extra, s)
		}
	}
	switch {
	case len(missing) > 0:
		r.Status, r.Summary = Warning, "asked for, and not granted: "+strings.Join(missing, " ")
		r.Hint = "check SCOPE, or have the client registered for it: the API may answer 403"
	case len(e.cfg.Scope) == 0 && len(granted) == 0:
		r.Status, r.Summary = Info, "none was asked for, and the response names none"
	case len(e.cfg.Scope) == 0:
		r.Summary = "the server's default: " + strings.Join(granted, " ")
	case len(extra) > 0:
		r.Status, r.Summary = Info, "granted beyond what was asked for: "+strings.Join(extra, " ")
	case !given:
		r.Summary = "as asked for: the response names none, which means that (RFC 6749 §5.1)"
	default:
		r.Summary = strings.Join(granted, " ")
	}
	return r
}

// checkCaching expects the header that keeps tokens out of caches on the way.
func (e *run) checkCaching() Result {
	value := strings.Join(e.first.header.Values("Cache-Control"), ", ")
	r := Result{ID: "response.cache_control", Status: OK, Summary: value, Data: map[string]any{"cache_control": value}}
	for directive := range strings.SplitSeq(strings.ToLower(value), ",") {
		if strings.TrimSpace(directive) == "no-store" {
			return r
		}
	}
	r.Status, r.Summary = Warning, "no Cache-Control: no-store, which RFC 6749 §5.1 demands: a cache on the way may "+
		"keep tokens"
	r.Hint = "have the server send it; until then see that nothing between answers token requests from a cache"
	return r
}

func (e *run) checkContentType() Result {
	value := e.first.header.Get("Content-Type")
	r := Result{ID: "response.content_type", Status: OK, Summary: value, Data: map[string]any{"content_type": value}}
	if kind, _, err := mime.ParseMediaType(value); err != nil || kind != "application/json" {
		r.Status = Warning
		r.Summary = fmt.Sprintf("%q instead of application/json (RFC 6749 §5.1)", value)
	}
	return r
}
