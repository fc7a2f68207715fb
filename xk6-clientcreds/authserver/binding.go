package authserver

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
)

// bindingKind says what a token is bound to.
type bindingKind byte

const (
	unbound            bindingKind = iota // anybody who has the token can use it
	boundToCertificate                    // of the client, RFC 8705 §3
	boundToKey                            // of DPoP proofs, RFC 9449 §6
	bindingKinds                          // how many there are
)

// confirmationMembers are the names of the kinds in the cnf claim, RFC 7800
// §3.1.
var confirmationMembers = [bindingKinds]string{boundToCertificate: "x5t#S256", boundToKey: "jkt"}

// binding is the key or certificate to which a token is bound; the zero value binds it to nothing.
type binding struct {
	kind bindingKind
	hash [sha256.Size]byte
}

// tokenType is the type of a token that is bound so: DPoP's, or Bearer.
func (b *binding) tokenType() string {
	if b.kind == boundToKey {
		return "DPoP"
	}
	return "Bearer"
}

var (
	errTokenWithoutCertificate = invalidToken("the access token is bound to a client certificate, and the request came " +
		"without one")
	errTokenCertificate = invalidToken("the access token is bound to another client certificate")
)

// bindToCertificate binds to the certificate on the connection of a request, RFC
// 8705 §3.
func bindToCertificate(r *http.Request) binding {
	shown := certificateOf(r)
	if shown == nil {
		return binding{}
	}
	return binding{boundToCertificate, sha256.Sum256(shown.Raw)}
}

// proven returns why a request that carries the token does not prove that it may;
// nil when it does.
func (b *binding) proven(r *http.Request) *bearerError {
	if b.kind != boundToCertificate {
		return nil
	}
	switch shown := bindToCertificate(r); {
	case shown.kind == unbound:
		return errTokenWithoutCertificate
	case shown != *b:
		return errTokenCertificate
	}
	return nil
}

// appendConfirmation appends the cnf claim with a comma before it, or nothing.
func appendConfirmation(dst []byte, b *binding) []byte {
	if b.kind == unbound {
		return dst
	}
	dst = append(dst, `,"cnf":{"`...)
	dst = append(dst, confirmationMembers[b.kind]...)
	dst = append(dst, `":"`...)
	dst = base64.RawURLEncoding.AppendEncode(dst, b.hash[:])
	return append(dst, `"}`...)
}

// confirmation is the cnf claim as it is read back.
type confirmation map[string]string

// binding returns what the claim says, false when it says what this server does
// not know.
func (c confirmation) binding() (b binding, ok bool) {
	for kind, member := range confirmationMembers {
		if kind == int(unbound) || c[member] == "" {
			continue
		}
		hash, err := base64.RawURLEncoding.DecodeString(c[member])
		if err != nil || len(hash) != len(b.hash) {
			return b, false
		}
		b.kind = bindingKind(kind) // #nosec G115 -- there are fewer than 256
		copy(b.hash[:], hash)
		return b, len(c) == 1
	}
	return b, len(c) == 0
}
