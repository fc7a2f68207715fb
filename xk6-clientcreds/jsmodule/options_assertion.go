package jsmodule

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// keyOptions are the private key of private_key_jwt, or of a certificate.
type keyOptions struct {
	Text      secret.Text // PEM or JWK; of From once that is read
	From      secretRef
	ID        string
	Algorithm string
}

// assertionOptions are the contents of JWTs for client authentication (RFC 7523 §3), or where they are
// ready made.
type assertionOptions struct {
	Audience  string
	Lifetime  time.Duration
	Algorithm string    // of client_secret_jwt
	Claims    string    // a JSON object, "" when there are none
	Header    string    // as well
	From      secretRef // of a ready one: a file or an environment variable
}

// key takes the text of a private key, or an object with it or with where it is.
func readKey(r *jsoption.Reader, name string, to *keyOptions) {
	readPrivateKey(r, name, &to.Text, &to.From, func(k *jsoption.Reader) {
		readCredential(k, "kid", &to.ID)
		k.OneOf("alg", &to.Algorithm, oauth.KeyAlgorithms...)
	}, "text, file, env or secret, and kid and alg where needed")
}

// privateKey is key with further options of the object, which members describes.
func readPrivateKey(r *jsoption.Reader, name string, text *secret.Text, from *secretRef, further func(*jsoption.Reader),
	members string,
) {
	v := r.Get(name)
	switch {
	case v == nil:
	case jsoption.IsObject(v):
		r.Nested(name, v, func(k *jsoption.Reader) {
			readText(k, "text", text)
			from.read(k)
			if further != nil {
				further(k)
			}
		})
		given := from.options()
		if !r.Failed() && (len(given) > 1 || text.IsZero() == (len(given) == 0)) {
			r.Fail(name, "must have one of text, file, env and secret: the private key as PEM or JWK, the path of a file with "+
				"it, the name of an environment variable, or the name of a secret in k6's secret sources")
		}
	case jsoption.IsString(v) && v.String() != "":
		*text = secret.New(v.String())
	default:
		r.Fail(name, "is %s; it must be a private key as PEM or JWK, or an object with %s", jsoption.Describe(v), members)
	}
}

func (a *assertionOptions) read(r *jsoption.Reader) {
	r.Text("audience", &a.Audience)
	r.Duration("lifetime", &a.Lifetime, jsoption.Positive)
	r.OneOf("alg", &a.Algorithm, oauth.SecretAlgorithms...)
	r.JSONObject("claims", &a.Claims, "claims")
	r.JSONObject("header", &a.Header, "members of the header")
	a.From.readFile(r)
	if len(a.From.options()) > 1 {
		r.Fail("env", "contradicts assertion.file; set one of the two")
	}
}

// checkReadyAssertion finds options that contradict an assertion that is ready-made.
func (o *options) checkReadyAssertion(r *jsoption.Reader) error {
	if !o.Assertion.From.given() {
		return nil
	}
	for _, name := range []string{
		"key", "certificate", "assertion.audience", "assertion.lifetime", "assertion.claims",
		"assertion.header",
	} {
		if r.Given(name) {
			return jsoption.Errorf(name, "contradicts assertion.%s, whose assertion is ready-made; set one of the two",
				o.Assertion.From.options()[0])
		}
	}
	return nil
}

// assertion describes the JWTs of o.
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
	if !o.Certificate.Text.IsZero() {
		a.Certificate, err = oauth.ParseClientCertificate([]byte(o.Certificate.Text.Reveal()), []byte(o.Key.Text.Reveal()))
	}
	return a, err
}

// membersOf are the members of a JSON object that the reader took as option.
func membersOf(option, text string) (map[string]any, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no certificate is not an error
	}
	var values map[string]json.RawMessage // numbers stay as the script wrote them
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		return nil, jsoption.Errorf(option, "is not an object of values that JSON can express")
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
	return secretsOfKey(k.Text.Reveal())
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
