package authserver

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver/faults"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

const (
	// apiClientID is the client that the API introspects with. It may not get
	// tokens.
	apiClientID = "protected-api"
	// introspectionTimeout bounds one request of the API to the introspection
	// endpoint.
	introspectionTimeout = 10 * time.Second
	// introspectionConns are kept open to the introspection endpoint.
	introspectionConns = 256
)

// checkLocally opens the token with the keys of the authorization server.
func (s *Server) checkLocally(_ *http.Request, f *form, token string) (accessToken, *bearerError) {
	g, ok := s.open(f, token)
	if !ok {
		return accessToken{}, errTokenUnknown
	}
	if err := s.judge(&g, s.wall().Add(s.faults.APISkew()), faults.API); err != nil {
		return accessToken{}, err
	}
	audience := g.audience
	if len(audience) == 0 {
		audience = s.defaultAudiences
	}
	return accessToken{g.client.id, g.scope, audience, g.bound}, nil
}

// introspector asks the introspection endpoint about every token, with one HTTP
// request each, as an API does that cannot read the tokens itself (RFC 7662).
type introspector struct {
	secret   secret.Text
	client   *http.Client
	endpoint string // set before the API serves
}

func newIntrospector() *introspector {
	return &introspector{secret: secret.New(rand.Text()), client: &http.Client{
		Timeout:   introspectionTimeout,
		Transport: &http.Transport{MaxIdleConnsPerHost: introspectionConns, IdleConnTimeout: idleTimeout},
	}}
}

// trust makes the introspector accept the certificates of config.RootCAs.
func (i *introspector) trust(config *tls.Config) {
	i.client.Transport.(*http.Transport).TLSClientConfig = config //nolint:forcetypeassert // made by newIntrospector
}

func (i *introspector) close() { i.client.CloseIdleConnections() }

// introspection is the part of an introspection response that the API reads.
type introspection struct {
	Active   bool         `json:"active"`
	ClientID string       `json:"client_id"`
	Scope    string       `json:"scope"`
	Audience jwt.Audience `json:"aud"`

	Confirmation confirmation `json:"cnf"`
}

func (i *introspector) check(r *http.Request, _ *form, token string) (accessToken, *bearerError) {
	answer, err := i.ask(r.Context(), token)
	switch {
	case err != nil:
		return accessToken{}, errCheckFailed
	case !answer.Active:
		return accessToken{}, errTokenInactive
	}
	bound, ok := answer.Confirmation.binding()
	if !ok {
		return accessToken{}, errCheckFailed
	}
	return accessToken{answer.ClientID, answer.Scope, answer.Audience, bound}, nil
}

func (i *introspector) ask(ctx context.Context, token string) (answer introspection, err error) {
	body := url.Values{"token": {token}, "token_type_hint": {"access_token"}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, i.endpoint, strings.NewReader(body))
	if err != nil {
		return answer, err
	}
	req.Header.Set("Content-Type", formType)
	req.SetBasicAuth(apiClientID, i.secret.Reveal()) // needs no form-encoding: letters, digits and a hyphen
	resp, err := i.client.Do(req)
	if err != nil {
		return answer, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode != http.StatusOK {
		return answer, fmt.Errorf("introspection: HTTP %d", resp.StatusCode)
	}
	err = json.NewDecoder(io.LimitReader(resp.Body, 2*maxBody)).Decode(&answer)
	return answer, err
}
