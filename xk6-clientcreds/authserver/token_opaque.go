package authserver

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"
)

// opaqueFormat seals the claims with a key that lives as long as the process.
// A token is the base64url form of
//
//	identifier (12 bytes, the nonce) | AES-256-GCM(claims)
//
// so that nothing has to be stored for it, and nobody else can make or read
// one. Tokens do not survive a restart of the server.
type opaqueFormat struct {
	aead    cipher.AEAD
	clients *registry
}

// tokenEncoding is strict about the bits that are left over at the end.
var tokenEncoding = base64.RawURLEncoding.Strict()

func newOpaqueFormat(clients *registry) (*opaqueFormat, error) {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("authserver: opaque tokens: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("authserver: opaque tokens: %w", err)
	}
	return &opaqueFormat{aead: aead, clients: clients}, nil
}

func (o *opaqueFormat) issue(f *form, g *tokenClaims) error {
	nonceSize := len(g.id)
	f.seal = append(f.seal[:0], g.id[:]...)
	f.seal = appendTokenClaims(f.seal, g)
	f.seal = o.aead.Seal(f.seal[:nonceSize], f.seal[:nonceSize], f.seal[nonceSize:], nil)
	f.out = tokenEncoding.AppendEncode(f.out, f.seal)
	return nil
}

func (o *opaqueFormat) open(f *form, token string) (tokenClaims, bool) {
	var id tokenID
	f.out = append(f.out[:0], token...)
	sealed, err := tokenEncoding.AppendDecode(f.seal[:0], f.out)
	if err != nil || len(sealed) < len(id)+o.aead.Overhead() {
		return tokenClaims{}, false
	}
	f.seal = sealed
	copy(id[:], sealed)
	plain, err := o.aead.Open(sealed[len(id):len(id)], sealed[:len(id)], sealed[len(id):], nil)
	if err != nil {
		return tokenClaims{}, false
	}
	g, ok := o.readTokenClaims(plain)
	g.id = id
	return g, ok
}

// appendGrant appends client, times, binding, parties, details, scope and
// audience. The scope is a length
// of 0 where it is the client's own, otherwise its length + 1 and the text.
func appendTokenClaims(dst []byte, g *tokenClaims) []byte {
	dst = binary.AppendUvarint(dst, uint64(g.client.index))                // #nosec G115 -- an index is not negative
	dst = binary.BigEndian.AppendUint64(dst, uint64(g.issued.UnixNano()))  // #nosec G115 -- read back as int64
	dst = binary.BigEndian.AppendUint64(dst, uint64(g.expires.UnixNano())) // #nosec G115 -- read back as int64
	if dst = append(dst, byte(g.bound.kind)); g.bound.kind != unbound {
		dst = append(dst, g.bound.hash[:]...)
	}
	dst = appendParties(dst, g)
	dst = binary.AppendUvarint(dst, uint64(len(g.details)))
	dst = append(dst, g.details...)
	if g.scope == g.client.scope {
		dst = append(dst, 0)
	} else {
		dst = binary.AppendUvarint(dst, uint64(len(g.scope))+1)
		dst = append(dst, g.scope...)
	}
	for _, a := range g.audience {
		dst = binary.AppendUvarint(dst, uint64(len(a)))
		dst = append(dst, a...)
	}
	return dst
}

// readGrant reads what appendGrant wrote. The seal is proof that this process
// wrote it, so the checks only keep a mistake here from becoming a panic.
func (o *opaqueFormat) readTokenClaims(b []byte) (tokenClaims, bool) {
	index, n := binary.Uvarint(b)
	if n <= 0 || len(b) < n+17 {
		return tokenClaims{}, false
	}
	c := o.clients.at(index)
	if c == nil {
		return tokenClaims{}, false // it registered, and was deleted
	}
	b = b[n:]
	g := tokenClaims{
		client:  c,
		issued:  time.Unix(0, int64(binary.BigEndian.Uint64(b))),     // #nosec G115 -- written from an int64
		expires: time.Unix(0, int64(binary.BigEndian.Uint64(b[8:]))), // #nosec G115 -- written from an int64
	}
	b, ok := readBinding(b[16:], &g.bound)
	if ok {
		b, ok = o.readParties(b, &g)
	}
	if !ok {
		return tokenClaims{}, false
	}
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) { // #nosec G115 -- Uvarint reads n bytes of b
		return tokenClaims{}, false
	}
	g.details, b = string(b[n:n+int(size)]), b[n+int(size):] // #nosec G115 -- no more than b has
	size, n = binary.Uvarint(b)
	switch b = b[max(n, 0):]; {
	case n <= 0 || size > uint64(len(b))+1:
		return tokenClaims{}, false
	case size == 0:
		g.scope = g.client.scope
	default:
		g.scope, b = string(b[:size-1]), b[size-1:]
	}
	for len(b) > 0 {
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) { // #nosec G115 -- Uvarint reads n bytes of b
			return tokenClaims{}, false
		}
		b = b[n:]
		g.audience = append(g.audience, string(b[:size]))
		b = b[size:]
	}
	return g, true
}

// readBinding reads a binding and returns what follows it.
func readBinding(b []byte, to *binding) ([]byte, bool) {
	to.kind, b = bindingKind(b[0]), b[1:]
	switch {
	case to.kind == unbound:
		return b, true
	case to.kind >= bindingKinds || len(b) < len(to.hash):
		return nil, false
	}
	return b[copy(to.hash[:], b):], true
}

// appendParties appends whom a token is about and who acts for them: the number
// of clients, and each by its index. It is 0 for a token of the client itself.
func appendParties(dst []byte, g *tokenClaims) []byte {
	if g.subject == nil && len(g.actors) == 0 {
		return append(dst, 0)
	}
	dst = append(dst, byte(1+len(g.actors)))                 // #nosec G115 -- there are maxActors at most
	dst = binary.AppendUvarint(dst, uint64(g.about().index)) // #nosec G115 -- an index is not negative
	for _, a := range g.actors {
		dst = binary.AppendUvarint(dst, uint64(a.index)) // #nosec G115 -- an index is not negative
	}
	return dst
}

// readParties reads what appendParties wrote and returns what follows it.
func (o *opaqueFormat) readParties(b []byte, g *tokenClaims) ([]byte, bool) {
	if len(b) == 0 {
		return nil, false
	}
	count := b[0]
	b = b[1:]
	for i := range count {
		index, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, false
		}
		b = b[n:]
		party := o.clients.at(index)
		if party == nil {
			return nil, false // it registered, and was deleted
		}
		if i == 0 {
			g.subject = party
		} else {
			g.actors = append(g.actors, party)
		}
	}
	return b, true
}
