package authserver

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver/faults"
)

// ttl is the lifetime of the next token of c.
func (s *Server) ttl(c *client) time.Duration {
	if ttl := s.faults.TTL(); ttl > 0 {
		s.faults.Count(faults.TTLChanged, faults.Token)
		return ttl
	}
	return c.ttl
}

// newNonces are the nonces that e demands in DPoP proofs: as often another one
// as the document of faults says, or the configuration.
func (s *Server) newNonces(e faults.Endpoint) *nonces {
	return newNonces(func() time.Duration {
		if period := s.faults.DPoPNonce(); period > 0 {
			return period
		}
		return s.cfg.DPoPNonce
	}, func() {
		if s.faults.DPoPNonce() > 0 {
			s.faults.Count(faults.NonceDemanded, e)
		}
	})
}

// clientOf names the client of a request, for rate limits: who it says it is,
// before that is verified, as a gateway would see it; "" unless registered.
func (s *Server) clientOf(e faults.Endpoint, r *http.Request, body []byte) string {
	f := newForm()
	defer f.release()
	if e == faults.API {
		token, _, err := presentedToken(r)
		if err != nil {
			return ""
		}
		g, ok := s.open(f, token)
		if !ok {
			return ""
		}
		return g.client.id
	}
	id := s.basicUser(r)
	if id == "" {
		if f.parse(string(body)) != nil {
			return ""
		}
		id = f.get("client_id")
		if id == "" && f.hasAssertion() {
			id = issuerOf(f.get("client_assertion"))
		}
	}
	if c := s.clients.find(id); c != nil {
		return c.id
	}
	return ""
}

// basicUser is the client of client_secret_basic, "" when there is none.
func (s *Server) basicUser(r *http.Request) string {
	value, _ := schemeValue(r.Header["Authorization"], "Basic")
	credentials, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return ""
	}
	id, _, _ := strings.Cut(string(credentials), ":")
	if s.cfg.BasicEncoding == BasicForm {
		id, err = url.QueryUnescape(id)
	}
	if err != nil {
		return ""
	}
	return id
}

// issuerOf is the iss that an assertion claims, "" when it has none.
func issuerOf(assertion string) string {
	_, rest, _ := strings.Cut(assertion, ".")
	payload, _, _ := strings.Cut(rest, ".")
	text, err := base64.RawURLEncoding.DecodeString(payload)
	var claims struct {
		Issuer string `json:"iss"`
	}
	if err != nil || json.Unmarshal(text, &claims) != nil {
		return ""
	}
	return claims.Issuer
}
