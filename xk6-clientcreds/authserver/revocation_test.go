package authserver

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

func TestRevocation(t *testing.T) {
	t.Parallel()
	for name, cfg := range formats() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := Client{ID: "other", Secret: secret.New("x")}
			cfg.Clients = []Client{demo, other}
			s, h := offline(t, cfg)
			token, kept := issue(t, h), issue(t, h)

			refused := post("/revoke", other, "token="+token).ask(t, h)
			require.Equal(t, http.StatusBadRequest, refused.status)
			require.Equal(t, "unauthorized_client", refused.member(t, "error"))
			require.Equal(t, http.StatusOK, get("/api/", token).ask(t, h).status)

			for range 2 { // a second time is not an error: RFC 7009 §2.2
				require.Equal(t, http.StatusOK, post("/revoke", demo, "token="+token).ask(t, h).status)
			}
			a := get("/api/", token).ask(t, h)
			require.Equal(t, http.StatusUnauthorized, a.status)
			require.Contains(t, a.header.Get("Www-Authenticate"), "the access token was revoked")
			require.JSONEq(t, `{"active":false}`, post("/introspect", demo, "token="+token).ask(t, h).body)
			require.Equal(t, http.StatusOK, get("/api/", kept).ask(t, h).status)

			require.Equal(t, http.StatusOK, post("/revoke", demo, "token=unknown").ask(t, h).status)
			require.Equal(t, http.StatusBadRequest, post("/revoke", demo).ask(t, h).status)
			require.Equal(t, http.StatusUnauthorized, post("/revoke", Client{}, "token="+kept).ask(t, h).status)
			require.Equal(t, int64(6), s.Stats().RevocationRequests)
		})
	}
}

// TestRevocationsAreBounded holds that only tokens that still matter are
// remembered, and that revoking one too many is an error that can be retried.
func TestRevocationsAreBounded(t *testing.T) {
	t.Parallel()
	clock := newClock()
	short := Client{ID: "short", Secret: secret.New("x"), TTL: time.Second}
	s, h := offline(t, Config{Clients: []Client{demo, short}, TTL: time.Minute, Now: clock.now})
	s.revoked = newRevocations(2)
	brief := post("/token", short, clientCredentials).ask(t, h).member(t, "access_token")
	tokens := []string{issue(t, h), issue(t, h)}

	require.Equal(t, http.StatusOK, post("/revoke", short, "token="+brief).ask(t, h).status)
	require.Equal(t, http.StatusOK, post("/revoke", demo, "token="+tokens[0]).ask(t, h).status)
	full := post("/revoke", demo, "token="+tokens[1]).ask(t, h)
	require.Equal(t, http.StatusServiceUnavailable, full.status)
	require.Equal(t, []string{"1"}, full.header["Retry-After"])

	clock.move(time.Second)
	require.Equal(t, http.StatusOK, post("/revoke", demo, "token="+tokens[1]).ask(t, h).status)
	require.Len(t, s.revoked.expires, 2)
	for _, token := range tokens {
		require.Equal(t, http.StatusUnauthorized, get("/api/", token).ask(t, h).status)
	}
}
