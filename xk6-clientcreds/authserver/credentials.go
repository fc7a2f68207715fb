package authserver

import (
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// credentials are the credentials of a client. They are replaced as a
// whole, while requests are answered.
type credentials struct {
	secret []byte // of client_secret_jwt
	hash   [sha256.Size]byte
	keys   []jose.JSONWebKey

	former *credentials // whose secret is accepted before until; nil when there is none
	until  time.Time
}

func newCredentials(secret string, keys []jose.JSONWebKey) *credentials {
	return &credentials{secret: []byte(secret), hash: sha256.Sum256([]byte(secret)), keys: keys}
}

// secrets are the credentials whose secrets are accepted now, the newest
// first.
func (c *credentials) secrets(now time.Time) []*credentials {
	if c.former == nil || !now.Before(c.until) {
		return []*credentials{c}
	}
	return []*credentials{c, c.former}
}

// match reports whether got is the hash of a secret that is accepted now.
func (c *credentials) match(got *[sha256.Size]byte, now time.Time) bool {
	ok := subtle.ConstantTimeCompare(got[:], c.hash[:]) == 1 && len(c.secret) > 0
	if c.former != nil && now.Before(c.until) {
		ok = subtle.ConstantTimeCompare(got[:], c.former.hash[:]) == 1 || ok
	}
	return ok
}

// RotateSecret replaces the secret of a client. From then on the old one is
// refused; with a grace it is accepted beside the new one for so long. It is
// safe while requests are answered.
func (s *Server) RotateSecret(id string, fresh secret.Text, grace time.Duration) error {
	switch {
	case fresh.IsZero():
		return configErrorf("Clients", "client %q: the new secret is empty", id)
	case grace < 0:
		return configErrorf("Clients", "client %q: the grace of the old secret is %s; it must be 0 or more", id, grace)
	}
	return s.clients.rotate(id, func(c *Client) { c.Secret = fresh }, func(old, now *credentials) {
		if grace > 0 && len(old.secret) > 0 {
			now.former = newCredentials(string(old.secret), nil)
			now.until = s.wall().Add(grace)
		}
	})
}

// RotateJWKS replaces the keys that the assertions of a client are verified
// with. An overlap is a set with the old and the new keys. It is safe while
// requests are answered.
func (s *Server) RotateJWKS(id string, set jose.JSONWebKeySet) error {
	set.Keys = slices.Clone(set.Keys)
	return s.clients.rotate(id, func(c *Client) { c.JWKS = set }, func(old, fresh *credentials) {
		fresh.former, fresh.until = old.former, old.until
	})
}

// rotate replaces the credentials of a client by what change makes of them.
// keep adds what is left of the old ones.
func (r *registry) rotate(id string, change func(*Client), keep func(old, fresh *credentials)) error {
	c := r.find(id)
	if c == nil || id == apiClientID {
		return configErrorf("Clients", "client %q is not registered", id)
	}
	r.rotating.Lock()
	defer r.rotating.Unlock()
	old := c.credentials.Load()
	registered := Client{
		ID: c.id, Secret: secret.New(string(old.secret)), JWKS: jose.JSONWebKeySet{Keys: old.keys}, AuthMethod: c.authMethod,
		Subject: c.subject,
	}
	change(&registered)
	if err := checkClient(c.index, registered); err != nil {
		return err
	}
	fresh := newCredentials(registered.Secret.Reveal(), registered.JWKS.Keys)
	keep(old, fresh)
	c.credentials.Store(fresh)
	return nil
}
