package doctor

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// method is a way to authenticate that the doctor can try.
type method struct {
	id       string // the last part of a Result's ID
	name     string // in IANA's registry of token endpoint authentication methods
	encoding string // of client_secret_basic, empty for the others
	auth     func(clientID, secret string) oauth.ClientAuth
}

// methods are all of them. Another one is another row.
var methods = []method{
	{"client_secret_basic_form", "client_secret_basic", "form", func(id, secret string) oauth.ClientAuth {
		return oauth.ClientSecretBasic(id, secret, oauth.BasicForm)
	}},
	{"client_secret_basic_raw", "client_secret_basic", "raw", func(id, secret string) oauth.ClientAuth {
		return oauth.ClientSecretBasic(id, secret, oauth.BasicRaw)
	}},
	{"client_secret_post", "client_secret_post", "", oauth.ClientSecretPost},
}

// String is how the method is spoken of.
func (m method) String() string {
	if m.encoding == "" {
		return m.name
	}
	return m.name + " (" + m.encoding + ")"
}

// setting is what configures the method.
func (m method) setting() string {
	if m.encoding == "" {
		return "AUTH=" + m.name
	}
	return "AUTH=" + m.name + " BASIC_ENCODING=" + m.encoding
}

// method returns the configured one.
func (c *Config) method() (method, error) {
	var names []string
	for _, m := range methods {
		if m.name == c.Auth && (m.encoding == "" || m.encoding == c.BasicEncoding) {
			return m, nil
		}
		if !slices.Contains(names, m.name) {
			names = append(names, m.name)
		}
	}
	return method{}, fmt.Errorf("AUTH is %q: it must be %s", c.Auth, strings.Join(names, " or "))
}

// equal reports whether both methods send the same credentials in the same way.
func (c *Config) equal(a, b method) bool {
	ra, errA := c.applied(a)
	rb, errB := c.applied(b)
	return errA == nil && errB == nil && ra.Header.Get("Authorization") == rb.Header.Get("Authorization") &&
		maps.EqualFunc(ra.Form, rb.Form, slices.Equal)
}

// applied is what m adds to a request.
func (c *Config) applied(m method) (*oauth.TokenRequest, error) {
	r := &oauth.TokenRequest{URL: new(url.URL), Form: url.Values{}, Header: http.Header{}}
	err := m.auth(c.ClientID, c.ClientSecret).Apply(context.Background(), r)
	return r, err
}
