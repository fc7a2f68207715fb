package jsmodule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/hint"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// authMethod describes a method of client authentication: the options that it takes, and how it is made of them.
type authMethod struct {
	name    string     // in IANA's registry of token endpoint authentication methods
	needs   []authNeed // the options that must be given
	accepts []string   // the other options of authOptions that have an effect
	signs   bool       // authenticates by an assertion with the time of this machine (RFC 7523)
	// certified says that the method authenticates by a certificate in the TLS handshake (RFC 8705).
	certified bool
	check     func(*options, *jsoption.Reader) error // beyond needs and accepts; may be nil
	build     func(*options, *secretReader) (oauth.ClientAuth, error)
	hint      hint.Credentials // where to look first when the server rejects the credentials
}

// authNeed is an option that a method needs.
type authNeed struct {
	option, what string
	unless       func(*options) bool // something else was given instead; may be nil
}

var needsSecret = []authNeed{{option: "clientSecret", what: "a non-empty string"}}

// authMethods are all of them; the first is the default. Another one is another row.
var authMethods = []authMethod{
	{
		name: "client_secret_basic", needs: needsSecret, accepts: []string{"basicEncoding"},
		build: (*options).clientSecretBasic,
		hint:  hint.SecretBasic,
	},
	{name: "client_secret_post", needs: needsSecret, build: (*options).clientSecretPost, hint: hint.SecretPost},
	{
		name: oauth.MethodClientSecretJWT, signs: true, needs: needsSecret, accepts: []string{"assertion", "assertion.alg"},
		build: (*options).clientSecretJWT, hint: hint.Assertion,
	},
	{
		name: oauth.MethodPrivateKeyJWT, signs: true, needs: []authNeed{{
			option: "key", what: "the private key, or assertion.file or assertion.env with a ready-made assertion",
			unless: func(o *options) bool { return o.Assertion.From.given() },
		}},
		accepts: []string{"key.kid", "key.alg", "certificate", "assertion", "assertion.file", "assertion.env"},
		check:   (*options).checkReadyAssertion, build: (*options).privateKeyJWT, hint: hint.Assertion,
	},
	{
		name: oauth.MethodTLSClientAuth, certified: true, needs: needsCertificate, check: (*options).checkHTTPS,
		hint: hint.Certificate,
		build: func(o *options, _ *secretReader) (oauth.ClientAuth, error) {
			return oauth.TLSClientAuth(o.ClientID), nil
		},
	},
	{
		name: oauth.MethodSelfSignedTLSClientAuth, certified: true, needs: needsCertificate, check: (*options).checkHTTPS,
		hint: hint.Certificate,
		build: func(o *options, _ *secretReader) (oauth.ClientAuth, error) {
			return oauth.SelfSignedTLSClientAuth(o.ClientID), nil
		},
	},
}

// authOptions are the options that have an effect with some methods only.
var authOptions = []string{
	"clientSecret", "basicEncoding", "key", "key.kid", "key.alg", "certificate", "assertion", "assertion.alg",
	"assertion.file", "assertion.env",
}

func authMethodNames() []string {
	names := make([]string, len(authMethods))
	for i, m := range authMethods {
		names[i] = m.name
	}
	return names
}

// method returns the method of o, which the reader has checked.
func (o *options) method() *authMethod {
	i := slices.IndexFunc(authMethods, func(m authMethod) bool { return m.name == o.Auth })
	return &authMethods[max(i, 0)]
}

// byCertificate reports whether the client authenticates with a certificate (RFC 8705 §2).
func (o *options) byCertificate() bool { return o.method().certified }

// takes reports whether an option of authOptions has an effect with m.
func (m *authMethod) takes(option string) bool {
	return slices.Contains(m.accepts, option) || slices.ContainsFunc(m.needs,
		func(n authNeed) bool { return n.option == option })
}

// checkAuth finds options that the authentication method lacks, and options that have no effect with it.
func (o *options) checkAuth(r *jsoption.Reader) error {
	m := o.method()
	for _, option := range authOptions {
		if r.Given(option) && !m.takes(option) {
			return jsoption.Errorf(option, "applies to auth: %s only, but auth is %q", methodsTaking(option), m.name)
		}
	}
	for _, need := range m.needs {
		if !r.Given(need.option) && (need.unless == nil || !need.unless(o)) {
			return jsoption.Errorf(need.option, "%s; %s needs %s", r.Absent(need.option), m.name, need.what)
		}
	}
	if m.check == nil {
		return nil
	}
	return m.check(o, r)
}

// methodsTaking lists the methods with which an option has an effect.
func methodsTaking(option string) string {
	var names []string
	for _, m := range authMethods {
		if m.takes(option) {
			names = append(names, fmt.Sprintf("%q", m.name))
		}
	}
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
