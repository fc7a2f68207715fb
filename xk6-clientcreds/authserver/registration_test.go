package authserver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

const initialToken = "initial-0123456789"

// registering is a server at which clients can register.
type registering struct {
	*Server

	handler http.Handler
}

func newRegistering(t *testing.T, change func(*Config)) registering {
	t.Helper()
	cfg := Config{Registration: RegistrationToken, InitialAccessToken: secret.New(initialToken)}
	if change != nil {
		change(&cfg)
	}
	s, h := offline(t, cfg)
	return registering{s, h}
}

// ask sends a request to the registration endpoint or a client's configuration endpoint.
func (s registering) ask(t *testing.T, method, target, token, body string) answer {
	t.Helper()
	header := http.Header{"Content-Type": {"application/json"}}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	u, err := url.Parse(target)
	require.NoError(t, err)
	return request{method: method, url: u.Path, body: body, header: header}.ask(t, s.handler)
}

func (s registering) register(t *testing.T, body string) answer {
	t.Helper()
	return s.ask(t, http.MethodPost, s.endpoints.Registration, initialToken, body)
}

// token asks for a token by client_secret_post.
func (s registering) token(t *testing.T, id, password string) answer {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {password}}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	return request{method: http.MethodPost, url: "/token", body: form.Encode(), header: header}.ask(t, s.handler)
}

func TestRegisteredClientGetsTokensUntilItIsDeleted(t *testing.T) {
	t.Parallel()
	for _, format := range []TokenFormat{Opaque, JWT} {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			s := newRegistering(t, func(cfg *Config) { cfg.TokenFormat = format })
			registered := s.register(t, `{"client_name": "orders", "scope": "orders.read",
				"token_endpoint_auth_method": "client_secret_post"}`)
			require.Equal(t, http.StatusCreated, registered.status, registered.body)
			require.Equal(t, "no-store", registered.header.Get("Cache-Control"))
			id, secret := registered.member(t, "client_id"), registered.member(t, "client_secret")
			manager, uri := registered.member(t, "registration_access_token"), registered.member(t, "registration_client_uri")
			require.Contains(t, registered.body, `"client_secret_expires_at":0`)
			require.Contains(t, registered.body, `"grant_types":["client_credentials"]`)
			require.NotContains(t, fmt.Sprintf("%+v", s.clients.registered.lookUp(id).client), manager)

			granted := s.token(t, id, secret)
			require.Equal(t, http.StatusOK, granted.status, granted.body)
			api := func() answer {
				header := http.Header{"Authorization": {"Bearer " + granted.member(t, "access_token")}}
				return request{method: http.MethodGet, url: apiPath, header: header}.ask(t, s.handler)
			}
			require.Equal(t, http.StatusOK, api().status)
			require.Equal(t, int64(1), s.Stats().TokenRequests.ByClient[id])

			read := s.ask(t, http.MethodGet, uri, manager, "")
			require.Equal(t, http.StatusOK, read.status)
			require.JSONEq(t, registered.body, read.body)

			require.Equal(t, http.StatusNoContent, s.ask(t, http.MethodDelete, uri, manager, "").status)
			require.Equal(t, http.StatusUnauthorized, s.token(t, id, secret).status)
			require.Equal(t, http.StatusUnauthorized, api().status, "its tokens are gone with it")
			require.Equal(t, http.StatusUnauthorized, s.ask(t, http.MethodGet, uri, manager, "").status)
			require.Equal(t, int64(4), s.Stats().RegistrationRequests)
			require.NotContains(t, s.Stats().TokenRequests.ByClient, id)
			require.Zero(t, s.clients.registered.bytes)
		})
	}
}

// The index of a deleted client is not used again, because tokens have it.
func TestTokenOfADeletedClientIsNotTheNextOnes(t *testing.T) {
	t.Parallel()
	s := newRegistering(t, nil)
	first := s.register(t, `{"token_endpoint_auth_method": "client_secret_post"}`)
	token := s.token(t, first.member(t, "client_id"), first.member(t, "client_secret")).member(t, "access_token")
	s.ask(t, http.MethodDelete, first.member(t, "registration_client_uri"), first.member(t, "registration_access_token"), "")
	require.Equal(t, http.StatusCreated, s.register(t, `{}`).status)
	header := http.Header{"Authorization": {"Bearer " + token}}
	used := request{method: http.MethodGet, url: apiPath, header: header}.ask(t, s.handler)
	require.Equal(t, http.StatusUnauthorized, used.status)
}

