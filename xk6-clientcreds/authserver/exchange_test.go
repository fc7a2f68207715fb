package authserver

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// The clients of these tests: one that has tokens, one that exchanges them, and one that acts.
var (
	owner   = Client{ID: "owner", Secret: secret.New("owners-secret"), Scope: "orders.read orders.write"}
	gateway = Client{
		ID: "gateway", Secret: secret.New("gateways-secret"), Scope: "gateway",
		GrantTypes: []string{grantClientCredentials, grantTokenExchange},
	}
	robot = Client{
		ID: "robot", Secret: secret.New("robots-secret"), Scope: "robots",
		GrantTypes: []string{grantClientCredentials, grantTokenExchange},
	}
)

// exchangeServer is a server with a clock that a test can move.
type exchangeServer struct {
	server  *Server
	handler http.Handler
	now     time.Time
}

func newExchangeServer(t testing.TB, format TokenFormat) *exchangeServer {
	t.Helper()
	x := &exchangeServer{now: time.Now().Truncate(time.Second)}
	x.server, x.handler = offline(t, Config{
		Clients: []Client{owner, gateway, robot}, TokenFormat: format, Now: func() time.Time { return x.now },
	})
	return x
}

func (x *exchangeServer) tokenOf(t testing.TB, c Client, parameters ...string) string {
	t.Helper()
	a := post("/token", c, append(parameters, "grant_type=client_credentials")...).ask(t, x.handler)
	require.Equal(t, http.StatusOK, a.status, a.body)
	return a.member(t, "access_token")
}

// exchange asks for a token in return for subject.
func (x *exchangeServer) exchange(t testing.TB, c Client, subject string, parameters ...string) answer {
	t.Helper()
	return post("/token", c, append(parameters, "grant_type="+url.QueryEscape(grantTokenExchange),
		"subject_token="+subject, "subject_token_type="+typeAccessToken)...).ask(t, x.handler)
}

// claims introspects a token.
func (x *exchangeServer) claims(t testing.TB, token string) map[string]any {
	t.Helper()
	a := post("/introspect", gateway, "token="+token).ask(t, x.handler)
	require.Equal(t, http.StatusOK, a.status)
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.body), &m))
	return m
}

// exchangeServers are a server for each format of tokens.
func exchangeServers(t *testing.T) map[string]*exchangeServer {
	t.Helper()
	return map[string]*exchangeServer{"opaque": newExchangeServer(t, Opaque), "JWT": newExchangeServer(t, JWT)}
}

func TestExchangeNarrows(t *testing.T) {
	t.Parallel()
	for format, x := range exchangeServers(t) {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			subject := x.tokenOf(t, owner, "audience=a", "audience=b")
			same := x.exchange(t, gateway, subject)
			require.Equal(t, http.StatusOK, same.status, same.body)
			var response map[string]any
			require.NoError(t, json.Unmarshal([]byte(same.body), &response))
			token, _ := response["access_token"].(string)
			delete(response, "access_token")
			assert.Equal(t, map[string]any{
				"token_type": "Bearer", "expires_in": 300.0, "scope": "orders.read orders.write",
				"issued_token_type": typeAccessToken,
			}, response)
			claims := x.claims(t, token)
			assert.Equal(t, true, claims["active"])
			assert.Equal(t, []any{"a", "b"}, claims["aud"], "the audience of the subject token")
			assert.Equal(t, "owner", claims["sub"])
			assert.Equal(t, "gateway", claims["client_id"])
			assert.NotContains(t, claims, "act")
			assert.NotEqual(t, x.claims(t, subject)["jti"], claims["jti"])

			less := x.exchange(t, gateway, subject, "audience=c", "resource=https%3A%2F%2Fapi%2F", "scope=orders.read")
			require.Equal(t, http.StatusOK, less.status, less.body)
			claims = x.claims(t, less.member(t, "access_token"))
			assert.Equal(t, []any{"c", "https://api/"}, claims["aud"])
			assert.Equal(t, "orders.read", claims["scope"])
			assert.Equal(t, "orders.read", less.member(t, "scope"))

			again := x.exchange(t, gateway, less.member(t, "access_token"), "scope=orders.write")
			assert.Equal(t, "invalid_scope", again.member(t, "error"), "what was given up does not come back")

			own := x.exchange(t, gateway, x.tokenOf(t, gateway))
			require.Equal(t, http.StatusOK, own.status, own.body)
			assert.Equal(t, "gateway", x.claims(t, own.member(t, "access_token"))["sub"])
		})
	}
}

