package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// KeySet is the JWK set of an authorization server (RFC 7517 §5): the public keys of what it signs.
type KeySet struct{ keys []jose.JSONWebKey }

// maxTried bounds the keys that one signature is compared with.
const maxTried = 16

// CheckKeySetURL returns an error for an unusable URL of a key set.
func CheckKeySetURL(address string) error {
	_, err := checkURL(FieldKeySetURL, address)
	return err
}

// FetchKeySet gets the key set at address. The error
// says what is wrong with the answer, and shows nothing of it.
func FetchKeySet(ctx context.Context, do Doer, address string) (*KeySet, error) {
	if err := CheckKeySetURL(address); err != nil {
		return nil, err
	}
	doc, err := fetchDocument(ctx, do, address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shown(address), err)
	}
	set, err := parseKeySet(doc.body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shown(address), err)
	}
	return set, nil
}

// parseKeySet reads a JWK set. Keys that are not understood, or are there for something else than
// signatures, are left out (RFC 7517 §5); so are symmetric ones, which a server must not publish.
func parseKeySet(body []byte) (*KeySet, error) {
	var members struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(trimBOM(body), &members) != nil || members.Keys == nil {
		return nil, errors.New("the answer is not a JWK set (RFC 7517 §5)")
	}
	set := new(KeySet)
	for _, text := range members.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(text) != nil || !key.Valid() || (key.Use != "" && key.Use != "sig") {
			continue
		}
		if _, symmetric := key.Key.([]byte); !symmetric {
			set.keys = append(set.keys, key.Public())
		}
	}
	if len(set.keys) == 0 {
		return nil, errors.New("the JWK set has no key for signatures")
	}
	return set, nil
}

// unknownKeyError says that the key set has no key that a token can be signed with. It may have one
// by now: servers change their keys.
type unknownKeyError struct{ id string }

func (e *unknownKeyError) Error() string {
	if e.id == "" {
		return "none of the server's keys has made it, and the token does not name one (kid)"
	}
	return fmt.Sprintf("the server has no key %q", Printable(e.id, maxCode))
}

var errSignature = errors.New("signature verification failed: the token was modified or issued by another server")

// verify checks the signature of token, a JWT whose header says algorithm and key.
func (s *KeySet) verify(token, algorithm, keyID string) error {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(algorithm)})
	if err != nil {
		return errors.New("it cannot be read (RFC 7515 §7.1)")
	}
	tried, known := 0, false
	for i := range s.keys {
		key := &s.keys[i]
		if !fits(key, algorithm, keyID) || tried == maxTried {
			continue
		}
		tried++
		known = known || keyID != "" && key.KeyID == keyID
		if _, err := signed.Verify(key.Key); err == nil {
			return nil
		}
	}
	if !known {
		return &unknownKeyError{keyID}
	}
	return errSignature
}

// fits reports whether key may have signed a token with that header (RFC 7517 §4.4 and §4.5).
func fits(key *jose.JSONWebKey, algorithm, keyID string) bool {
	return (keyID == "" || key.KeyID == "" || key.KeyID == keyID) && (key.Algorithm == "" || key.Algorithm == algorithm)
}

// asymmetric reports whether an algorithm may sign access tokens. With a MAC, or without a
// signature, anybody who reads a token could make one (RFC 9068 §2.1, RFC 8725 §3.1).
func asymmetric(algorithm string) bool { return slices.Contains(KeyAlgorithms, algorithm) }
