package jsmodule

import (
	"fmt"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// dpopOptions say whether tokens are bound to a key (RFC 9449), and to which.
type dpopOptions struct {
	On        bool
	Algorithm string      // of a key that is made here, or that Text is to sign with
	Text      secret.Text // the key, PEM or JWK; of From once that is read; none for one that is made here
	From      secretRef
}

// dpop takes true or false, or an object with the algorithm or the key.
func readDPoP(r *jsoption.Reader, name string, to *dpopOptions) {
	v := r.Get(name)
	switch {
	case v == nil:
	case jsoption.IsObject(v):
		to.On = true
		r.Nested(name, v, func(d *jsoption.Reader) {
			d.OneOf("alg", &to.Algorithm, oauth.KeyAlgorithms...)
			readDPoPKey(d, "key", to)
		})
	case jsoption.IsBoolean(v):
		to.On = v.ToBoolean()
	default:
		r.Fail(name, "is %s; it must be true or false, or an object with alg or key", jsoption.Describe(v))
	}
}

// dpopKey takes the text of a private key, or an object with it or with where it is.
func readDPoPKey(r *jsoption.Reader, name string, to *dpopOptions) {
	readPrivateKey(r, name, &to.Text, &to.From, nil, "text, file, env or secret")
}

// newSigner returns a signer with the key of the options, or with a new key.
func (d *dpopOptions) newSigner() (*oauth.DPoPSigner, error) {
	var (
		key *oauth.SigningKey
		err error
	)
	if d.Text.IsZero() {
		key, err = oauth.GenerateDPoPKey(d.Algorithm)
	} else {
		key, err = oauth.ParseDPoPKey([]byte(d.Text.Reveal()), d.Algorithm)
	}
	if err != nil {
		return nil, err
	}
	signer, err := oauth.NewDPoPSigner(key)
	if err != nil {
		return nil, fmt.Errorf("preparing DPoP proofs: %w", err)
	}
	return signer, nil
}
