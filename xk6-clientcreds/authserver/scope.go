package authserver

import (
	"slices"
	"strings"
)

// validScope reports whether s is scope-token *( SP scope-token ), RFC 6749 §3.3.
func validScope(s string) bool {
	space := true // a space is not allowed where a token must begin
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ':
			if space {
				return false
			}
			space = true
		case c >= 0x21 && c <= 0x7e && c != '"' && c != '\\':
			space = false
		default:
			return false
		}
	}
	return !space
}

// grantScope answers a request for scope: the client's own when it asks for
// none, otherwise what it asked for, if the client may have all of that.
func (c *client) grantScope(requested string) (string, *oauthError) {
	if requested == "" || requested == c.scope {
		return c.scope, nil
	}
	if !validScope(requested) {
		return "", errScopeSyntax
	}
	for token := range strings.SplitSeq(requested, " ") {
		if !slices.Contains(c.scopes, token) {
			return "", errUnknownScope
		}
	}
	return uniqueScope(requested), nil
}

// uniqueScope drops repeated tokens, keeping the order.
func uniqueScope(scope string) string {
	tokens := strings.Split(scope, " ")
	unique := tokens[:0]
	for _, t := range tokens {
		if !slices.Contains(unique, t) {
			unique = append(unique, t)
		}
	}
	if len(unique) == len(tokens) {
		return scope
	}
	return strings.Join(unique, " ")
}

// scopeContains reports whether the space separated scope holds token.
func scopeContains(scope, token string) bool {
	for s := range strings.SplitSeq(scope, " ") {
		if s == token {
			return true
		}
	}
	return false
}
