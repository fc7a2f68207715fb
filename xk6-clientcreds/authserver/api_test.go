package authserver

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

func TestAPIAnswers(t *testing.T) {
	t.Parallel()
	for _, check := range []APICheck{CheckLocal, CheckIntrospection} {
		t.Run(string(check), func(t *testing.T) {
			t.Parallel()
			testAPIAnswers(t, check)
		})
	}
}

func testAPIAnswers(t *testing.T, check APICheck) {
	t.Helper()
	clock := newClock()
	s := start(t, Config{
		APICheck: check, APIScope: "orders.read", APIAudience: "orders", Now: clock.now, TTL: time.Minute,
		Clients: []Client{demo, {ID: "short", Secret: secret.New("x"), TTL: time.Second, Scope: "orders.read"}},
	})
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	token := func(c Client, parameters ...string) string {
		return post(s.Endpoints().Token, c, append(parameters, clientCredentials)...).send(t, client).member(t,
			"access_token")
	}
	good := token(demo, "scope=orders.read", "audience=orders", "audience=else")
	expired := token(s.cfg.Clients[1])
	clock.move(time.Second)
	orders := s.Endpoints().API + "orders"
	invalid := func(reason string) string {
		if check == CheckIntrospection && reason != "the access token is for another audience" {
			reason = "the access token is not active" // the endpoint says no more
		}
		return `Bearer realm="clientcreds", error="invalid_token", error_description="` + reason + `"`
	}
	for _, tt := range []struct {
		name      string
		q         request
		status    int
		challenge string
	}{
		{"valid token", get(orders, good), 200, ""},
		{"default audience", get(orders, token(demo)), 200, ""},
		{"scheme in lower case", get(orders, "").with("Authorization", "bearer "+good), 200, ""},
		{"the folder itself", get(s.Endpoints().API, good), 200, ""},
		{"another method", request{http.MethodPost, orders, "x", http.Header{"Authorization": {"Bearer " + good}}}, 200, ""},
		{"no token", get(orders, ""), 401, `Bearer realm="clientcreds"`},
		{"another scheme", get(orders, "").with("Authorization", basic("a", "b")), 401, `Bearer realm="clientcreds"`},
		{"token in the URI", get(orders+"?access_token="+good, ""), 401, `Bearer realm="clientcreds"`},
		{
			"malformed token", get(orders, "abc"), 401,
			invalid("the access token is malformed or not from this authorization server"),
		},
		{"expired token", get(orders, expired), 401, invalid("the access token expired")},
		{
			"other audience", get(orders, token(demo, "audience=else")), 401,
			invalid("the access token is for another audience"),
		},
		{
			"other scope", get(orders, token(demo, "scope=orders.write")), 403,
			`Bearer realm="clientcreds", error="insufficient_scope", ` +
				`error_description="the access token does not have the scope that is needed", scope="orders.read"`,
		},
		{
			"two headers", get(orders, "").with("Authorization", "Bearer "+good, "Bearer "+good), 400,
			`Bearer realm="clientcreds", error="invalid_request", error_description="the request has more than one Authorization header"`,
		},
		{"outside of the API", get(s.Endpoints().API[:len(s.Endpoints().API)-1]+"x", good), 404, ""},
	} {
		a := tt.q.send(t, client)
		require.Equal(t, tt.status, a.status, "%s: %s", tt.name, a.body)
		require.Equal(t, tt.challenge, a.header.Get("Www-Authenticate"), tt.name)
		if tt.status == http.StatusOK {
			require.Equal(t, "demo", a.member(t, "client_id"), tt.name)
		}
	}
	require.Equal(t, map[string]int64{
		"ok": 5, "no_token": 3, "invalid_token": 3, "insufficient_scope": 1, "invalid_request": 1,
	}, s.Stats().APIRequests.ByResult)
	asked := int64(0)
	if check == CheckIntrospection {
		asked = 9 // each request with a token
	}
	require.Equal(t, asked, s.Stats().IntrospectionRequests)
}

// TestAPIWithoutAuthorizationServer holds that a token that cannot be checked
// is refused, and that the refusal does not blame the token.
func TestAPIWithoutAuthorizationServer(t *testing.T) {
	t.Parallel()
	s := start(t, Config{APICheck: CheckIntrospection, APIAddr: "127.0.0.1:0"})
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	token := post(s.Endpoints().Token, demo, clientCredentials).send(t, client).member(t, "access_token")
	require.Equal(t, http.StatusOK, get(s.Endpoints().API, token).send(t, client).status)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, s.servers[0].Shutdown(ctx))
	a := get(s.Endpoints().API, token).send(t, client)
	require.Equal(t, http.StatusServiceUnavailable, a.status)
	require.Equal(t, []string{"1"}, a.header["Retry-After"])
	require.NotContains(t, a.header, "Www-Authenticate")
	require.Equal(t, map[string]int64{"ok": 1, "temporarily_unavailable": 1}, s.Stats().APIRequests.ByResult)
}

// TestAPIClientGetsNoToken holds that the credentials of the API are good for
// introspection only.
func TestAPIClientGetsNoToken(t *testing.T) {
	t.Parallel()
	s, h := offline(t, Config{APICheck: CheckIntrospection})
	api := Client{ID: apiClientID, Secret: s.introspector.secret}
	require.Equal(t, "unauthorized_client", post("/token", api, clientCredentials).ask(t, h).member(t, "error"))
	require.Equal(t, http.StatusOK, post("/introspect", api, "token=x").ask(t, h).status)
	require.Equal(t, map[string]int64{"demo": 0}, s.Stats().TokenRequests.ByClient)
}

// TestTokenAtBoundary holds that a token is good until its last nanosecond, and
// not at its expiry.
func TestTokenAtBoundary(t *testing.T) {
	t.Parallel()
	clock := newClock()
	_, h := offline(t, Config{TTL: time.Second, Now: clock.now})
	token := issue(t, h)
	clock.move(time.Second - 1)
	require.Equal(t, http.StatusOK, get("/api/", token).ask(t, h).status)
	clock.move(1)
	require.Equal(t, http.StatusUnauthorized, get("/api/", token).ask(t, h).status)
}
