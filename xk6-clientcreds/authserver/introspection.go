package authserver

import (
	"net/http"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver/faults"
)

// inactive is the whole answer about a token that is not active, RFC 7662 §2.2.
const inactive = `{"active":false}`

// serveIntrospection is the introspection endpoint, RFC 7662 §2. Every
// registered client may ask about every token: clients stand for resource
// servers here.
func (s *Server) serveIntrospection(w http.ResponseWriter, r *http.Request) {
	f := newForm()
	defer f.release()
	if err := s.introspect(r, f); err != nil {
		err.write(w)
		return
	}
	writeJSON(w, http.StatusOK, f.out)
}

func (s *Server) introspect(r *http.Request, f *form) *oauthError {
	_, token, err := s.readTokenRequest(r, f)
	if err != nil {
		return err
	}
	g, ok := s.open(f, token)
	if !ok || s.judge(&g, s.cfg.Now(), faults.Introspection) != nil {
		f.out = append(f.out[:0], inactive...)
		return nil
	}
	f.out = append(append(append(f.out[:0], `{"active":true,"token_type":"`...), g.bound.tokenType()...), `",`...)
	f.out = append(s.appendClaims(f.out, &g), '}')
	return nil
}

// readTokenRequest reads a request of an authenticated client about a token,
// as introspection and revocation have it. token_type_hint is not needed: a
// token shows its type.
func (s *Server) readTokenRequest(r *http.Request, f *form) (*client, string, *oauthError) {
	if err := f.read(r); err != nil {
		return nil, "", err
	}
	c, err := s.authenticate(r, f)
	if err != nil {
		return c, "", err
	}
	token := f.get("token")
	if token == "" {
		return c, "", errNoToken
	}
	return c, token, nil
}

// judge returns why a token that this server made is not valid at now, nil when
// it is. e is the endpoint that asks.
func (s *Server) judge(g *tokenClaims, now time.Time, e faults.Endpoint) *bearerError {
	switch {
	case !now.Before(g.expires):
		return errTokenExpired
	case s.revoked.has(g.id):
		return errTokenRevoked
	case s.bulkRevocations.cover(g):
		s.faults.Count(faults.TokenRevoked, e)
		return errTokenRevoked
	}
	return nil
}
