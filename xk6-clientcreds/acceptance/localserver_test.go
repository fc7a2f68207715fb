package acceptance

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// The name of the local server's only client, unless a test needs another one.
const (
	localID     = "demo"
	localSecret = "secret-of-demo"
	localScope  = "orders.read orders.write"
)

// localServer is the authorization server and protected API of `k6 x clientcreds serve`, in this
// process: a test can look into it and stand in its way.
type localServer struct {
	*authserver.Server

	config authserver.Config
}

// startLocalServer starts a server, of the configuration that change makes of the default.
func startLocalServer(t *testing.T, change func(*authserver.Config)) *localServer {
	t.Helper()
	config := authserver.Config{
		Clients: []authserver.Client{{ID: localID, Secret: localSecret, Scope: localScope}},
	}
	if change != nil {
		change(&config)
	}
	server, err := authserver.New(config)
	require.NoError(t, err)
	require.NoError(t, server.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), soon)
		defer cancel()
		require.NoError(t, server.Shutdown(ctx))
	})
	return &localServer{server, config}
}

// env is the environment of a script, as `k6 x clientcreds serve` sets it.
func (s *localServer) env(more ...string) map[string]string {
	e, client := s.Endpoints(), s.config.Clients[0]
	env := map[string]string{
		"TOKEN_URL":     e.Token,
		"ISSUER":        e.Issuer,
		"API_URL":       e.API + "orders",
		"CLIENT_ID":     client.ID,
		"CLIENT_SECRET": client.Secret,
		"SCOPE":         client.Scope,
	}
	if e.Admin != "" {
		env["ADMIN_URL"] = e.Admin
	}
	if e.CAFile != "" {
		env["SSL_CERT_FILE"] = e.CAFile
	}
	return with(env, more...)
}

// agrees fails the test unless k6 counted the token requests that the server did, and the API
// requests in http_reqs, where those are missing that were only answered with a DPoP nonce, and
// those to the admin endpoint are too many.
func (s *localServer) agrees(t *testing.T, r run) {
	t.Helper()
	stats := s.Stats()
	require.Equal(t, int(stats.TokenRequests.Total), r.summary.count("clientcreds_requests"), r.output)
	nonces := r.summary.count("clientcreds_dpop_nonce_retries{server:resource}")
	orders := r.summary.count("http_reqs{name:admin}")
	require.Equal(t, int(stats.APIRequests.Total), r.summary.count("http_reqs")+nonces-orders, r.output)
}