// The subject stays whom the token is about, and the actors are told, the latest first (RFC 8693 §4.1).
func TestExchangeDelegates(t *testing.T) {
	t.Parallel()
	for format, x := range exchangeServers(t) {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			subject := x.tokenOf(t, owner)
			actingAs := func(c Client, subject string) string {
				t.Helper()
				a := x.exchange(t, c, subject, "actor_token="+x.tokenOf(t, c), "actor_token_type="+typeAccessToken)
				require.Equal(t, http.StatusOK, a.status, a.body)
				return a.member(t, "access_token")
			}
			first := actingAs(gateway, subject)
			claims := x.claims(t, first)
			assert.Equal(t, "owner", claims["sub"])
			assert.Equal(t, "gateway", claims["client_id"])
			assert.Equal(t, map[string]any{"sub": "gateway"}, claims["act"])

			second := actingAs(robot, first)
			claims = x.claims(t, second)
			assert.Equal(t, "owner", claims["sub"])
			assert.Equal(t, map[string]any{"sub": "robot", "act": map[string]any{"sub": "gateway"}}, claims["act"])
			kept := x.exchange(t, gateway, second)
			assert.Equal(t, claims["act"], x.claims(t, kept.member(t, "access_token"))["act"], "the chain is kept")

			for range maxActors - 2 {
				second = actingAs(robot, second)
			}
			a := x.exchange(t, robot, second, "actor_token="+x.tokenOf(t, robot), "actor_token_type="+typeAccessToken)
			assert.Equal(t, "the subject token has too many actors already", a.member(t, "error_description"))
		})
	}
}

// A token does not outlive those that it was made of.
func TestExchangedTokensEndWithTheirSubject(t *testing.T) {
	t.Parallel()
	for format, x := range exchangeServers(t) {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			subject := x.tokenOf(t, owner)
			x.now = x.now.Add(200*time.Second + 300*time.Millisecond)
			young := x.tokenOf(t, gateway)
			a := x.exchange(t, gateway, young, "actor_token="+subject, "actor_token_type="+typeAccessToken)
			assert.Contains(t, a.body, `"expires_in":99,`, "an actor's too")
			a = x.exchange(t, gateway, subject)
			assert.Contains(t, a.body, `"expires_in":99,`)
			exchanged := a.member(t, "access_token")
			x.now = x.now.Add(98 * time.Second)
			assert.Equal(t, true, x.claims(t, exchanged)["active"])
			x.now = x.now.Add(2 * time.Second)
			assert.Equal(t, false, x.claims(t, exchanged)["active"])
		})
	}
}

