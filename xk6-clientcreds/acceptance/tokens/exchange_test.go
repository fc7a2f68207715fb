package tokens

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// The environment has the scenarios exchange tokens.
func TestScriptsExchangeTokens(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, func(c *authserver.Config) {
		c.Clients[0].GrantTypes = authserver.GrantTypes
		c.Clients[0].Scope = "orders.read orders.write"
	})
	r := k6test.Run{Script: "scripts/api-load.js", Env: server.Env("EXCHANGE=true", "EXCHANGE_AUDIENCE=inventory",
		"EXCHANGE_RESOURCE=https://api.example.com/", "EXCHANGE_SCOPE=orders.read", "CACHE_SCOPE=shared",
		"VUS=2", "DURATION=1s", "PAUSE=0.1")}.Do(t).Passes(t)
	server.Agrees(t, r)
	stats := server.Stats()
	require.EqualValues(t, 2, stats.TokenRequests.ByResult["issued"], "a token, and what it was exchanged for")
	require.EqualValues(t, 2, stats.TokenRequests.Total)
}

func TestLocalServerTokenExchange(t *testing.T) {
	t.Parallel()
	for _, auth := range []string{"client_secret_basic", "client_secret_post", "client_secret_jwt"} {
		t.Run(auth, func(t *testing.T) {
			t.Parallel()
			server := servers.StartLocal(t, func(c *authserver.Config) {
				password := secret.New("a secret of 32 bytes or even more")
				c.TLSDir, c.TokenFormat = t.TempDir(), authserver.JWT
				c.Clients[0].Secret, c.Clients[0].GrantTypes = password, authserver.GrantTypes
				c.Clients = append(c.Clients, authserver.Client{ID: "owner", Secret: password, Scope: servers.LocalScope, TTL: time.Minute})
			})
			r := k6test.Run{Script: k6test.Fixture("exchange.js"), Env: server.Env("AUTH=" + auth)}.Do(t).Passes(t)
			require.Equal(t, 11, int(r.Summary.Value("checks", "passes")))
			stats := server.Stats()
			require.Equal(t, int(stats.TokenRequests.Total), r.Summary.Count("clientcreds_requests"))
			require.Equal(t, 6, r.Summary.Count("clientcreds_requests{grant:client_credentials}"),
				"one request has no exchange, and no tag")
			require.Equal(t, 6, r.Summary.Count("clientcreds_requests{grant:token_exchange}"))
			require.Equal(t, 3, r.Summary.Count("clientcreds_requests{grant:token_exchange,status:400}"))
			require.Equal(t, map[string]int64{"issued": 10, "invalid_scope": 1, "unauthorized_client": 1, "invalid_request": 1},
				stats.TokenRequests.ByResult)
		})
	}
}

// The other server that exchanges the tokens of clients. Where it is not told what to issue it is a
// refresh token, which is none that an API takes.
func TestInteropTokenExchange(t *testing.T) {
	t.Parallel()
	certs := servers.NewCertificates(t)
	issuer := servers.StartZitadel(t, certs, []servers.Registration{
		{ID: "service", Secret: "of-the-service"}, {ID: "owner", Secret: "of-the-owner"},
	})
	r := k6test.Run{
		Script: k6test.Fixture("exchange-zitadel.js"),
		Env:    map[string]string{"ISSUER": issuer, "SSL_CERT_FILE": certs.CAFile},
	}.Do(t).Passes(t)
	require.Equal(t, 6, int(r.Summary.Value("checks", "passes")))
}

// Tokens that end with their subject are renewed in time, by both requests.
func TestLocalServerTokenExchangeRefreshes(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, func(c *authserver.Config) {
		c.TTL = 2 * time.Second
		c.Clients[0].GrantTypes = authserver.GrantTypes
	})
	r := k6test.Run{
		Script: k6test.Fixture("exchange-refresh.js"),
		Env:    server.Env(),
	}.Do(t).Passes(t)
	server.Agrees(t, r)
	require.EqualValues(t, r.Summary.Count("http_reqs"), server.Stats().APIRequests.ByResult["ok"])
}
