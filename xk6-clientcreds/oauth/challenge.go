package oauth

import (
	"slices"
	"strings"
)

// Challenge is one challenge of a WWW-Authenticate header (RFC 9110 §11.6.1).
type Challenge struct {
	// Scheme is the authentication scheme in lower case, such as "bearer".
	Scheme string
	// Params are its parameters, with names in lower case.
	Params map[string]string
}

// ParseWWWAuthenticate reads the values of WWW-Authenticate headers, each of which may hold several
// challenges. It leaves out what it cannot read.
func ParseWWWAuthenticate(values []string) []Challenge {
	var challenges []Challenge
	for _, value := range values {
		s := scanner{rest: value}
		for {
			s.skip(" \t,")
			word := s.token()
			if word == "" {
				break
			}
			s.skip(" \t")
			if len(challenges) > 0 && s.next('=') {
				s.skip(" \t")
				challenges[len(challenges)-1].Params[strings.ToLower(word)] = s.value()
				continue
			}
			challenges = append(challenges, Challenge{Scheme: strings.ToLower(word), Params: make(map[string]string)})
			s.token68()
		}
	}
	return challenges
}

// scanner reads a header value from the left.
type scanner struct{ rest string }

func (s *scanner) skip(chars string) { s.rest = strings.TrimLeft(s.rest, chars) }

func (s *scanner) next(c byte) bool {
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

func (s *scanner) token() string {
	end := strings.IndexFunc(s.rest, func(r rune) bool { return !isTokenChar(r) })
	if end < 0 {
		end = len(s.rest)
	}
	word := s.rest[:end]
	s.rest = s.rest[end:]
	return word
}

// token68 skips the single value that some schemes have instead of parameters (RFC 9110 §11.2).
func (s *scanner) token68() {
	after := strings.TrimLeft(s.rest, "-._~+/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
	after = strings.TrimLeft(strings.TrimLeft(after, "="), " \t")
	if after == "" || after[0] == ',' {
		s.rest = after
	}
}

// value reads a token or a quoted string.
func (s *scanner) value() string {
	if !s.next('"') {
		return s.token()
	}
	var b strings.Builder
	for i := 0; i < len(s.rest); i++ {
		switch c := s.rest[i]; c {
		case '"':
			s.rest = s.rest[i+1:]
			return b.String()
		case '\\':
			if i++; i < len(s.rest) {
				b.WriteByte(s.rest[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	s.rest = ""
	return b.String()
}

// ChallengeError returns the error code with which a resource server refused a token (RFC 6750
// §3, RFC 9449 §7.1), or "" when it gives none.
func ChallengeError(values []string) string {
	for _, c := range ParseWWWAuthenticate(values) {
		if c.Scheme == "bearer" || c.Scheme == "dpop" {
			if code := errorCode(c.Params["error"]); code != "" {
				return code
			}
		}
	}
	return ""
}

// DemandsNonce reports whether a resource server refused a request because the DPoP proof has not the
// nonce that it requires (RFC 9449 §9). The values come from WWW-Authenticate headers.
func DemandsNonce(values []string) bool {
	return slices.ContainsFunc(ParseWWWAuthenticate(values), func(c Challenge) bool {
		return c.Scheme == "dpop" && c.Params["error"] == CodeUseNonce
	})
}

// RejectionLabel is the code of ChallengeError for use as a metric's tag: "none" where there is
// none, "other" for codes that no RFC registers.
func RejectionLabel(code string) string {
	known := []string{"invalid_token", "invalid_request", "insufficient_scope", "invalid_dpop_proof", CodeUseNonce}
	switch {
	case code == "":
		return "none"
	case slices.Contains(known, code):
		return code
	}
	return "other"
}
