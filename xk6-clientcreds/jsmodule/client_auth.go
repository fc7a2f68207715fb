package jsmodule

import (
	"context"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/redact"
)

func (o *options) clientSecretBasic(*secretReader) (oauth.ClientAuth, error) {
	encoding := oauth.BasicForm
	if o.BasicEncoding == encodingRaw {
		encoding = oauth.BasicRaw
	}
	return oauth.ClientSecretBasic(o.ClientID, o.ClientSecret.Reveal(), encoding), nil
}

func (o *options) clientSecretPost(*secretReader) (oauth.ClientAuth, error) {
	return oauth.ClientSecretPost(o.ClientID, o.ClientSecret.Reveal()), nil
}

func (o *options) clientSecretJWT(*secretReader) (oauth.ClientAuth, error) {
	assertion, err := o.assertion()
	if err != nil {
		return oauth.ClientAuth{}, err
	}
	return oauth.ClientSecretJWT(assertion, o.ClientSecret.Reveal(), o.Assertion.Algorithm)
}

func (o *options) privateKeyJWT(from *secretReader) (oauth.ClientAuth, error) {
	if at := o.Assertion.From; at.given() {
		return oauth.AssertionFrom(o.ClientID, func() (string, error) {
			assertion, err := from.read("assertion", at)
			return assertion.Reveal(), err
		}), nil
	}
	key, err := oauth.ParseSigningKey([]byte(o.Key.Text.Reveal()), o.Key.Algorithm, o.Key.ID)
	if err != nil {
		return oauth.ClientAuth{}, err
	}
	assertion, err := o.assertion()
	if err != nil {
		return oauth.ClientAuth{}, err
	}
	return oauth.PrivateKeyJWT(assertion, key)
}

// hidden is auth with every assertion passed to the redactor: until an assertion expires, it is a credential. Its
// errors name options.
func hidden(auth oauth.ClientAuth, r *redact.Redactor) oauth.ClientAuth {
	if auth.Static {
		return auth
	}
	apply := auth.Apply
	auth.Apply = func(ctx context.Context, req *oauth.TokenRequest) error {
		err := apply(ctx, req)
		r.Token(req.Form.Get("client_assertion"))
		return asOptionError(err)
	}
	return auth
}
