package oauth

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Config describes the token request of one client.
type Config struct {
	// TokenURL is the token endpoint: an absolute http or https URL (RFC 6749 §3.2).
	TokenURL string
	// ClientID is the client's identifier.
	ClientID string
	// Auth is how the client authenticates.
	Auth ClientAuth
	// Scope is the scope to ask for (RFC 6749 §3.3); none asks for the server's default.
	Scope []string
	// Audience is sent as it is, one parameter each, to servers that want it.
	Audience []string
	// Resource are resource indicators (RFC 8707), one parameter each.
	Resource []string
	// AuthorizationDetails is the JSON array of authorization details to ask for (RFC 9396 §2); ""
	// asks for none.
	AuthorizationDetails string
	// Exchange is a token exchange (RFC 8693) with the token that the rest of the Config describes, by
	// the same client at the same endpoint; nil is none. Params and Header are sent with both requests.
	Exchange *Exchange
	// Params are further parameters. They cannot replace those that other fields set.
	Params url.Values
	// Header are further headers. They cannot replace those that other fields set.
	Header http.Header
	// Certificate is the one that the Doer shows in TLS handshakes; nil where it shows none. A token
	// that is bound to another certificate is an error (RFC 8705 §3).
	Certificate *ClientCertificate
}

// reservedParams are set by other options, or must not be in a client-credentials request.
var reservedParams = map[string]string{ // #nosec G101 -- names
	"grant_type":            "is always client_credentials",
	"client_id":             "is set by clientId",
	"client_secret":         "is set by clientSecret",
	"client_assertion":      "is set by auth",
	"client_assertion_type": "is set by auth",
	"scope":                 "is set by scope",
	"audience":              "is set by audience",
	"resource":              "is set by resource",
	"authorization_details": "is set by authorizationDetails",
	"subject_token":         "is set by exchange",
	"subject_token_type":    "is set by exchange",
	"actor_token":           "is set by exchange",
	"actor_token_type":      "is set by exchange",
	"requested_token_type":  "is set by exchange",
}

// reservedHeaders are set by the request itself.
var reservedHeaders = []string{
	"Authorization", "Content-Type", "Content-Length", "Transfer-Encoding", "Host", "Connection",
	"Te", "Trailer", "Upgrade", "Cookie", "Expect", HeaderDPoP,
}

// check finds what is wrong with c. The errors name the option of the JavaScript API.
func (c *Config) check() error {
	u, err := checkURL("tokenUrl", c.TokenURL)
	if err != nil {
		return err
	}
	if c.ClientID == "" {
		return fmt.Errorf("option %q is empty; it must be the client's identifier", "clientId")
	}
	if c.Auth.Apply == nil {
		return fmt.Errorf("option %q is missing; it must be an authentication method", "auth")
	}
	if err := c.checkCertificate("tokenUrl", u); err != nil {
		return err
	}
	if err := checkScope("scope", c.Scope); err != nil {
		return err
	}
	if err := checkResource("resource", c.Resource); err != nil {
		return err
	}
	if err := checkAuthorizationDetails(c.AuthorizationDetails); err != nil {
		return err
	}
	if err := c.Exchange.check(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(c.Params)) {
		if name == "client_id" && c.Auth.Method == methodClientSecretBasic {
			if !slices.Equal(c.Params[name], []string{c.ClientID}) {
				return fmt.Errorf("option %q has another %q than clientId; the two must be the same", "params", name)
			}
			continue // some servers look the client up by it, which RFC 6749 §3.2.1 allows
		}
		if why, ok := reservedParams[name]; ok {
			return fmt.Errorf("option %q must not have %q, which %s", "params", name, why)
		}
		if name == "" {
			return fmt.Errorf("option %q has a parameter without a name", "params")
		}
	}
	return c.checkHeader()
}

func checkScope(option string, scope []string) error {
	for _, s := range scope {
		if !isScopeToken(s) {
			return fmt.Errorf("option %q has the value %q; a scope is printable ASCII without spaces, quotes and backslashes (RFC 6749 §3.3)", option, s)
		}
	}
	return nil
}

func checkResource(option string, resource []string) error {
	for _, r := range resource {
		if u, err := url.Parse(r); err != nil || !u.IsAbs() || strings.Contains(r, "#") {
			return fmt.Errorf("option %q has the value %q; a resource is an absolute URI without a fragment (RFC 8707 §2)", option, shown(r))
		}
	}
	return nil
}

func (c *Config) checkHeader() error {
	for _, name := range slices.Sorted(maps.Keys(c.Header)) {
		if slices.Contains(reservedHeaders, http.CanonicalHeaderKey(name)) {
			return fmt.Errorf("option %q must not have %q, which the token request sets itself", "headers", name)
		}
		if !isToken(name) {
			return fmt.Errorf("option %q has the name %q, which is not a header name (RFC 9110 §5.1)", "headers", name)
		}
		for _, value := range c.Header[name] {
			if strings.ContainsFunc(value, func(r rune) bool { return r == 0x7f || (r < 0x20 && r != '\t') }) {
				return fmt.Errorf("option %q has a control character in the value of %q", "headers", name)
			}
		}
	}
	return nil
}

// checkURL parses the URL of an endpoint.
func checkURL(option, text string) (*url.URL, error) {
	const want = "it must be an absolute http or https URL such as https://idp.example.com/oauth2/token"
	u, err := url.Parse(text)
	switch {
	case text == "":
		return nil, fmt.Errorf("option %q is empty; %s", option, want)
	case err != nil:
		return nil, fmt.Errorf("option %q is not a URL; %s", option, want)
	case u.User != nil:
		return nil, fmt.Errorf("option %q has a user name or password in it; give clientId and clientSecret instead", option)
	case (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "":
		return nil, fmt.Errorf("option %q is %q; %s", option, shown(text), want)
	case strings.Contains(text, "#"):
		return nil, fmt.Errorf("option %q has a fragment, which an endpoint must not have (RFC 6749 §3.2)", option)
	}
	for _, name := range []string{"client_secret", "client_assertion"} {
		if u.Query().Has(name) {
			return nil, fmt.Errorf("option %q has %s in its query, where it ends in logs (RFC 6749 §2.3.1); give clientSecret instead", option, name)
		}
	}
	return u, nil
}

// shown is a URL for an error text: query, fragment, user name and password may be secret.
func shown(text string) string {
	if i := strings.IndexAny(text, "?#"); i >= 0 {
		text = text[:i] + "…"
	}
	if i := strings.LastIndexByte(text, '@'); i >= 0 {
		text = "…" + text[i:]
	}
	return Printable(text, maxDescription)
}

// isScopeToken implements scope-token of RFC 6749 §3.3.
func isScopeToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= 0x20 || r > 0x7e || r == '"' || r == '\\'
	})
}

// isToken implements token of RFC 9110 §5.6.2.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !isTokenChar(r) })
}

func isTokenChar(r rune) bool {
	return r > 0x20 && r < 0x7f && !strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}
