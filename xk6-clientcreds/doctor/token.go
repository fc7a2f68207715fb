package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// largeToken is a size that, with the other headers, comes near the 8 KiB that many servers allow.
const largeToken = 6 << 10

// shownClaims are those whose values may be shown. Of all others there is only the name: claims can be
// about people, and jti is the token's handle at some servers.
var shownClaims = []string{"typ", "alg", "kid", "iss", "aud", "exp", "iat", "nbf", "scope", "client_id", "azp"}

// claims are a token that is a JWT, with its members as they are shown.
type claims struct {
	*oauth.JWT

	header, payload map[string]any
}

// parseJWT reads a token that is a JWT, and returns nil for an opaque one. It does not verify the token: the API does.
func parseJWT(token string) *claims {
	jwt := oauth.ParseJWT(token)
	if jwt == nil {
		return nil
	}
	c := &claims{JWT: jwt}
	for _, part := range []struct {
		text json.RawMessage
		into *map[string]any
	}{{jwt.Header, &c.header}, {jwt.Claims, &c.payload}} {
		decoder := json.NewDecoder(bytes.NewReader(part.text))
		decoder.UseNumber() // as the token has them
		if decoder.Decode(part.into) != nil {
			return nil
		}
	}
	return c
}

// checkToken says what the token is, and if it is a JWT what is in it.
func checkToken(_ context.Context, e *run) []Result {
	if e.token == nil {
		return nil
	}
	e.claims = parseJWT(e.token.AccessToken.Reveal())
	size := len(e.token.AccessToken.Reveal())
	r := Result{
		ID: "token.format", Status: OK, Summary: fmt.Sprintf("opaque, %d bytes", size),
		Data: map[string]any{"format": "opaque", "bytes": size},
	}
	if e.claims != nil {
		r.Summary, r.Data["format"] = fmt.Sprintf("JWT, %d bytes", size), "jwt"
	}
	if size > largeToken {
		r.Status, r.Hint = Warning, "many servers take headers of 8 KiB at most: have the token made smaller"
		r.Summary += ": near what servers take in headers"
	}
	if e.claims == nil {
		return []Result{r}
	}
	return []Result{r, e.listClaims(), e.checkTyp(), e.checkIss(), e.checkAud(), e.checkLifetime()}
}

// listClaims shows the claims, or that they are there.
func (e *run) listClaims() Result {
	values := make(map[string]any)
	var words, hidden []string
	for _, part := range []map[string]any{e.claims.header, e.claims.payload} {
		for _, name := range slices.Sorted(maps.Keys(part)) {
			if !slices.Contains(shownClaims, name) {
				hidden = append(hidden, name)
				continue
			}
			value := part[name]
			if at, ok := e.claims.Time(name); ok && slices.Contains([]string{"exp", "iat", "nbf"}, name) {
				value = at.UTC().Format(time.RFC3339)
			}
			values[name] = value
			words = append(words, fmt.Sprintf("%s=%v", name, value))
		}
	}
	summary := strings.Join(words, " ")
	if len(hidden) > 0 {
		summary += "; hidden: " + strings.Join(hidden, " ")
	}
	return Result{
		ID: "token.claims", Status: Info, Summary: summary,
		Data: map[string]any{"shown": values, "hidden": hidden},
	}
}

// checkTyp and those below hold the token against RFC 9068.
func (e *run) checkTyp() Result {
	r := Result{ID: "token.typ", Status: OK, Summary: "at+jwt, as RFC 9068 §2.1 has it"}
	typ, _ := e.claims.header["typ"].(string)
	if kind := strings.ToLower(typ); kind != "at+jwt" && kind != "application/at+jwt" {
		r.Status, r.Summary = Info, fmt.Sprintf("%q, not at+jwt: no JWT access token of RFC 9068", typ)
	}
	if alg, _ := e.claims.header["alg"].(string); strings.EqualFold(alg, "none") {
		r.Status, r.Summary = Warning, "the token is not signed (alg is none)"
	}
	return r
}

func (e *run) checkIss() Result {
	iss, _ := e.claims.payload["iss"].(string)
	r := Result{ID: "token.iss", Status: OK, Summary: iss}
	switch {
	case iss == "":
		r.Status, r.Summary = Warning, "the token has no iss claim: an API cannot know whose it is"
	case e.cfg.Issuer != "" && iss != e.cfg.Issuer:
		r.Status, r.Summary = Warning, fmt.Sprintf("iss is %s, but ISSUER is %s", iss, e.cfg.Issuer)
		r.Hint = "an API that trusts ISSUER refuses such a token"
	}
	return r
}

func (e *run) checkAud() Result {
	aud := e.claims.Audience()
	r := Result{ID: "token.aud", Status: OK, Summary: strings.Join(aud, " "), Data: map[string]any{"aud": aud}}
	if len(aud) == 0 {
		r.Status, r.Summary = Warning, "the token has no aud claim: it is good at any API, or at none"
		return r
	}
	for _, wanted := range slices.Concat(e.cfg.Audience, e.cfg.Resource) {
		if !slices.Contains(aud, wanted) {
			r.Status, r.Summary = Warning, fmt.Sprintf("%s was asked for, but aud is %s", wanted, strings.Join(aud, " "))
			r.Hint = "the server may expect RESOURCE instead of AUDIENCE, or AUDIENCE instead of RESOURCE"
		}
	}
	return r
}

// checkLifetime compares exp and iat with expires_in.
func (e *run) checkLifetime() Result {
	r := Result{ID: "token.lifetime", Status: OK, Summary: "exp agrees with expires_in"}
	exp, ok := e.claims.Time("exp")
	if !ok {
		r.Status, r.Summary = Warning, "the token has no exp claim: it never expires at the API"
		return r
	}
	iat, ok := e.claims.Time("iat")
	if !ok {
		r.Status, r.Summary = Info, "the token has no iat claim: exp cannot be compared with expires_in"
		return r
	}
	life := exp.Sub(iat)
	r.Data = map[string]any{"exp_minus_iat": life.Seconds()}
	switch difference := life - e.token.ExpiresIn; {
	case e.token.ExpiresIn == 0:
		r.Status, r.Summary = Info, fmt.Sprintf("exp is %s after iat, and expires_in is missing", short(life))
		r.Hint = fmt.Sprintf("set cache.defaultTtl in scripts to '%s'", short(life))
	case difference < -time.Second:
		r.Status, r.Summary = Warning, fmt.Sprintf("exp is %s after iat, but expires_in says %s: tokens die earlier than "+
			"told", short(life), short(e.token.ExpiresIn))
		r.Hint = "raise LEEWAY by the difference"
	case difference > time.Second: // as it is when the server hands out a token that it had
		r.Status, r.Summary = Info, fmt.Sprintf("exp is %s after iat, expires_in says %s", short(life),
			short(e.token.ExpiresIn))
	}
	return r
}
