package jsmodule

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/grafana/sobek"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

const (
	authSecretJWT  = oauth.MethodClientSecretJWT
	authPrivateJWT = oauth.MethodPrivateKeyJWT
)

// keyOptions are the private key of private_key_jwt, and that of a certificate.
type keyOptions struct {
	Text      string // PEM or JWK; of From once that is read
	From      place
	ID        string
	Algorithm string
}

// assertionOptions are what JWTs for client authentication say (RFC 7523 §3), or where they are
// ready made.
type assertionOptions struct {
	Audience  string
	Lifetime  time.Duration
	Algorithm string // of client_secret_jwt
	Claims    string // a JSON object, "" when there are none
	Header    string // as well
	From      place  // of a ready one: a file or an environment variable
}

// key takes the text of a private key, or an object with it or with where it is.
func (r *reader) key(name string, to *keyOptions) {
	r.privateKey(name, &to.Text, &to.From, func(k *reader) {
		k.credential("kid", &to.ID)
		k.oneOf("alg", &to.Algorithm, oauth.KeyAlgorithms...)
	}, "text, file, env or secret, and kid and alg where needed")
}

// privateKey is key with further options of the object, which members describes.
func (r *reader) privateKey(name string, text *string, from *place, further func(*reader), members string) {
	v := r.get(name)
	switch {
	case v == nil:
	case isPlainObject(v):
		r.nested(name, v, func(k *reader) {
			k.secret("text", text)
			from.read(k)
			if further != nil {
				further(k)
			}
		})
		given := from.options()
		if r.firstE == nil && (len(given) > 1 || (*text == "") == (len(given) == 0)) {
			r.fail(name, "must have one of text, file, env and secret: the private key as PEM or JWK, the path of a file with it, the name of an environment variable, or that of a secret in k6's secret sources")
		}
	case isString(v) && v.String() != "":
		*text = v.String()
	default:
		r.fail(name, "is %s; it must be a private key as PEM or JWK, or an object with %s", emptyOr(v), members)
	}
}

func (a *assertionOptions) read(r *reader) {
	r.text("audience", &a.Audience)
	r.duration("lifetime", &a.Lifetime, positive)
	r.oneOf("alg", &a.Algorithm, oauth.SecretAlgorithms...)
	r.json("claims", &a.Claims, "claims")
	r.json("header", &a.Header, "members of the header")
	a.From.readFile(r)
	if len(a.From.options()) > 1 {
		r.fail("env", "contradicts assertion.file; give one of the two")
	}
}

// json takes an object that JSON can express. Its values may be secrets and are not shown.
func (r *reader) json(name string, to *string, of string) {
	v := r.get(name)
	if v == nil {
		return
	}
	if !isPlainObject(v) {
		r.fail(name, "is %s; it must be an object of %s", describe(v), of)
		return
	}
	obj, _ := v.(*sobek.Object)
	text, err := obj.MarshalJSON()
	if err != nil || len(text) == 0 || text[0] != '{' {
		r.fail(name, "has a value that JSON cannot express")
		return
	}
	*to = string(text)
}

// checkAuth finds options that the authentication method misses or has no use for.
func (o *options) checkAuth(r *reader) error {
	switch {
	case o.byCertificate():
		return o.checkCertificate(r)
	case o.Auth == authPrivateJWT:
		return o.checkPrivateKeyJWT(r)
	case r.given("certificate"):
		return optionError("certificate", "applies to auth: %q, %q and %q only, but auth is %q", authPrivateJWT, authTLS, authSelfSignedTLS, o.Auth)
	case !r.given("clientSecret"):
		return optionError("clientSecret", "%s; %s needs a non-empty string", r.absent("clientSecret"), o.Auth)
	case o.Auth != authBasic && r.given("basicEncoding"):
		return o.notForBasic()
	case r.given("key"):
		return optionError("key", "applies to auth: %q, %q and %q only, but auth is %q", authPrivateJWT, authTLS, authSelfSignedTLS, o.Auth)
	case o.Auth != authSecretJWT && r.given("assertion"):
		return notForAssertion(o.Auth)
	case o.Assertion.From.given():
		return optionError("assertion."+o.Assertion.From.options()[0], "applies to auth: %q only, but auth is %q", authPrivateJWT, o.Auth)
	}
	return nil
}

