package authserver

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

func TestIntrospection(t *testing.T) {
	t.Parallel()
	for name, cfg := range formats() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			cfg.Now, cfg.TTL, cfg.Issuer, cfg.APIAudience = clock.now, time.Minute, "https://login.example", "orders"
			cfg.Clients = []Client{demo, {ID: "resource-server", Secret: secret.New("x")}}
			s, h := offline(t, cfg)
			token := issue(t, h, "scope=orders.read")
			ask := func() answer {
				return post("/introspect", cfg.Clients[1], "token="+token, "token_type_hint=refresh_token").ask(t, h)
			}
			a := ask()
			require.Equal(t, http.StatusOK, a.status)
			require.Equal(t, []string{"no-store"}, a.header["Cache-Control"])
			jti := a.member(t, "jti")
			require.Len(t, jti, 24)
			require.JSONEq(t, `{"active":true, "token_type":"Bearer", "iss":"https://login.example", "sub":"demo",
				"client_id":"demo", "aud":"orders", "iat":1767323045, "exp":1767323106, "scope":"orders.read", "jti":"`+jti+`"}`, a.body)

			clock.move(time.Minute - 1)
			require.Contains(t, ask().body, `"active":true`, "1 ns before the end")
			if s.cfg.TokenFormat == JWT {
				clock.move(time.Second / 2) // exp is rounded up
			}
			clock.move(1)
			require.JSONEq(t, `{"active":false}`, ask().body, "at the end")
			require.Equal(t, int64(3), s.Stats().IntrospectionRequests)
		})
	}
}

func TestIntrospectionErrors(t *testing.T) {
	t.Parallel()
	_, h := offline(t, Config{})
	token := issue(t, h)
	for _, tt := range []struct {
		name   string
		q      request
		status int
		code   string
	}{
		{"no authentication", post("/introspect", Client{}, "token="+token), 401, "invalid_client"},
		{"wrong secret", post("/introspect", Client{ID: "demo", Secret: secret.New("x")}, "token="+token), 401, "invalid_client"},
		{"no token", post("/introspect", demo), 400, "invalid_request"},
		{"GET", get("/introspect?token="+token, ""), 405, "invalid_request"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := tt.q.ask(t, h)
			require.Equal(t, tt.status, a.status)
			require.Equal(t, tt.code, a.member(t, "error"))
			require.NotContains(t, a.body, token)
		})
	}
	require.JSONEq(t, `{"active":false}`, post("/introspect", demo, "token=unknown").ask(t, h).body)
}
