package doctor

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/hint"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// method is a way to authenticate that the doctor can try.
type method struct {
	id       string // the last part of a Result's ID
	name     string // in IANA's registry of token endpoint authentication methods
	encoding string // of client_secret_basic, empty for the others
	signs    bool   // authenticates by an assertion (RFC 7523)
	// certified says that it authenticates by a certificate in the TLS handshake (RFC 8705).
	certified bool
	// missing returns an error if the configuration lacks credentials for the method.
	missing func(*Config) error
	// auth is called for a configuration that lacks nothing.
	auth func(*Config) (oauth.ClientAuth, error)
	// hint says what to check first when the server rejects the credentials.
	hint func(*run) hint.Credentials
}

// methods are all of them. Another one is another row.
var methods = []method{
	{
		id: "client_secret_basic_form", name: "client_secret_basic", encoding: "form", missing: missingSecret,
		auth: basic(oauth.BasicForm), hint: always(hint.SecretBasic),
	},
	{
		id: "client_secret_basic_raw", name: "client_secret_basic", encoding: "raw", missing: missingSecret,
		auth: basic(oauth.BasicRaw), hint: always(hint.SecretBasic),
	},
	{
		id: "client_secret_post", name: "client_secret_post", missing: missingSecret, hint: always(hint.SecretPost),
		auth: func(c *Config) (oauth.ClientAuth, error) {
			return oauth.ClientSecretPost(c.ClientID, c.ClientSecret.Reveal()), nil
		},
	},
	{
		id: "client_secret_jwt", name: oauth.MethodClientSecretJWT, signs: true, missing: missingLongSecret,
		hint: hintAssertion,
		auth: func(c *Config) (oauth.ClientAuth, error) {
			return oauth.ClientSecretJWT(c.assertion(), c.ClientSecret.Reveal(), secretAlgorithm)
		},
	},
	{
		id: "private_key_jwt", name: oauth.MethodPrivateKeyJWT, signs: true, missing: missingKey,
		hint: hintAssertion,
		auth: func(c *Config) (oauth.ClientAuth, error) {
			a := c.assertion()
			a.Certificate = c.Certificate // for servers that find the key by it
			return oauth.PrivateKeyJWT(a, c.Key)
		},
	},
	{
		id: "tls_client_auth", name: oauth.MethodTLSClientAuth, certified: true, missing: missingCertificate,
		hint: always(hint.Certificate), auth: func(c *Config) (oauth.ClientAuth, error) {
			return oauth.TLSClientAuth(c.ClientID), nil
		},
	},
	{
		id: "self_signed_tls_client_auth", name: oauth.MethodSelfSignedTLSClientAuth, certified: true,
		missing: missingCertificate, hint: always(hint.Certificate), auth: func(c *Config) (oauth.ClientAuth, error) {
			return oauth.SelfSignedTLSClientAuth(c.ClientID), nil
		},
	},
}

// always is the hint of a method for every run.
func always(text hint.Credentials) func(*run) hint.Credentials {
	return func(*run) hint.Credentials { return text }
}

func basic(encoding oauth.BasicEncoding) func(*Config) (oauth.ClientAuth, error) {
	return func(c *Config) (oauth.ClientAuth, error) {
		return oauth.ClientSecretBasic(c.ClientID, c.ClientSecret.Reveal(), encoding), nil
	}
}

func missingSecret(c *Config) error {
	switch {
	case c.ClientSecret.IsZero():
		return configError("CLIENT_SECRET",
			"is not set; set it to the client's secret, or set CLIENT_SECRET_FILE or CLIENT_SECRET_SOURCE")
	case strings.ContainsAny(c.ClientSecret.Reveal(), "\r\n"):
		return configError("CLIENT_SECRET", "contains a line break; remove it")
	}
	return nil
}

// blankCredential says that the client's id or secret begins or ends with a blank. A server can have issued such a
// secret (RFC 6749 §A.2), but it is nearly always left over from copying.
func (c *Config) blankCredential() string {
	for _, v := range []struct{ name, value string }{
		{"CLIENT_ID", c.ClientID}, {"CLIENT_SECRET", c.ClientSecret.Reveal()},
	} {
		switch {
		case strings.HasPrefix(v.value, " "):
			return v.name + " begins with a blank: remove it, unless it belongs there"
		case strings.HasSuffix(v.value, " "):
			return v.name + " ends with a blank: remove it, unless it belongs there"
		}
	}
	return ""
}

const (
	// secretAlgorithm is the algorithm of client_secret_jwt unless a script sets another one.
	secretAlgorithm = "HS256"
	// leastSecret is the least size of a secret for it, in bytes (RFC 7518 §3.2).
	leastSecret = 32
)

func missingLongSecret(c *Config) error {
	err := missingSecret(c)
	if n := len(c.ClientSecret.Reveal()); err == nil && n < leastSecret {
		return configError("CLIENT_SECRET", "has %d bytes; %s with %s needs %d or more (RFC 7518 §3.2)",
			n, oauth.MethodClientSecretJWT, secretAlgorithm, leastSecret)
	}
	return err
}

func missingKey(c *Config) error {
	if c.Key == nil {
		return configError("CLIENT_KEY_FILE", "is not set; set it to the file of the client's private key, PEM or JWK")
	}
	return nil
}

// String is how the method is spoken of.
func (m method) String() string {
	if m.encoding == "" {
		return m.name
	}
	return m.name + " (" + m.encoding + ")"
}

// setting names the setting that configures the method.
func (m method) setting() string {
	if m.encoding == "" {
		return "AUTH=" + m.name
	}
	return "AUTH=" + m.name + " BASIC_ENCODING=" + m.encoding
}

// Methods returns the names of the authentication methods, each once.
func Methods() []string {
	var names []string
	for _, m := range methods {
		if !slices.Contains(names, m.name) {
			names = append(names, m.name)
		}
	}
	return names
}

// method returns the configured method.
func (c *Config) method() (method, error) {
	for _, m := range methods {
		if m.name == c.Auth && (m.encoding == "" || m.encoding == c.BasicEncoding) {
			return m, nil
		}
	}
	return method{}, configError("AUTH", "is %q; it must be one of %s", c.Auth, strings.Join(Methods(), ", "))
}

// equal reports whether both methods send the same credentials in the same way. No two assertions are the
// same; a certificate is, whatever the server knows it by.
func (c *Config) equal(a, b method) bool {
	if a.certified && b.certified {
		return true
	}
	if a.name != b.name || a.signs {
		return false
	}
	ra, errA := c.applied(a)
	rb, errB := c.applied(b)
	return errA == nil && errB == nil && ra.Header.Get("Authorization") == rb.Header.Get("Authorization") &&
		maps.EqualFunc(ra.Form, rb.Form, slices.Equal)
}

// applied holds what m adds to a request.
func (c *Config) applied(m method) (*oauth.TokenRequest, error) {
	r := &oauth.TokenRequest{URL: new(url.URL), Form: url.Values{}, Header: http.Header{}}
	auth, err := m.auth(c)
	if err != nil {
		return nil, err
	}
	return r, auth.Apply(context.Background(), r)
}
