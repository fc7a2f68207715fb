// Package redact keeps secrets and access tokens out of text: log lines above all.
//
// RFC 6749 §10.3 and RFC 9700 §4 want both kept confidential in transit and storage, and a load
// test's log is stored, shipped and shared. A Redactor knows two kinds of text: secrets, few and
// told in advance, which it replaces wherever they occur, also form-encoded or inside Basic
// credentials; and tokens, many and short-lived, of which it remembers the hashes of the newest.
// Beside those it masks what stands in the places where credentials are written: an
// Authorization header, a client_secret or client_assertion parameter, an access_token member.
package redact

import (
	"encoding/base64"
	"encoding/json"
	"hash/maphash"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Mask stands where a secret or token stood.
const Mask = "***REDACTED***"

const (
	// minSecret is the length below which a secret is not searched for: replacing every "ab" would
	// destroy the log and tell the secret by doing so.
	minSecret = 4
	// minPart is the length below which a part of a token may be an ordinary word.
	minPart = 16
	// minRun is tokenRun's least length, but for the padding.
	minRun = 8
	// generation is how many tokens are remembered before the older half is forgotten.
	generation = 1 << 15
)

var (
	// tokenRun finds everything that could be an access token by RFC 6750 §2.1's b64token.
	tokenRun = regexp.MustCompile(`[A-Za-z0-9\-._~+/]{8,}=*`)

	places = []struct {
		pattern *regexp.Regexp
		replace string
	}{
		{regexp.MustCompile(`(?i)(authorization["']?\s*[:=]\s*\[?["']?(?:basic|bearer|dpop)\s+)[^\s"',\]\\]+`), "${1}" + Mask},
		{regexp.MustCompile(`(?i)(\b(?:bearer|dpop)\s+)[A-Za-z0-9\-._~+/]{16,}=*`), "${1}" + Mask},
		{regexp.MustCompile(`((?:access_token|refresh_token|id_token|client_secret|client_assertion)\\?"\s*:\s*\\?")[^"\\]+`), "${1}" + Mask},
		{regexp.MustCompile(`\b((?:access_token|refresh_token|token|client_secret|client_assertion)=)[^&\s"'\\]+`), "${1}" + Mask},
		// A DPoP proof, wherever it is: a JWT whose header begins with alg and jwk, as package oauth makes them.
		{regexp.MustCompile(`eyJhbGciOi[\w-]{10}Imp3ayI6[\w-]+\.[\w-]+(?:\.[\w-]+)?`), Mask},
	}
)

// Redactor replaces what it was told to hide. It is safe for concurrent use.
type Redactor struct {
	mu       sync.Mutex
	seed     maphash.Seed
	young    map[uint64]struct{}
	old      map[uint64]struct{}
	many     map[uint64]struct{} // secrets that are looked for like tokens
	secrets  map[string]struct{}
	replacer *strings.Replacer // nil when secrets changed since it was built
}

// New returns a Redactor that so far knows only the places where credentials are written.
func New() *Redactor {
	return &Redactor{
		seed:    maphash.MakeSeed(),
		young:   make(map[uint64]struct{}),
		many:    make(map[uint64]struct{}),
		secrets: make(map[string]struct{}),
	}
}

// Secret hides secret wherever it occurs, as it is, JSON- or form-encoded, and as the Basic
// credentials of clientID (RFC 6749 §2.3.1). Secrets of fewer than four characters are left
// alone.
func (r *Redactor) Secret(clientID, secret string) {
	if len(secret) < minSecret {
		return
	}
	form := url.QueryEscape(secret)
	forms := append(jsonForms(secret),
		secret, form, url.PathEscape(secret),
		base64.StdEncoding.EncodeToString([]byte(clientID+":"+secret)),
		base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(clientID)+":"+form)),
	)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range forms {
		if _, known := r.secrets[f]; !known {
			r.secrets[f] = struct{}{}
			r.replacer = nil
		}
	}
}

// jsonForms are the ways in which s stands in JSON: with and without the escapes that protect
// HTML.
func jsonForms(s string) []string {
	var forms []string
	for _, html := range []bool{true, false} {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(html)
		if e.Encode(s) == nil {
			quoted := strings.TrimSuffix(b.String(), "\n")
			forms = append(forms, quoted[1:len(quoted)-1])
		}
	}
	return forms
}

// Token hides token for as long as it is among the newest few ten thousand.
func (r *Redactor) Token(token string) {
	if len(token) < minSecret {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remember(token)
	// String looks at runs of b64token characters; a token with others is several of them.
	if isRun(token) {
		return
	}
	if runs := tokenRun.FindAllString(token, -1); len(runs) != 1 || runs[0] != token {
		for _, run := range runs {
			if len(run) >= minPart {
				r.remember(run)
			}
		}
	}
}

// isRun reports whether tokenRun would find token as a whole, without the cost of asking it: Token
// is called for every token that a load test gets.
func isRun(token string) bool {
	body := strings.TrimRight(token, "=")
	return len(body) >= minRun && !strings.ContainsFunc(body, func(c rune) bool {
		return (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("-._~+/", c)
	})
}

func (r *Redactor) remember(token string) {
	if len(r.young) >= generation {
		r.old, r.young = r.young, make(map[uint64]struct{}, generation)
	}
	r.young[r.hash(token)] = struct{}{}
}

// String returns s without what must be hidden.
func (r *Redactor) String(s string) string {
	if s == "" {
		return s
	}
	for _, p := range places {
		s = p.pattern.ReplaceAllString(s, p.replace)
	}
	s = r.secretReplacer().Replace(s)
	return tokenRun.ReplaceAllStringFunc(s, r.run)
}

// run returns the mask for a run of token characters that is a token, also as the segment of a
// path or at the end of a sentence.
func (r *Redactor) run(run string) string {
	if r.knows(run) || r.knows(strings.TrimRight(run, "=")) {
		return Mask
	}
	segments := strings.Split(run, "/")
	for i, segment := range segments {
		if bare := strings.TrimRight(segment, ".="); r.knows(segment) || r.knows(bare) {
			segments[i] = Mask
		}
	}
	return strings.Join(segments, "/")
}

func (r *Redactor) secretReplacer() *strings.Replacer {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.replacer == nil {
		// The longest first: of a secret that begins with another one nothing must be left.
		byLength := slices.SortedFunc(maps.Keys(r.secrets), func(a, b string) int { return len(b) - len(a) })
		pairs := make([]string, 0, 2*len(byLength))
		for _, s := range byLength {
			pairs = append(pairs, s, Mask)
		}
		r.replacer = strings.NewReplacer(pairs...)
	}
	return r.replacer
}

func (r *Redactor) knows(token string) bool {
	h := r.hash(token)
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.young[h]; ok {
		return true
	}
	if _, ok := r.many[h]; ok {
		return true
	}
	_, ok := r.old[h]
	return ok
}

func (r *Redactor) hash(s string) uint64 { return maphash.String(r.seed, s) }