func notForAssertion(auth string) error {
	return optionError("assertion", "applies to auth: %q and %q only, but auth is %q", authSecretJWT, authPrivateJWT, auth)
}

func (o *options) notForBasic() error {
	return optionError("basicEncoding", "applies to auth: %q only, but auth is %q", authBasic, o.Auth)
}

func (o *options) checkPrivateKeyJWT(r *reader) error {
	switch {
	case r.given("clientSecret"):
		return optionError("clientSecret", "has no use with auth: %q; drop it, or choose another auth", authPrivateJWT)
	case r.given("basicEncoding"):
		return o.notForBasic()
	case r.given("assertion.alg"):
		return optionError("assertion.alg", "applies to auth: %q only, but auth is %q; give key.alg", authSecretJWT, o.Auth)
	case !r.given("key") && !o.Assertion.From.given():
		return optionError("key", "%s; %s needs the private key, or assertion.file or assertion.env with a ready assertion", r.absent("key"), o.Auth)
	case !o.Assertion.From.given():
		return nil
	}
	ready := "assertion." + o.Assertion.From.options()[0]
	for _, name := range []string{"key", "certificate", "assertion.audience", "assertion.lifetime", "assertion.claims", "assertion.header"} {
		if r.given(name) {
			return optionError(name, "contradicts %s, whose assertion is ready as it is; give one of the two", ready)
		}
	}
	return nil
}

// locate makes the paths of o absolute, as k6 does with those of open().
func (o *options) locate(absolute func(string) string) {
	for _, file := range []*string{&o.SecretFrom.File, &o.Key.From.File, &o.Assertion.From.File, &o.Certificate.File, &o.DPoP.From.File} {
		if *file != "" {
			*file = absolute(*file)
		}
	}
}

// assertion is what the JWTs of o say.
func (o *options) assertion() (a oauth.Assertion, err error) {
	a = oauth.Assertion{ClientID: o.ClientID, Audience: o.Assertion.Audience, Lifetime: o.Assertion.Lifetime}
	if a.Audience == "" {
		a.Audience = o.Issuer // without one it is the token endpoint
	}
	if a.Claims, err = membersOf("assertion.claims", o.Assertion.Claims); err != nil {
		return a, err
	}
	if a.Header, err = membersOf("assertion.header", o.Assertion.Header); err != nil {
		return a, err
	}
	if o.Auth == authPrivateJWT && o.Certificate.Text != "" {
		a.Certificate, err = oauth.ParseClientCertificate([]byte(o.Certificate.Text), []byte(o.Key.Text))
	}
	return a, err
}

// membersOf are the members of a JSON object that the reader took as option.
func membersOf(option, text string) (map[string]any, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // none is no error
	}
	var values map[string]json.RawMessage // numbers stay as the script wrote them
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		return nil, optionError(option, "is not an object of values that JSON can express")
	}
	members := make(map[string]any, len(values))
	for name, value := range values {
		members[name] = value
	}
	return members, nil
}

// secrets are the parts of the key that must not be in a log: all of it, each line of a PEM's
// Base64, and the private members of a JWK (RFC 7518 §6, RFC 8037 §2).
func (k *keyOptions) secrets() []string {
	return secretsOfKey(k.Text)
}

// secretsOfKey is secrets for the text of a key.
func secretsOfKey(text string) []string {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	list := []string{text}
	for line := range strings.Lines(string(oauth.RestorePEM([]byte(text)))) {
		if line = strings.TrimSpace(line); len(line) >= 8 && !strings.Contains(line, "-----") {
			list = append(list, line)
		}
	}
	var jwk map[string]any
	if json.Unmarshal([]byte(text), &jwk) == nil {
		for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
			if s, ok := jwk[name].(string); ok {
				list = append(list, s)
			}
		}
	}
	return list
}
