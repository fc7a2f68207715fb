package redact

import (
	"regexp"
	"slices"
	"strings"
)

// place is where credentials are written that nobody needs to have told of.
type place struct {
	signs   []string       // in lower case; in a text without any of them there is no such place
	pattern *regexp.Regexp // its first group is the credential
}

const (
	members    = `(?:access_token|refresh_token|id_token|client_secret|client_assertion)`
	parameters = `(?:access_token|refresh_token|subject_token|actor_token|token|client_secret|client_assertion)`
)

var places = []place{
	{
		[]string{"authorization"},
		regexp.MustCompile(`(?i)authorization["']?\s*[:=]\s*\[?["']?(?:basic|bearer|dpop)\s+([^\s"',\]\\]+)`),
	},
	{
		[]string{"bearer", "dpop"},
		regexp.MustCompile(`(?i)\b(?:bearer|dpop)\s+([A-Za-z0-9\-._~+/]{16,}=*)`),
	},
	{
		[]string{`_token"`, `client_secret"`, `client_assertion"`},
		regexp.MustCompile(members + `"\s*:\s*"((?:[^"\\]|\\.)+)`),
	},
	{ // in JSON that is a string in JSON
		[]string{`_token\"`, `client_secret\"`, `client_assertion\"`},
		regexp.MustCompile(members + `\\"\s*:\s*\\"((?:[^"\\]|\\\\(?:\\")?)+)`),
	},
	{
		[]string{"token=", "client_secret=", "client_assertion="},
		regexp.MustCompile(`\b` + parameters + `=([^&\s"'\\]+)`),
	},
	{ // A DPoP proof, wherever it is: a JWT whose header begins with alg and jwk, as package oauth makes them.
		[]string{"eyjhbgcioi"},
		regexp.MustCompile(`(eyJhbGciOi[\w-]{10}Imp3ayI6[\w-]+\.[\w-]+(?:\.[\w-]+)?)`),
	},
}

// findPlaces returns where credentials are written in s.
func findPlaces(s string) []span {
	var found []span
	lower := strings.ToLower(s)
	for _, p := range places {
		if !slices.ContainsFunc(p.signs, func(sign string) bool { return strings.Contains(lower, sign) }) {
			continue // a search costs a hundred times as much
		}
		for _, at := range p.pattern.FindAllStringSubmatchIndex(s, -1) {
			found = append(found, span{at[2], at[3]})
		}
	}
	return found
}
