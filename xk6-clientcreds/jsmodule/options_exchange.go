package jsmodule

import (
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// exchangeOptions are the options of the token exchange (RFC 8693) that follows the client-credentials
// grant, with the names of §2.1.
type exchangeOptions struct {
	SubjectToken, ActorToken         secret.Text
	SubjectTokenType, ActorTokenType string
	RequestedTokenType               string
	Audience, Resource, Scope        []string

	scopeText string // Scope as it is sent
}

func (o *options) readExchange(r *jsoption.Reader) {
	x := &exchangeOptions{SubjectTokenType: oauth.TokenTypeAccessToken}
	o.Exchange = x
	readCredentialText(r, "subjectToken", &x.SubjectToken)
	r.Text("subjectTokenType", &x.SubjectTokenType)
	readCredentialText(r, "actorToken", &x.ActorToken)
	r.Text("actorTokenType", &x.ActorTokenType)
	r.Text("requestedTokenType", &x.RequestedTokenType)
	r.Texts("audience", &x.Audience)
	r.Texts("resource", &x.Resource)
	r.StringList("scope", &x.Scope)
	x.scopeText = strings.Join(x.Scope, " ")
}

// exchange is the token exchange that the options describe, nil when there is none.
func (o *options) exchange() *oauth.Exchange {
	x := o.Exchange
	if x == nil {
		return nil
	}
	return &oauth.Exchange{
		SubjectToken:       x.SubjectToken,
		SubjectTokenType:   x.SubjectTokenType,
		ActorToken:         x.ActorToken,
		ActorTokenType:     x.ActorTokenType,
		RequestedTokenType: x.RequestedTokenType,
		Audience:           x.Audience,
		Resource:           x.Resource,
		Scope:              x.Scope,
	}
}

// secrets are the tokens that the script gave.
func (x *exchangeOptions) secrets() []string {
	if x == nil {
		return nil
	}
	return []string{x.SubjectToken.Reveal(), x.ActorToken.Reveal()}
}
