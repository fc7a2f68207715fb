package jsmodule

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// credentials are the secret or key that a token source uses at a time, and the requests that were prepared
// with them. They are replaced as a whole.
type credentials struct {
	opts      *options // the token source's, with the secret or key as it was read
	auth      oauth.ClientAuth
	named     *oauth.ClientCertificate     // by assertions; nil if they name none
	client    atomic.Pointer[oauth.Client] // nil until the first token request
	endpoints endpoints
}

// newCredentials makes credentials of what o holds. Whatever is wrong with it is found here.
func (t *tokenSource) newCredentials(o *options) (*credentials, error) {
	redactor := t.process.redactor
	for _, s := range slices.Concat([]string{o.ClientSecret.Reveal()}, o.Key.secrets(), o.Certificate.secrets(),
		secretsOfKey(o.DPoP.Text.Reveal()), o.Exchange.secrets()) {
		redactor.Secret(o.ClientID, s)
	}
	auth, err := o.method().build(o, &t.process.secrets)
	if err != nil {
		return nil, asOptionError(err)
	}
	c := &credentials{opts: o, auth: hidden(auth, redactor)}
	if t.certificate == nil && !o.Certificate.Text.IsZero() {
		c.named, err = oauth.ParseClientCertificate([]byte(o.Certificate.Text.Reveal()), []byte(o.Key.Text.Reveal()))
		if err != nil {
			return nil, asOptionError(err)
		}
	}
	config := t.config(c, o.TokenURL, "")
	if err := config.Validate(); err != nil {
		return nil, asOptionError(err)
	}
	return c, nil
}

// readSecrets reads everything that o does not hold itself: what is missing ends the test before it
// starts. It happens once for all VUs, of which some may begin while a secret is being replaced.
func (o *options) readSecrets(from *secretReader) (err error) {
	if o.Assertion.From.given() {
		if _, err = from.read("assertion", o.Assertion.From); err != nil {
			return err
		}
	}
	if o.byCertificate() {
		if err := o.readCertificate(from); err != nil {
			return err
		}
	}
	if o.DPoP.From.given() {
		if o.DPoP.Text, err = from.read("dpop.key", o.DPoP.From); err != nil {
			return err
		}
	}
	return o.readCredentials(from)
}

// readCredentials reads the secret and the key of o, with the certificate that the key is named by, where
// they are, if o does not hold them itself.
func (o *options) readCredentials(from *secretReader) (err error) {
	if o.SecretFrom.given() {
		if o.ClientSecret, err = from.readSecret("clientSecret", o.SecretFrom); err != nil {
			return err
		}
	}
	if o.Key.From.given() {
		if o.Key.Text, err = from.read("key", o.Key.From); err != nil {
			return err
		}
	}
	if !o.byCertificate() { // a certificate that is shown stays, as the connections do
		return o.readCertificate(from)
	}
	return nil
}

func (o *options) readCertificate(from *secretReader) (err error) {
	if o.Certificate.File != "" {
		o.Certificate.Text, err = from.read("certificate", secretRef{File: o.Certificate.File})
	}
	return err
}

// mayRotate reports whether the credentials of o can be read again. An assertion is
// read for every request anyway; the key of a certificate goes with that, in connections that last.
func (o *options) mayRotate() bool {
	return o.SecretFrom.given() || (o.Key.From.given() && !o.byCertificate())
}

// warnOfCertificate warns of a certificate that most servers will refuse. The test goes on: it may be about
// just that.
func (t *tokenSource) warnOfCertificate(now time.Time) {
	c := t.certificate
	if c == nil {
		c = t.credentials.Load().named
	}
	if c == nil {
		return
	}
	if problem := c.OutOfDate(now); problem != "" {
		t.process.warnOnce(warning{"certificate", t.opts.subject()},
			fmt.Sprintf("The certificate of client %q %s; servers refuse it", t.opts.ClientID, problem))
	}
}
