package authserver

import (
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver/faults"
)

// signingKey is a key of the authorization server.
type signingKey struct {
	public jose.JSONWebKey
	signer jose.Signer
	until  time.Time // when a former key stops being accepted
}

// signingKeys are the key that signs, first, and those before it that are
// still accepted. The list is replaced as a whole.
type signingKeys struct {
	list atomic.Pointer[[]*signingKey]

	rotating sync.Mutex // held to replace the list
}

func (k *signingKeys) current() *signingKey { return (*k.list.Load())[0] }

// accepted are the keys whose signatures are accepted at now.
func (k *signingKeys) accepted(now time.Time) []*signingKey {
	list := *k.list.Load()
	all := list[:1:1]
	for _, former := range list[1:] {
		if now.Before(former.until) {
			all = append(all, former)
		}
	}
	return all
}

// find returns the accepted key with an identifier, nil when there is none.
func (k *signingKeys) find(id string, now time.Time) *signingKey {
	for n, key := range *k.list.Load() {
		if key.public.KeyID == id && (n == 0 || now.Before(key.until)) {
			return key
		}
	}
	return nil
}

// maxSigningKeys bounds the keys that are accepted at the same time.
const maxSigningKeys = 16

// Reasons not to replace a signing key.
var (
	errNoSigningKey    = errors.New("tokens are opaque: no key signs them")
	errManySigningKeys = errors.New("there are 16 keys already; choose a shorter overlap")
)

// RotateSigningKey makes a new key for JWT access tokens. The former one stays
// in the JWK set, and its tokens valid, for the overlap.
func (s *Server) RotateSigningKey(overlap time.Duration) error {
	j, ok := s.format.(*jwtFormat)
	if !ok {
		return errNoSigningKey
	}
	fresh, err := makeSigningKey(string(j.algorithm))
	if err != nil {
		return err
	}
	j.keys.rotating.Lock()
	defer j.keys.rotating.Unlock()
	now := s.wall()
	old := j.keys.accepted(now)
	if len(old) == maxSigningKeys {
		return errManySigningKeys
	}
	former := *old[0]
	former.until = now.Add(overlap)
	list := append([]*signingKey{fresh, &former}, old[1:]...)
	j.keys.list.Store(&list)
	s.faults.CountServer(faults.KeyRotated)
	return nil
}

// serveKeys is the JWK set (RFC 7517 §5), which is empty for opaque tokens.
func (s *Server) serveKeys(w http.ResponseWriter, _ *http.Request) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	if j, ok := s.format.(*jwtFormat); ok {
		for _, key := range j.keys.accepted(s.wall()) {
			set.Keys = append(set.Keys, key.public)
		}
	}
	body, err := json.Marshal(set)
	if err != nil {
		http.Error(w, "the keys could not be encoded", http.StatusInternalServerError)
		return
	}
	w.Header()["Content-Type"] = headerJSON
	_, _ = w.Write(body) // the client has gone: nobody is left to tell
}
