package doctor

import (
	"crypto/x509"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/transport"
)

// The defaults of a Config.
const (
	DefaultTimeout = 30 * time.Second
	DefaultGrants  = 5
	DefaultVUs     = 20
)

// MaxGrants bounds Config.Grants: the doctor is not a load test.
const MaxGrants = 20

// Config says which server to examine, as which client.
type Config struct {
	// Issuer is the issuer identifier; may be empty where TokenURL is given.
	Issuer string
	// TokenURL is the token endpoint; empty for what the issuer's metadata say.
	TokenURL string
	// ClientID is the client's identifier.
	ClientID string
	// ClientSecret and Key are the client's credentials: the key for private_key_jwt, the secret for the
	// other methods. The one that no method to try needs may be missing.
	ClientSecret secret.Text
	Key          *oauth.SigningKey
	// Certificate is the certificate of the methods that authenticate with one; the assertions of private_key_jwt name it.
	Certificate *oauth.ClientCertificate
	// Scope, Audience and Resource are asked for.
	Scope, Audience, Resource []string
	// Auth is the authentication method, client_secret_basic by default.
	Auth string
	// BasicEncoding is form (default) or raw.
	BasicEncoding string
	// AssertionAudience is the audience (aud) of assertions, the issuer by default, and the token endpoint without one.
	AssertionAudience string
	// IntrospectionURL is the introspection endpoint; empty for what the issuer's metadata say.
	IntrospectionURL string
	// APIURL is a protected resource to probe; may be empty.
	APIURL string

	// DPoP asks for tokens that are bound to a key (RFC 9449).
	DPoP bool

	// VUs is the number of virtual users that the advice is for, DefaultVUs by default.
	VUs int
	// AllMethods also tries the methods that are not configured, once each. Each that fails is a failed
	// login to the server, and some lock clients out after a few.
	AllMethods bool
	// Grants is how many tokens are asked for by the configured method, DefaultGrants by default, at most
	// MaxGrants.
	Grants int
	// Timeout bounds the whole examination, DefaultTimeout by default.
	Timeout time.Duration

	// RootCAs are the authorities to trust, by default the system's.
	RootCAs *x509.CertPool
	// Proxy chooses the proxy of a request, none by default.
	Proxy func(*http.Request) (*url.URL, error)
	// AllowHosts are the only hosts to send requests to, every host by default.
	AllowHosts transport.Hosts
}

func (c *Config) setDefaults() {
	setDefault(&c.Auth, "client_secret_basic")
	setDefault(&c.BasicEncoding, "form")
	setDefault(&c.VUs, DefaultVUs)
	setDefault(&c.Grants, DefaultGrants)
	setDefault(&c.Timeout, DefaultTimeout)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// check finds what cannot be used, before anything is sent.
func (c *Config) check() error {
	switch {
	case c.TokenURL == "" && c.Issuer == "":
		return configError("TOKEN_URL", "and ISSUER are both unset; set one of them")
	case c.ClientID == "":
		return configError("CLIENT_ID", "is not set; set it to the client's ID")
	}
	if err := c.checkChoices(); err != nil {
		return err
	}
	if err := c.checkIssuer(); err != nil {
		return err
	}
	m, err := c.method()
	if err != nil {
		return err
	}
	if err := m.missing(c); err != nil {
		return err
	}
	if err := c.checkHTTPS(m); err != nil {
		return err
	}
	auth, err := m.auth(c)
	if err != nil {
		return AsConfigError(err)
	}
	request := c.tokenRequest(c.TokenURL, auth, m)
	if err := request.Validate(); err != nil {
		return AsConfigError(err)
	}
	if err := c.checkSameServer(); err != nil {
		return err
	}
	return c.checkHosts()
}

// checkHosts finds addresses that requests may not go to.
func (c *Config) checkHosts() error {
	for _, given := range []struct{ name, address string }{
		{"ISSUER", c.Issuer}, {"TOKEN_URL", c.TokenURL}, {"API_URL", c.APIURL}, {"INTROSPECTION_URL", c.IntrospectionURL},
	} {
		if given.address == "" {
			continue
		}
		u, err := url.Parse(given.address)
		if err != nil {
			return configError(given.name, "is not a URL")
		}
		if reason := c.AllowHosts.Refusal(u); reason != "" {
			return configError(given.name, "is refused: %s", reason)
		}
	}
	return nil
}

// checkChoices finds values that are out of bounds.
func (c *Config) checkChoices() error {
	switch {
	case c.BasicEncoding != "form" && c.BasicEncoding != "raw":
		return configError("BASIC_ENCODING", "is %q; it must be form or raw", c.BasicEncoding)
	case c.Grants < 1 || c.Grants > MaxGrants:
		return configError("--grants", "is %d; it must be 1 to %d", c.Grants, MaxGrants)
	case c.VUs < 1:
		return configError("VUS", "is %d; it must be 1 or more", c.VUs)
	case c.Timeout < 0:
		return configError("--timeout", "is %s; it must be above 0", c.Timeout)
	}
	if err := checkAddress("API_URL", c.APIURL); err != nil {
		return err
	}
	return checkAddress("INTROSPECTION_URL", c.IntrospectionURL)
}

// checkAddress finds what is wrong with an address, unless that is empty.
func checkAddress(name, address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil {
		return configError(name, "must be an absolute http or https URL without a user name and password")
	}
	return nil
}

// checkSameServer holds that both addresses are of one server, as the scripts do: one of them left over
// from another run would be examined unawares.
func (c *Config) checkSameServer() error {
	if c.Issuer == "" || c.TokenURL == "" {
		return nil
	}
	if i, t := origin(c.Issuer), origin(c.TokenURL); i != t {
		return configError("TOKEN_URL", "is at %s, but ISSUER is at %s; set one of the two", t, i)
	}
	return nil
}

// origin is scheme, host and port of a URL that has been checked.
func origin(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Scheme + "://" + u.Host)
}

// tokenRequest describes the token request by method m, which auth belongs to.
func (c *Config) tokenRequest(endpoint string, auth oauth.ClientAuth, m method) oauth.Config {
	return oauth.Config{
		TokenURL: endpoint, ClientID: c.ClientID, Auth: auth,
		Scope: c.Scope, Audience: c.Audience, Resource: c.Resource, Certificate: c.shownBy(m),
	}
}
