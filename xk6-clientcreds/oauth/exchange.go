package oauth

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// The grant types that a Client uses, as Attempt and Error name them.
const (
	GrantClientCredentials = "client_credentials"
	GrantTokenExchange     = "token_exchange"
)

// exchangeGrantType is the grant_type of a token exchange (RFC 8693 §2.1).
const exchangeGrantType = "urn:ietf:params:oauth:grant-type:token-exchange"

// The types of tokens that can be used as access tokens (RFC 8693 §3).
const (
	TokenTypeAccessToken = "urn:ietf:params:oauth:token-type:access_token" // #nosec G101 -- a name
	TokenTypeJWT         = "urn:ietf:params:oauth:token-type:jwt"          // #nosec G101 -- a name
)

// Exchange is a token exchange (RFC 8693) that follows the client-credentials grant: the client exchanges
// its token for another one, which is the outcome. Without a SubjectToken the
// client's token is the subject: the new token is for the client itself, at another audience or of
// less scope. With one the client's token is the actor: the client acts for the subject (§1.1).
type Exchange struct {
	// SubjectToken is the token of the party on whose behalf the client acts.
	SubjectToken secret.Text
	// SubjectTokenType is the type of the subject token; TokenTypeAccessToken by default.
	SubjectTokenType string
	// ActorToken is the token of the party that acts, where the client's token is the subject.
	ActorToken secret.Text
	// ActorTokenType is the type of the actor token; TokenTypeAccessToken by default.
	ActorTokenType string
	// RequestedTokenType is TokenTypeAccessToken or TokenTypeJWT; empty leaves it to the server.
	RequestedTokenType string
	// Audience are names of the services that the new token is for, one parameter each.
	Audience []string
	// Resource are their URIs, one parameter each.
	Resource []string
	// Scope is the scope of the new token; none asks for the server's default.
	Scope []string
}

// check returns an error for an unusable x, which may be nil.
func (x *Exchange) check() error {
	switch {
	case x == nil:
		return nil
	case !x.SubjectToken.IsZero() && !x.ActorToken.IsZero():
		return configError(FieldActorToken,
			"contradicts the subject token; set only one of the two, because the client's own token is the other")
	case x.ActorTokenType != "" && x.SubjectToken.IsZero() && x.ActorToken.IsZero():
		return configError(FieldActorTokenType,
			"has no effect without an actor token; set the actor token, or the subject token to make the client the actor")
	case x.RequestedTokenType != "" && x.RequestedTokenType != TokenTypeAccessToken &&
		x.RequestedTokenType != TokenTypeJWT:
		return configError(FieldRequestedTokenType, "is %q; it must be %q or %q",
			Printable(x.RequestedTokenType, maxCode), TokenTypeAccessToken, TokenTypeJWT)
	}
	for _, t := range []struct {
		field Field
		value string
	}{{FieldSubjectTokenType, x.SubjectTokenType}, {FieldActorTokenType, x.ActorTokenType}} {
		if u, err := url.Parse(t.value); t.value != "" && (err != nil || !u.IsAbs()) {
			return configError(t.field, "is %q; it must be a URI such as %s (RFC 8693 §3)", Printable(t.value, maxCode),
				TokenTypeAccessToken)
		}
	}
	if err := checkScope(FieldExchangeScope, x.Scope); err != nil {
		return err
	}
	return checkResource(FieldExchangeResource, x.Resource)
}

// form is the request that exchanges token (RFC 8693 §2.1), with further parameters.
func (x *Exchange) form(token string, further url.Values) url.Values {
	form := make(url.Values, len(further)+8)
	for name, values := range further {
		form[name] = slices.Clone(values)
	}
	form.Set("grant_type", exchangeGrantType)
	subject, actor := token, x.ActorToken.Reveal()
	if !x.SubjectToken.IsZero() {
		subject, actor = x.SubjectToken.Reveal(), token
	}
	form.Set("subject_token", subject)
	form.Set("subject_token_type", orAccessToken(x.SubjectTokenType))
	if actor != "" {
		form.Set("actor_token", actor)
		form.Set("actor_token_type", orAccessToken(x.ActorTokenType))
	}
	if x.RequestedTokenType != "" {
		form.Set("requested_token_type", x.RequestedTokenType)
	}
	if len(x.Audience) > 0 {
		form["audience"] = slices.Clone(x.Audience)
	}
	if len(x.Resource) > 0 {
		form["resource"] = slices.Clone(x.Resource)
	}
	if len(x.Scope) > 0 {
		form.Set("scope", strings.Join(x.Scope, " "))
	}
	return form
}

func orAccessToken(kind string) string {
	if kind == "" {
		return TokenTypeAccessToken
	}
	return kind
}

// exchanging is c with the request that exchanges token for another one.
func (c *Client) exchanging(token *Token) *Client {
	x := *c
	x.grantType, x.source, x.prepared = GrantTokenExchange, token, nil
	x.form = c.config.Exchange.form(token.AccessToken.Reveal(), c.config.Params)
	x.scope = strings.Join(c.config.Exchange.Scope, " ")
	return &x
}

// cappedBy is t with a lifetime that does not outlast its source token's: the server may end both
// together, whatever it promises.
func (t *Token) cappedBy(source *Token) *Token {
	if source.ExpiresIn == 0 {
		return t
	}
	left := source.RequestedAt.Add(source.ExpiresIn).Sub(t.RequestedAt)
	if t.ExpiresIn > 0 && t.ExpiresIn <= left {
		return t
	}
	capped := *t
	capped.ExpiresIn, capped.NoLifetime = left, ""
	return &capped
}

// checkIssued finds a token that is not an access token (RFC 8693 §2.2.1), or not of the requested type.
func (c *Client) checkIssued(resp *http.Response, t *Token) *Error {
	kind, want := t.IssuedType, c.config.Exchange.RequestedTokenType
	switch {
	case kind == "":
		return invalid(resp, "the answer has no issued_token_type (RFC 8693 §2.2.1)")
	case strings.EqualFold(t.Type, "N_A"):
		return invalid(resp, "the token_type is N_A: the token is not an access token (RFC 8693 §2.2.1)")
	case want != "" && kind != want:
		return invalid(resp, fmt.Sprintf("the issued_token_type is %s, not %s", Printable(kind, maxCode), want))
	case kind != TokenTypeAccessToken && kind != TokenTypeJWT:
		return invalid(resp, fmt.Sprintf("the issued_token_type is %s, which is not an access token (RFC 8693 §3)",
			Printable(kind, maxCode)))
	}
	return nil
}