func TestOnlyWhoHasTheTokensRegistersAndManages(t *testing.T) {
	t.Parallel()
	s := newRegistering(t, nil)
	for _, token := range []string{"", "wrong", initialToken + "x"} {
		refused := s.ask(t, http.MethodPost, s.endpoints.Registration, token, `{}`)
		require.Equal(t, http.StatusUnauthorized, refused.status)
		require.Contains(t, refused.header.Get("WWW-Authenticate"), "invalid_token")
	}
	a, b := s.register(t, `{}`), s.register(t, `{}`)
	for _, token := range []string{"", initialToken, b.member(t, "registration_access_token")} {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
			refused := s.ask(t, method, a.member(t, "registration_client_uri"), token, `{}`)
			require.Equal(t, http.StatusUnauthorized, refused.status)
			require.NotContains(t, refused.body, a.member(t, "client_secret"))
		}
	}
	open := newRegistering(t, func(cfg *Config) { cfg.Registration = RegistrationOpen })
	require.Equal(t, http.StatusCreated, open.ask(t, http.MethodPost, open.endpoints.Registration, "", `{}`).status)
	off := newRegistering(t, func(cfg *Config) { cfg.Registration = RegistrationOff })
	require.Equal(t, http.StatusNotFound, off.ask(t, http.MethodPost, "/register", initialToken, `{}`).status)
	_, err := New(Config{Clients: []Client{demo}, Registration: RegistrationToken})
	require.ErrorContains(t, err, "InitialAccessToken: is empty")
}

func TestRegistrationIsPublished(t *testing.T) {
	t.Parallel()
	s := newRegistering(t, nil)
	published := request{method: http.MethodGet, url: "/.well-known/oauth-authorization-server"}.ask(t, s.handler)
	require.Equal(t, s.endpoints.Registration, published.member(t, "registration_endpoint"))
}

func TestChangedClientKeepsItsSecret(t *testing.T) {
	t.Parallel()
	s := newRegistering(t, nil)
	a := s.register(t, `{"token_endpoint_auth_method": "client_secret_basic"}`)
	uri, manager := a.member(t, "registration_client_uri"), a.member(t, "registration_access_token")
	changed := s.ask(t, http.MethodPut, uri, manager, `{"token_endpoint_auth_method": "client_secret_post", "scope": "orders.read"}`)
	require.Equal(t, http.StatusOK, changed.status, changed.body)
	require.Equal(t, a.member(t, "client_secret"), changed.member(t, "client_secret"))
	granted := s.token(t, a.member(t, "client_id"), a.member(t, "client_secret"))
	require.Equal(t, http.StatusOK, granted.status)
	require.Equal(t, http.StatusBadRequest, s.ask(t, http.MethodPut, uri, manager, `{"scope": "admin"}`).status)
}

func TestMetadataThatCannotBeRegistered(t *testing.T) {
	t.Parallel()
	s := newRegistering(t, nil)
	for _, c := range []struct{ body, problem string }{
		{`[]`, "the body must be a JSON object"},
		{`{"scope": 5}`, "has the wrong type"},
		{`{"scope": "admin"}`, "must be among the scopes_supported"},
		{`{"response_types": ["code"]}`, "response_types must be empty"},
		{`{"grant_types": ["password"]}`, "grant type"},
		{`{"jwks_uri": "https://a.test"}`, "jwks_uri is not supported"},
		{`{"token_endpoint_auth_method": "none"}`, "must be one of client_secret_basic"},
		{`{"token_endpoint_auth_method": "private_key_jwt"}`, "needs jwks"},
		{`{"token_endpoint_auth_method": "self_signed_tls_client_auth"}`, "must be one of client_secret_basic"},
		{`{"client_name": "` + strings.Repeat("x", maxRegistration) + `"}`, "has more than"},
	} {
		refused := s.register(t, c.body)
		require.Equal(t, http.StatusBadRequest, refused.status, c.body)
		require.Equal(t, "invalid_client_metadata", refused.member(t, "error"))
		require.Contains(t, refused.member(t, "error_description"), c.problem)
	}
	require.Equal(t, http.StatusMethodNotAllowed, s.ask(t, http.MethodGet, s.endpoints.Registration, initialToken, "").status)
}

func TestRegisteredKey(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Use: "sig"}}})
	require.NoError(t, err)
	s := newRegistering(t, nil)
	a := s.register(t, `{"token_endpoint_auth_method": "private_key_jwt", "jwks": `+string(set)+`}`)
	require.Equal(t, http.StatusCreated, a.status, a.body)
	require.NotContains(t, a.body, "client_secret")
	require.Len(t, s.clients.find(a.member(t, "client_id")).credentials.Load().keys, 1)
}

func TestRegisteredClientsAreBounded(t *testing.T) {
	t.Parallel()
	s := newRegistering(t, nil)
	first := s.register(t, `{}`)
	s.clients.registered.bytes = maxRegisteredBytes - 1
	refused := s.register(t, `{}`)
	require.Equal(t, http.StatusForbidden, refused.status)
	require.Contains(t, refused.body, "as many registered clients as it can")
	s.ask(t, http.MethodDelete, first.member(t, "registration_client_uri"), first.member(t, "registration_access_token"), "")
	require.Equal(t, http.StatusCreated, s.register(t, `{}`).status)
}
