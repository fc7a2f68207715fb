package authserver

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// The types of tokens that the server knows, RFC 8693 §3. JWT is one only where
// the server's tokens are JWTs.
const (
	typeAccessToken = "urn:ietf:params:oauth:token-type:access_token" // #nosec G101 -- a name
	typeJWT         = "urn:ietf:params:oauth:token-type:jwt"
)

// maxActors bounds the chain of actors, and with it the size of a token.
const maxActors = 8

// exchangedToken is a token that a token exchange takes, and what can be wrong
// with it. RFC 8693 §2.2.2 has invalid_request for all of that.
type exchangedToken struct {
	name, typeName string // of the parameters

	missing, noType, unknownType, unknown, expired, revoked *oauthError
}

func newExchangedToken(kind string) exchangedToken {
	name := kind + "_token"
	return exchangedToken{
		name: name, typeName: name + "_type",
		missing:     invalidRequest(name + " is missing"),
		noType:      invalidRequest(name + "_type is missing"),
		unknownType: invalidRequest(name + "_type is not supported"),
		unknown:     invalidRequest("the " + kind + " token is malformed or not from this authorization server"),
		expired:     invalidRequest("the " + kind + " token expired"),
		revoked:     invalidRequest("the " + kind + " token was revoked"),
	}
}

var (
	subjectToken = newExchangedToken("subject")
	actorToken   = newExchangedToken("actor")

	errActorType     = invalidRequest("actor_token_type is included without actor_token")
	errManyActors    = invalidRequest("the subject token has too many actors already")
	errRequestedType = invalidRequest("requested_token_type is not supported")
	errWiderScope    = newError(resultInvalidScope, http.StatusBadRequest,
		"the scope is malformed or exceeds the scope of the subject token")
)

// exchange is the token exchange of RFC 8693 §2. Every client that may use the
// grant may exchange every valid token of this server: clients stand for
// resource servers here, as they do at the introspection endpoint. The new token
// has no more scope than the subject token and does not outlive the tokens that
// it was made of. To what it is bound the client's own authentication says: it
// cannot prove possession of somebody else's key.
func (s *Server) exchange(c *client, f *form) (*tokenClaims, *oauthError) {
	if f.get("authorization_details") != "" {
		return nil, errDetailsExchange
	}
	issuedType, err := s.requestedType(f)
	if err != nil {
		return nil, err
	}
	now := s.cfg.Now()
	subject, err := s.take(f, &subjectToken, now)
	if err != nil {
		return nil, err
	}
	f.granted = tokenClaims{
		id: s.ids.next(), client: c, subject: subject.about(), actors: subject.actors,
		issued: now, issuedType: issuedType,
	}
	g := &f.granted
	end := subject.expires
	switch {
	case f.get(actorToken.name) != "":
		actor, err := s.take(f, &actorToken, now)
		if err != nil {
			return nil, err
		}
		if len(g.actors) >= maxActors {
			return nil, errManyActors
		}
		g.actors = append([]*client{actor.about()}, g.actors...)
		end = earlier(end, actor.expires)
	case f.get(actorToken.typeName) != "":
		return nil, errActorType
	}
	g.expires = now.Add(min(s.ttl(c), end.Sub(now).Truncate(time.Second)))
	if g.scope, err = narrowed(subject.scope, f.get("scope")); err != nil {
		return nil, err
	}
	if g.audience, err = f.targets(); err != nil {
		return nil, err
	}
	if len(g.audience) == 0 {
		g.audience = subject.audience
	}
	return g, nil
}

// requestedType returns the type that the new token will have.
func (s *Server) requestedType(f *form) (string, *oauthError) {
	switch requested := f.get("requested_token_type"); {
	case requested == "":
		return typeAccessToken, nil
	case s.knowsType(requested):
		return requested, nil
	}
	return "", errRequestedType
}

func (s *Server) knowsType(name string) bool {
	return name == typeAccessToken || name == typeJWT && s.cfg.TokenFormat == JWT
}

// take returns the grant of a token that the request has. One that ends within
// the second is of no use: lifetimes are whole seconds.
func (s *Server) take(f *form, t *exchangedToken, now time.Time) (*tokenClaims, *oauthError) {
	token, kind := f.get(t.name), f.get(t.typeName)
	switch {
	case token == "":
		return nil, t.missing
	case kind == "":
		return nil, t.noType
	case !s.knowsType(kind):
		return nil, t.unknownType
	}
	g, ok := s.open(f, token)
	switch {
	case !ok:
		return nil, t.unknown
	case g.expires.Sub(now) < time.Second:
		return nil, t.expired
	case s.revoked.has(g.id):
		return nil, t.revoked
	}
	return &g, nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// narrowed answers a request for a part of scope; all of it where the request
// does not say.
func narrowed(scope string, requested string) (string, *oauthError) {
	if requested == "" {
		return scope, nil
	}
	if !validScope(requested) {
		return "", errWiderScope
	}
	for token := range strings.SplitSeq(requested, " ") {
		if !scopeContains(scope, token) {
			return "", errWiderScope
		}
	}
	return uniqueScope(requested), nil
}

// actor is the act claim, RFC 8693 §4.1: who acts, and for whom that one does.
type actor struct {
	Subject string `json:"sub"`
	Actor   *actor `json:"act"`
}

// appendActors appends the act claim with a comma before it, or nothing.
func appendActors(dst []byte, actors []*client) []byte {
	for _, a := range actors {
		dst = append(dst, `,"act":{"sub":`...)
		dst = append(dst, a.jsonID...)
	}
	return append(dst, slices.Repeat([]byte{'}'}, len(actors))...)
}
