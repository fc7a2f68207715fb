package doctor

import (
	"net/url"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// wellKnown are the segments that turn an issuer into the address of its metadata: RFC 8414 §3.1 puts the
// first between host and path, OpenID Connect Discovery 1.0 §4 appends the second.
var wellKnown = []string{"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"}

// checkIssuer finds what is wrong with ISSUER. People paste what their provider's documentation shows:
// the address of the metadata, or a host name.
func (c *Config) checkIssuer() error {
	if c.Issuer == "" {
		return nil
	}
	u, err := url.Parse(c.Issuer)
	if err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return configError("ISSUER",
			"is %q, which is not an absolute http or https URL; set it to one such as https://idp.example.com",
			withoutSecrets(c.Issuer))
	}
	for _, segment := range wellKnown {
		if issuer, path, found := strings.Cut(withoutSecrets(c.Issuer), segment); found {
			return configError("ISSUER", "contains %s, so it is the URL of the metadata, not the issuer; set it to %s",
				segment, issuer+path)
		}
	}
	return AsConfigError(oauth.CheckIssuer(c.Issuer))
}

// withoutSecrets is an address to show, also where it is not a URL: what is before an @ or in a query may be secret.
func withoutSecrets(text string) string {
	text, _, _ = strings.Cut(text, "?")
	text, _, _ = strings.Cut(text, "#")
	if i := strings.LastIndexByte(text, '@'); i >= 0 {
		text = text[i+1:]
	}
	return text
}
