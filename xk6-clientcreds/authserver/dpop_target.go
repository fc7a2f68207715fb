package authserver

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// sameTarget compares the htu of a proof with a URL: without query and fragment,
// and normalized as RFC 9449 §4.3 recommends (RFC 3986 §6.2.2 and §6.2.3).
func sameTarget(htu, target string) bool {
	a, ok := normalized(htu)
	if !ok {
		return false
	}
	b, ok := normalized(target)
	return ok && a == b
}

// normalized returns the normal form of an absolute http or https URL.
func normalized(text string) (string, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || strings.Contains(u.Hostname(), ":") != (u.Host[0] == '[') {
		return "", false // an IPv6 address has brackets (RFC 3986 §3.2.2)
	}
	defaultPort := map[string]string{"http": ":80", "https": ":443"}[u.Scheme] // Parse has it in lower case
	if defaultPort == "" {
		return "", false
	}
	host := strings.TrimSuffix(strings.ToLower(u.Host), defaultPort)
	path := encodedByte.ReplaceAllStringFunc(u.EscapedPath(), normalByte)
	return u.Scheme + "://" + host + withoutDotSegments(path), true
}

// withoutDotSegments resolves "." and ".." in a path (RFC 3986 §5.2.4). Empty segments remain.
func withoutDotSegments(path string) string {
	var kept []string
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, segment := range segments {
		switch {
		case segment != "." && segment != "..":
			kept = append(kept, segment)
			continue
		case segment == ".." && len(kept) > 0:
			kept = kept[:len(kept)-1]
		}
		if i == len(segments)-1 {
			kept = append(kept, "") // a folder
		}
	}
	return "/" + strings.Join(kept, "/")
}

var encodedByte = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// normalByte decodes what need not be encoded (RFC 3986 §2.3), and spells the
// rest in upper case.
func normalByte(encoded string) string {
	decoded, err := url.PathUnescape(encoded)
	if err != nil {
		return encoded
	}
	c := decoded[0]
	if c == '-' || c == '.' || c == '_' || c == '~' || (c|0x20 >= 'a' && c|0x20 <= 'z') || (c >= '0' && c <= '9') {
		return decoded
	}
	return strings.ToUpper(encoded)
}

// requestedURL is the URL of a request as its client spells it: by another name
// of the server than its own, if the client has one.
func requestedURL(r *http.Request) string {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host + r.URL.EscapedPath()
}
