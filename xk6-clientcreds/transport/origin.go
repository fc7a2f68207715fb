package transport

import (
	"net/url"
	"strings"
)

// Origin is scheme, host and port, the latter unless it is the scheme's default (RFC 6454 §6.2).
func Origin(u *url.URL) string {
	scheme, host := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname())
	if strings.Contains(host, ":") {
		host = "[" + host + "]" // IPv6
	}
	if port := u.Port(); port != "" && port != map[string]string{"http": "80", "https": "443"}[scheme] {
		host += ":" + port
	}
	return scheme + "://" + host
}

// OriginOf is Origin for a URL in text.
func OriginOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "an unknown origin"
	}
	return Origin(u)
}
