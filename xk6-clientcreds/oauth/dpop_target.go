package oauth

import (
	"net/url"
	"strings"
)

// proofTarget is the htu of a proof (RFC 9449 §4.2): the target URI of a request without query and
// fragment, normalized so that a server that compares letter by letter finds it the same (§4.3, RFC
// 3986 §6.2.2 and §6.2.3). The handshake of a WebSocket is a request of HTTP (RFC 6455 §1.3).
func proofTarget(u *url.URL) string {
	scheme := strings.ToLower(u.Scheme)
	switch scheme {
	case "ws":
		scheme = "http"
	case "wss":
		scheme = "https"
	}
	return scheme + "://" + normalHost(scheme, u) + normalPath(u.EscapedPath())
}

// normalHost is host and port, without the port that the scheme has by default.
func normalHost(scheme string, u *url.URL) string {
	host := strings.ToLower(u.Hostname())
	if strings.Contains(host, ":") { // an IPv6 address
		host = "[" + host + "]"
	}
	port := u.Port()
	if port == "" || (scheme == "http" && port == "80") || (scheme == "https" && port == "443") {
		return host
	}
	return host + ":" + port
}

// normalPath is a path with percent-encoding only where it is needed, in upper case, and without dot
// segments.
func normalPath(escaped string) string {
	path := removeDotSegments(normalEncoding(escaped))
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return path
}

// normalEncoding decodes the unreserved characters of RFC 3986 §2.3 and leaves the others encoded, in
// upper case.
func normalEncoding(escaped string) string {
	if !strings.Contains(escaped, "%") {
		return escaped
	}
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(escaped); i++ {
		if escaped[i] != '%' || i+2 >= len(escaped) {
			b.WriteByte(escaped[i])
			continue
		}
		high := strings.IndexByte(digits, upper(escaped[i+1]))
		low := strings.IndexByte(digits, upper(escaped[i+2]))
		c := byte(high<<4 | low) // #nosec G115 -- two digits are one byte; of others the next line knows
		switch {
		case high < 0 || low < 0:
			b.WriteByte('%')
			continue
		case unreserved(c):
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(digits[high])
			b.WriteByte(digits[low])
		}
		i += 2
	}
	return b.String()
}

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

func unreserved(c byte) bool {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strings.IndexByte("-._~", c) >= 0
}

// removeDotSegments implements RFC 3986 §5.2.4 for an absolute path.
func removeDotSegments(path string) string {
	if !strings.Contains(path, "/.") {
		return path
	}
	segments := strings.Split(path, "/")[1:]
	kept := make([]string, 0, len(segments))
	for i, segment := range segments {
		last := i == len(segments)-1
		switch segment {
		case ".":
		case "..":
			kept = kept[:max(len(kept)-1, 0)]
		default:
			kept = append(kept, segment)
			continue
		}
		if last { // what ends in a dot segment is a folder
			kept = append(kept, "")
		}
	}
	return "/" + strings.Join(kept, "/")
}
