// Package redact keeps secrets and access tokens out of text: log lines above all.
//
// RFC 6749 §10.3 and RFC 9700 §4 want both kept confidential in transit and storage, and a load
// test's log is stored, shipped and shared. A Redactor hides what it was told of, wherever it
// occurs, also JSON- or URL-encoded: secrets for good, and the newest of the tokens, which are
// many and short-lived. It keeps hashes, not the texts. Beside those it masks what stands in the
// places where credentials are written: an Authorization header, a client_secret or
// client_assertion parameter, an access_token member.
package redact

import (
	"encoding/base64"
	"hash/maphash"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Mask stands where a secret or token stood.
const Mask = "***REDACTED***"

const (
	// minLength is the length below which nothing is searched for: replacing every "ab" would
	// destroy the log and tell the secret by doing so.
	minLength = 4
	// minToken is the length below which a token may be part of an ordinary word. It is hidden only
	// where it stands alone.
	minToken = 8
	// generation is how many forms of tokens are remembered before the older half is forgotten.
	generation = 1 << 15
)

// Redactor replaces what it was told to hide. It is safe for concurrent use.
type Redactor struct {
	seed maphash.Seed

	mu      sync.RWMutex
	secrets *texts
	young   *texts // the newest tokens
	old     *texts // those before
}

// New returns a Redactor that so far knows only the places where credentials are written.
func New() *Redactor {
	return &Redactor{seed: maphash.MakeSeed(), secrets: newTexts(0), young: newTexts(minToken), old: newTexts(minToken)}
}

// Secret hides secret wherever it occurs, as it is, JSON- or URL-encoded, and as the Basic
// credentials of clientID (RFC 6749 §2.3.1). Secrets of fewer than four characters are left
// alone.
func (r *Redactor) Secret(clientID, secret string) {
	if len(secret) < minLength {
		return
	}
	forms := append(formsOf(secret),
		base64.StdEncoding.EncodeToString([]byte(clientID+":"+secret)),
		base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(clientID)+":"+url.QueryEscape(secret))),
	)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, form := range forms {
		r.secrets.add(r.seed, form)
	}
}

// Token hides token for as long as it is among the newest few ten thousand, as it is and JSON- or
// URL-encoded. One of fewer than eight characters is hidden where it stands alone, one of fewer
// than four is left alone.
func (r *Redactor) Token(token string) {
	if len(token) < minLength {
		return
	}
	forms := formsOf(token)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.young.size() >= generation {
		r.old, r.young = r.young, newTexts(minToken)
	}
	for _, form := range forms {
		r.young.add(r.seed, form)
	}
}

// String returns s without what must be hidden.
func (r *Redactor) String(s string) string {
	hidden := findPlaces(s)
	r.mu.RLock()
	for _, known := range []*texts{r.secrets, r.young, r.old} {
		hidden = known.find(r.seed, s, hidden)
	}
	r.mu.RUnlock()
	return mask(s, hidden)
}

// span is a part of a text: from the first byte to the one before to.
type span struct{ from, to int }

// mask replaces the spans. Those that overlap or touch are one, so that nothing is left of two
// secrets where one begins with the other, or in its middle.
func mask(s string, hidden []span) string {
	if len(hidden) == 0 {
		return s
	}
	slices.SortFunc(hidden, func(a, b span) int { return a.from - b.from })
	var b strings.Builder
	end := 0
	for i, h := range hidden {
		if i == 0 || h.from > end {
			b.WriteString(s[end:h.from])
			b.WriteString(Mask)
		}
		end = max(end, h.to)
	}
	b.WriteString(s[end:])
	return b.String()
}
