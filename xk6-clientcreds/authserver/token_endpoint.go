package authserver

import (
	"net/http"
	"strconv"
)

// serveToken is the token endpoint, RFC 6749 §3.2.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	f := newForm()
	defer f.release()
	c, err := s.grantToken(r, f)
	if len(r.Header[headerProof]) > 0 {
		s.proofs.granting.handOut(w.Header(), s.cfg.Now())
	}
	if err != nil {
		s.stats.countToken(c, err.result)
		s.profile.refusal(c, err).write(w)
		return
	}
	s.stats.countToken(c, resultIssued)
	writeJSON(w, http.StatusOK, f.out)
}

// grantToken answers a request with the response of RFC 6749 §5.1 in f.out. The
// client that the request names is returned also with an error.
func (s *Server) grantToken(r *http.Request, f *form) (*client, *oauthError) {
	if err := f.read(r); err != nil {
		return nil, err
	}
	c, err := s.authenticate(r, f)
	if err != nil {
		return c, err
	}
	grantType := f.get("grant_type")
	grantNamed := s.clientCredentials
	switch grantType {
	case "":
		return c, errNoGrantType
	case grantClientCredentials:
	case grantTokenExchange:
		grantNamed = s.exchange
	default:
		return c, errUnsupportedGrant
	}
	if !c.mayUse(grantType) {
		return c, errForbiddenGrant
	}
	g, err := grantNamed(c, f)
	if err != nil {
		return c, err
	}
	if g.bound, err = s.bindToKey(r, c); err != nil {
		return c, err
	}
	if g.bound.kind == unbound && c.certificateMethod() != "" {
		g.bound = bindToCertificate(r)
	}
	return c, s.appendTokenResponse(f, g)
}

// clientCredentials is the grant of RFC 6749 §4.4.2, in f.
func (s *Server) clientCredentials(c *client, f *form) (*tokenClaims, *oauthError) {
	if err := s.profile.check(f); err != nil {
		return nil, err
	}
	scope, err := c.grantScope(f.get("scope"))
	if err != nil {
		return nil, err
	}
	audience, err := f.targets()
	if err != nil {
		return nil, err
	}
	details, err := c.grantDetails(f.get("authorization_details"))
	if err != nil {
		return nil, err
	}
	now := s.cfg.Now()
	f.granted = tokenClaims{
		id: s.ids.next(), client: c, scope: scope, audience: audience, details: details,
		issued: now, expires: now.Add(s.ttl(c)),
	}
	return &f.granted, nil
}

// appendTokenResponse appends the response of RFC 6749 §5.1, with the members
// that RFC 9396 §7 and RFC 8693 §2.2.1 add.
func (s *Server) appendTokenResponse(f *form, g *tokenClaims) *oauthError {
	f.out = append(f.out[:0], `{"access_token":"`...)
	if err := s.format.issue(f, g); err != nil {
		return errIssue
	}
	f.out = append(f.out, `","token_type":"`...)
	f.out = append(f.out, g.bound.tokenType()...)
	f.out = append(f.out, `","expires_in":`...)
	seconds := int64(g.expires.Sub(g.issued).Seconds())
	f.out = appendInt(f.out, seconds)
	f.out = s.profile.appendMembers(f.out, seconds)
	if g.scope != "" && (s.profile == nil || !s.profile.noScope) {
		f.out = append(f.out, `,"scope":`...)
		f.out = appendJSONString(f.out, g.scope)
	}
	f.out = appendDetails(f.out, g.details)
	if g.issuedType != "" {
		f.out = append(f.out, `,"issued_token_type":`...)
		f.out = appendJSONString(f.out, g.issuedType)
	}
	f.out = append(f.out, '}')
	return nil
}

func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }
