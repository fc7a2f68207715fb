package authserver

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"sync/atomic"
	"time"
)

// tokenID identifies an access token. It is the jti of a JWT and the nonce of
// an opaque token.
type tokenID [12]byte

func (id tokenID) String() string { return hex.EncodeToString(id[:]) }

// tokenIDs makes identifiers that are unique in this process: a random prefix
// and a count. They need not be unpredictable, only never the same twice.
type tokenIDs struct {
	prefix [4]byte
	count  atomic.Uint64
}

func newTokenIDs() *tokenIDs {
	ids := new(tokenIDs)
	_, _ = rand.Read(ids.prefix[:]) // never fails
	return ids
}

func (ids *tokenIDs) next() (id tokenID) {
	copy(id[:], ids.prefix[:])
	binary.BigEndian.PutUint64(id[len(ids.prefix):], ids.count.Add(1))
	return id
}

// tokenClaims are the contents of one access token.
type tokenClaims struct {
	id       tokenID
	client   *client   // that asked for the token
	subject  *client   // whom the token is about; nil: client itself
	actors   []*client // who act for the subject, the latest first (RFC 8693 §4.1)
	scope    string
	audience []string // empty: the default audience of the server
	details  string   // authorization details, a JSON array (RFC 9396); "" is none
	issued   time.Time
	expires  time.Time
	bound    binding
	// issuedType is the type of the token by RFC 8693 §3, for the answer to an
	// exchange; it is not part of the token.
	issuedType string
}

// about is the client that the token is about.
func (g *tokenClaims) about() *client {
	if g.subject != nil {
		return g.subject
	}
	return g.client
}

// tokenFormat makes access tokens and reads them.
type tokenFormat interface {
	// issue appends the token to f.out. It uses f.seal.
	issue(f *form, g *tokenClaims) error
	// open returns what the token stands for, false when this server did not
	// make it. Expired tokens are opened too. It may use f.seal.
	open(f *form, token string) (tokenClaims, bool)
}

// open returns the grant of a token that this server made. Base64 decoders skip
// line breaks, so they are looked for here: one token has one spelling.
func (s *Server) open(f *form, token string) (tokenClaims, bool) {
	if strings.ContainsAny(token, "\r\n") {
		return tokenClaims{}, false
	}
	return s.format.open(f, token)
}

// appendClaims appends the members that a JWT access token (RFC 9068 §2.2) and
// an introspection response (RFC 7662 §2.2) have in common, without braces.
// Scope, audience and issuer are printable ASCII: they were checked.
func (s *Server) appendClaims(dst []byte, g *tokenClaims) []byte {
	dst = append(dst, `"iss":`...)
	dst = appendJSONString(dst, s.endpoints.Issuer)
	dst = append(dst, `,"sub":`...)
	dst = append(dst, g.about().jsonID...)
	dst = append(dst, `,"client_id":`...)
	dst = append(dst, g.client.jsonID...)
	dst = append(dst, `,"aud":`...)
	dst = s.appendAudience(dst, g.audience)
	dst = append(dst, `,"iat":`...)
	dst = appendInt(dst, g.issued.Unix())
	dst = append(dst, `,"exp":`...)
	dst = appendInt(dst, numericDateAfter(g.expires))
	dst = append(dst, `,"jti":"`...)
	dst = hex.AppendEncode(dst, g.id[:])
	dst = append(dst, '"')
	if g.scope != "" {
		dst = append(dst, `,"scope":`...)
		dst = appendJSONString(dst, g.scope)
	}
	dst = appendDetails(dst, g.details)
	dst = appendActors(dst, g.actors)
	return appendConfirmation(dst, &g.bound)
}

// numericDateAfter rounds up to whole seconds: rounded down, a token would end
// up to a second before the expires_in that its client was told.
func numericDateAfter(t time.Time) int64 {
	if t.Nanosecond() > 0 {
		return t.Unix() + 1
	}
	return t.Unix()
}
