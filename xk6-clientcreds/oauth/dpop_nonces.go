package oauth

import (
	"net/url"
	"strings"
	"sync"
)

const (
	// maxNonce bounds a nonce, in bytes. One that is longer is not taken.
	maxNonce = 1024
	// maxNonceServers bounds the servers whose nonces are remembered: an API may lead to many by its
	// redirects. Of a server that was forgotten a request is answered with a nonce again.
	maxNonceServers = 64
)

// nonces are the newest nonces of servers (RFC 9449 §8 and §9), by their origin (RFC 6454 §4).
type nonces struct {
	mu       sync.RWMutex
	byOrigin map[string]string
}

// of returns the nonce for requests to u, "" where the server gave none.
func (n *nonces) of(u *url.URL) string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if len(n.byOrigin) == 0 {
		return ""
	}
	return n.byOrigin[originOf(u)]
}

// learn takes the nonce in the values of the header DPoP-Nonce, and reports whether there is one.
func (n *nonces) learn(u *url.URL, values []string) bool {
	if len(values) != 1 || !isNonce(values[0]) {
		return false
	}
	origin := originOf(u)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.byOrigin[origin] == values[0] {
		return true
	}
	if _, known := n.byOrigin[origin]; n.byOrigin == nil || (!known && len(n.byOrigin) >= maxNonceServers) {
		n.byOrigin = make(map[string]string, 1)
	}
	n.byOrigin[origin] = values[0]
	return true
}

// originOf is the origin of u (RFC 6454 §4).
func originOf(u *url.URL) string {
	scheme := strings.ToLower(u.Scheme)
	return scheme + "://" + normalHost(scheme, u)
}

// isNonce implements 1*NQCHAR (RFC 9449 §8.1, RFC 6749 §A).
func isNonce(s string) bool {
	return s != "" && len(s) <= maxNonce && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= 0x20 || r > 0x7e || r == '"' || r == '\\'
	})
}
