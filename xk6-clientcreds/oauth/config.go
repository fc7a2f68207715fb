package oauth

import (
	"context"
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
	// Audience lists audiences, one parameter each, for servers that require the parameter.
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

// reservedParams are set by other fields, or must not be in a client-credentials request.
var reservedParams = map[string]string{ // #nosec G101 -- names
	"grant_type":            "is always client_credentials",
	"client_id":             "is set to the client ID",
	"client_secret":         "is set to the client secret",
	"client_assertion":      "is set by the client authentication",
	"client_assertion_type": "is set by the client authentication",
	"scope":                 "is set to the scope",
	"audience":              "is set to the audience",
	"resource":              "is set to the resource",
	"authorization_details": "is set to the authorization details",
	"subject_token":         "is set by the token exchange",
	"subject_token_type":    "is set by the token exchange",
	"actor_token":           "is set by the token exchange",
	"actor_token_type":      "is set by the token exchange",
	"requested_token_type":  "is set by the token exchange",
}

// reservedHeaders are set by the request itself.
var reservedHeaders = []string{
	"Authorization", "Content-Type", "Content-Length", "Transfer-Encoding", "Host", "Connection",
	"Te", "Trailer", "Upgrade", "Cookie", "Expect", HeaderDPoP,
}

// Validate reports the first field of c that cannot be used, as a *ConfigError. The token URL may be empty, as it is
// until the metadata of the issuer are known.
func (c *Config) Validate() error {
	var u *url.URL
	if c.TokenURL != "" {
		var err error
		if u, err = checkURL(FieldTokenURL, c.TokenURL); err != nil {
			return err
		}
	}
	if c.ClientID == "" {
		return configError(FieldClientID, "is empty; it must be the client's identifier")
	}
	if c.Auth.Apply == nil {
		return configError(FieldAuth, "is missing; it must be an authentication method")
	}
	if err := c.checkCertificate(FieldTokenURL, u); err != nil {
		return err
	}
	if err := checkScope(FieldScope, c.Scope); err != nil {
		return err
	}
	if err := checkResource(FieldResource, c.Resource); err != nil {
		return err
	}
	if err := checkAuthorizationDetails(c.AuthorizationDetails); err != nil {
		return err
	}
	if err := c.Exchange.check(); err != nil {
		return err
	}
	if err := c.checkParams(); err != nil {
		return err
	}
	if err := c.checkHeader(); err != nil {
		return err
	}
	if c.Auth.Static { // what it adds is known, so that it can be tried
		return c.Auth.Apply(context.Background(), &TokenRequest{URL: new(url.URL), Form: url.Values{}, Header: http.Header{}})
	}
	return nil
}

func (c *Config) checkParams() error {
	for _, name := range slices.Sorted(maps.Keys(c.Params)) {
		if name == "client_id" && c.Auth.Method == methodClientSecretBasic {
			if !slices.Equal(c.Params[name], []string{c.ClientID}) {
				return configError(FieldParams, "must not contain a %q other than the client ID; make the two equal, or remove it",
					name)
			}
			continue // some servers look the client up by it, which RFC 6749 §3.2.1 allows
		}
		if why, ok := reservedParams[name]; ok {
			return configError(FieldParams, "must not contain %q, which %s; remove it", name, why)
		}
		if name == "" {
			return configError(FieldParams, "must not contain a parameter without a name; remove it")
		}
	}
	return nil
}

func checkScope(field Field, scope []string) error {
	for _, s := range scope {
		if !isScopeToken(s) {
			return configError(field, "contains %q; a scope must be printable ASCII without spaces, quotes and backslashes "+
				"(RFC 6749 §3.3)", s)
		}
	}
	return nil
}

func checkResource(field Field, resource []string) error {
	for _, r := range resource {
		if u, err := url.Parse(r); err != nil || !u.IsAbs() || strings.Contains(r, "#") {
			return configError(field, "contains %q; a resource must be an absolute URI without a fragment (RFC 8707 §2)",
				shown(r))
		}
	}
	return nil
}

func (c *Config) checkHeader() error {
	for _, name := range slices.Sorted(maps.Keys(c.Header)) {
		if slices.Contains(reservedHeaders, http.CanonicalHeaderKey(name)) {
			return configError(FieldHeader, "must not contain %q, which the token request sets; remove it", name)
		}
		if !isToken(name) {
			return configError(FieldHeader, "must not contain %q, which is not a header name (RFC 9110 §5.1)", name)
		}
		for _, value := range c.Header[name] {
			if strings.ContainsFunc(value, func(r rune) bool { return r == 0x7f || (r < 0x20 && r != '\t') }) {
				return configError(FieldHeader, "must not contain a control character, but the value of %q does", name)
			}
		}
	}
	return nil
}

// checkURL parses the URL of an endpoint, which field gives.
func checkURL(field Field, text string) (*url.URL, error) {
	u, problem := parseEndpoint(text)
	if problem != "" {
		return nil, &ConfigError{field, problem}
	}
	return u, nil
}

// parseEndpoint parses the URL of an endpoint, or says why it cannot be one.
func parseEndpoint(text string) (u *url.URL, problem string) {
	const want = "it must be an absolute http or https URL such as https://idp.example.com/oauth2/token"
	u, err := url.Parse(text)
	switch {
	case text == "":
		return nil, "is empty; " + want
	case err != nil:
		return nil, "is not a URL; " + want
	case u.User != nil:
		return nil, "contains a user name or password; set the client ID and the client secret instead"
	case (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "":
		return nil, fmt.Sprintf("is %q; %s", shown(text), want)
	case strings.Contains(text, "#"):
		return nil, "must not contain a fragment (RFC 6749 §3.2); remove it"
	}
	for _, name := range []string{"client_secret", "client_assertion"} {
		if u.Query().Has(name) {
			return nil, "must not contain " + name +
				" in its query, which ends up in logs (RFC 6749 §2.3.1); set the client secret instead"
		}
	}
	return u, ""
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