func TestExchangeRefusals(t *testing.T) {
	t.Parallel()
	for format, x := range exchangeServers(t) {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			old := x.tokenOf(t, owner)
			x.now = x.now.Add(299*time.Second + time.Millisecond)
			subject, revoked := x.tokenOf(t, owner), x.tokenOf(t, owner)
			require.Equal(t, http.StatusOK, post("/revoke", owner, "token="+revoked).ask(t, x.handler).status)
			other, otherHandler := offline(t, Config{
				Clients:     []Client{owner, gateway, robot},
				TokenFormat: x.server.cfg.TokenFormat, Now: x.server.cfg.Now,
			})
			require.NotSame(t, x.server, other)
			foreign := post("/token", owner, "grant_type=client_credentials").ask(t, otherHandler).member(t, "access_token")

			const kind = "subject_token_type=" + typeAccessToken
			const actorKind = "actor_token_type=" + typeAccessToken
			for name, c := range map[string]struct {
				client      Client
				parameters  []string
				code        string
				description string
			}{
				"a client that may not": {
					owner,
					[]string{"subject_token=" + subject, kind},
					"unauthorized_client",
					"the client may not use this grant",
				},
				"no subject": {gateway, []string{kind}, "invalid_request", "subject_token is missing"},
				"no type": {
					gateway,
					[]string{"subject_token=" + subject},
					"invalid_request",
					"subject_token_type is missing",
				},
				"a type that nobody knows": {
					gateway,
					[]string{"subject_token=" + subject, "subject_token_type=urn:ietf:params:oauth:token-type:saml2"},
					"invalid_request", "subject_token_type is not supported",
				},
				"no token": {
					gateway,
					[]string{"subject_token=nonsense", kind},
					"invalid_request",
					"the subject token is malformed or not from this authorization server",
				},
				"foreign": {
					gateway,
					[]string{"subject_token=" + foreign, kind},
					"invalid_request",
					"the subject token is malformed or not from this authorization server",
				},
				"expired": {gateway, []string{"subject_token=" + old, kind}, "invalid_request", "the subject token expired"},
				"revoked": {
					gateway,
					[]string{"subject_token=" + revoked, kind},
					"invalid_request",
					"the subject token was revoked",
				},
				"actor's type": {
					gateway,
					[]string{"subject_token=" + subject, kind, actorKind},
					"invalid_request",
					"actor_token_type is included without actor_token",
				},
				"no type of the actor": {
					gateway,
					[]string{"subject_token=" + subject, kind, "actor_token=" + subject},
					"invalid_request", "actor_token_type is missing",
				},
				"no actor": {
					gateway,
					[]string{"subject_token=" + subject, kind, "actor_token=nobody", actorKind},
					"invalid_request", "the actor token is malformed or not from this authorization server",
				},
				"an expired actor": {
					gateway,
					[]string{"subject_token=" + subject, kind, "actor_token=" + old, actorKind},
					"invalid_request", "the actor token expired",
				},
				"a revoked actor": {
					gateway,
					[]string{"subject_token=" + subject, kind, "actor_token=" + revoked, actorKind},
					"invalid_request", "the actor token was revoked",
				},
				"a refresh token": {
					gateway,
					[]string{"subject_token=" + subject, kind, "requested_token_type=urn:ietf:params:oauth:token-type:refresh_token"},
					"invalid_request", "requested_token_type is not supported",
				},
				"more scope": {
					gateway,
					[]string{"subject_token=" + subject, kind, "scope=orders.read+gateway"},
					"invalid_scope", "the scope is malformed or exceeds the scope of the subject token",
				},
				"a malformed scope": {
					gateway,
					[]string{"subject_token=" + subject, kind, "scope=++"},
					"invalid_scope", "the scope is malformed or exceeds the scope of the subject token",
				},
				"no resource": {
					gateway,
					[]string{"subject_token=" + subject, kind, "resource=orders"},
					"invalid_target",
					"resource must be an absolute URI without a fragment",
				},
				"two of them": {
					gateway,
					[]string{"subject_token=" + subject, "subject_token=" + subject, kind},
					"invalid_request", "a parameter is included more than once",
				},
				"a wrong audience": {
					gateway,
					[]string{"subject_token=" + subject, kind, "audience=%C3%A4"},
					"invalid_target",
					"audience must be printable ASCII",
				},
				"not authenticated": {
					Client{ID: "gateway", Secret: secret.New("x")},
					[]string{"subject_token=" + subject, kind},
					"invalid_client", "client authentication failed",
				},
			} {
				a := post("/token", c.client, append(c.parameters, "grant_type="+url.QueryEscape(grantTokenExchange))...).ask(t,
					x.handler)
				assert.Equal(t, c.code, a.member(t, "error"), name)
				assert.Equal(t, c.description, a.member(t, "error_description"), name)
			}
		})
	}
}

// JWT is a type of token where the server's tokens are JWTs.
func TestExchangeOfJWTs(t *testing.T) {
	t.Parallel()
	const asJWT = "requested_token_type=" + typeJWT
	x := newExchangeServer(t, JWT)
	subject := x.tokenOf(t, owner)
	a := x.exchange(t, gateway, subject, asJWT)
	assert.Equal(t, typeJWT, a.member(t, "issued_token_type"))
	assert.Len(t, strings.Split(a.member(t, "access_token"), "."), 3)
	q := post("/token", gateway, "grant_type="+url.QueryEscape(grantTokenExchange), "subject_token="+subject,
		"subject_token_type="+typeJWT)
	assert.Equal(t, http.StatusOK, q.ask(t, x.handler).status)

	opaque := newExchangeServer(t, Opaque)
	subject = opaque.tokenOf(t, owner)
	a = opaque.exchange(t, gateway, subject, asJWT)
	assert.Equal(t, "requested_token_type is not supported", a.member(t, "error_description"))
	q = post("/token", gateway, "grant_type="+url.QueryEscape(grantTokenExchange), "subject_token="+subject,
		"subject_token_type="+typeJWT)
	assert.Equal(t, "subject_token_type is not supported", q.ask(t, opaque.handler).member(t, "error_description"))
}

// A client may be allowed the exchange alone.
func TestExchangeAlone(t *testing.T) {
	t.Parallel()
	alone := Client{ID: "alone", Secret: secret.New("its-secret"), GrantTypes: []string{grantTokenExchange}}
	_, h := offline(t, Config{Clients: []Client{owner, alone}})
	token := post("/token", owner, "grant_type=client_credentials").ask(t, h).member(t, "access_token")
	a := post("/token", alone, "grant_type=client_credentials").ask(t, h)
	assert.Equal(t, "unauthorized_client", a.member(t, "error"))
	a = post("/token", alone, "grant_type="+url.QueryEscape(grantTokenExchange), "subject_token="+token,
		"subject_token_type="+typeAccessToken).ask(t, h)
	assert.Equal(t, http.StatusOK, a.status, a.body)
}
