package authserver

import (
	"net/url"
	"slices"
)

// targets returns the audience that the request asks for: its resource
// parameters (RFC 8707 §2) and its audience parameters (RFC 8693 §2.1), nil
// when it has none.
func (f *form) targets() ([]string, *oauthError) {
	var audience []string
	for _, p := range f.params {
		switch p.name {
		case "resource":
			if !isResource(p.value) {
				return nil, errTarget
			}
		case "audience":
			if !printableASCII(p.value) {
				return nil, errAudience
			}
		default:
			continue
		}
		if value := p.value; !slices.Contains(audience, value) {
			audience = append(audience, value)
		}
	}
	return audience, nil
}

// isResource reports whether s is an absolute URI without a fragment, RFC 8707
// §2.
func isResource(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.IsAbs() && (u.Host != "" || u.Opaque != "") && printableASCII(s) &&
		!slices.Contains([]byte(s), '#') && !slices.Contains([]byte(s), ' ')
}

// appendAudience appends an aud member: a string where there is one audience,
// an array where there are more (RFC 7519 §4.1.3).
func (s *Server) appendAudience(dst []byte, audience []string) []byte {
	switch len(audience) {
	case 0:
		return appendJSONString(dst, s.defaultAudience)
	case 1:
		return appendJSONString(dst, audience[0])
	}
	for i, a := range audience {
		if i == 0 {
			dst = append(dst, '[')
		} else {
			dst = append(dst, ',')
		}
		dst = appendJSONString(dst, a)
	}
	return append(dst, ']')
}
