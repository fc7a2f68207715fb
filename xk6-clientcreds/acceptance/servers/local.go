// Package servers starts what the acceptance tests load: the local server, npm's oidc-provider, Ory
// Hydra, and zitadel/oidc, with certificates, keys, and clients for them.
package servers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// The name of the local server's only client, unless a test needs another one.
const (
	LocalID     = "demo"
	LocalSecret = "secret-of-demo"
	LocalScope  = "orders.read orders.write"
)

// Local is the authorization server and protected API of `k6 x clientcreds serve`, in this
// process: a test can look into it and stand in its way.
type Local struct {
	*authserver.Server

	Config authserver.Config
}

// StartLocal starts a server, of the configuration that change makes of the default.
func StartLocal(t *testing.T, change func(*authserver.Config)) *Local {
	t.Helper()
	config := authserver.Config{
		Clients: []authserver.Client{{ID: LocalID, Secret: secret.New(LocalSecret), Scope: LocalScope}},
	}
	if change != nil {
		change(&config)
	}
	server, err := authserver.New(config)
	require.NoError(t, err)
	require.NoError(t, server.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), k6test.Soon)
		defer cancel()
		require.NoError(t, server.Shutdown(ctx))
	})
	return &Local{server, config}
}

// Env returns the environment of a script, as `k6 x clientcreds serve` sets it.
func (s *Local) Env(more ...string) map[string]string {
	e, client := s.Endpoints(), s.Config.Clients[0]
	env := map[string]string{
		"TOKEN_URL":     e.Token,
		"ISSUER":        e.Issuer,
		"API_URL":       e.API + "orders",
		"CLIENT_ID":     client.ID,
		"CLIENT_SECRET": client.Secret.Reveal(),
		"SCOPE":         client.Scope,
	}
	if e.Admin != "" {
		env["ADMIN_URL"] = e.Admin
	}
	if e.CAFile != "" {
		env["SSL_CERT_FILE"] = e.CAFile
	}
	return k6test.With(env, more...)
}

// Agrees fails the test unless k6 counted the token requests that the server did, and the API
// requests in http_reqs, where those are missing that were only answered with a DPoP nonce, and
// those to the admin endpoint are too many.
func (s *Local) Agrees(t *testing.T, r k6test.Result) {
	t.Helper()
	stats := s.Stats()
	require.Equal(t, int(stats.TokenRequests.Total), r.Summary.Count("clientcreds_requests"), r.Output)
	nonces := r.Summary.Count("clientcreds_dpop_nonce_retries{server:resource}")
	orders := r.Summary.Count("http_reqs{name:admin}")
	require.Equal(t, int(stats.APIRequests.Total), r.Summary.Count("http_reqs")+nonces-orders, r.Output)
}

// IsLoaded waits until the API has been asked a few times.
func (s *Local) IsLoaded(t *testing.T) {
	t.Helper()
	k6test.Eventually(t, func() bool { return s.Stats().APIRequests.Total > 3 }, "the load")
}

// Issued reports whether the value of an Authorization header is an active token of s (RFC 7662).
func (s *Local) Issued(ctx context.Context, authorization string) bool {
	token, ok := strings.CutPrefix(authorization, "Bearer ")
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Endpoints().Introspection,
		strings.NewReader(url.Values{"token": {token}}.Encode()))
	if err != nil || !ok {
		return false
	}
	client := s.Config.Clients[0]
	req.SetBasicAuth(url.QueryEscape(client.ID), url.QueryEscape(client.Secret.Reveal()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	var answer struct {
		Active bool `json:"active"`
	}
	return json.NewDecoder(resp.Body).Decode(&answer) == nil && answer.Active
}

// ManyClients returns n clients of a server, and a CSV file that lists them.
func ManyClients(t *testing.T, n int) (clients []authserver.Client, file string) {
	t.Helper()
	var rows strings.Builder
	rows.WriteString("client_id,client_secret,scope\n")
	for i := range n {
		client := authserver.Client{
			ID: fmt.Sprintf("shop-%d", i+1), Secret: secret.New(fmt.Sprintf("secret-of-shop-%d", i+1)),
			Scope: LocalScope,
		}
		clients = append(clients, client)
		fmt.Fprintf(&rows, "%s,%s,%s\n", client.ID, client.Secret.Reveal(), client.Scope)
	}
	file = filepath.Join(t.TempDir(), "clients.csv")
	require.NoError(t, os.WriteFile(file, []byte(rows.String()), 0o600))
	return clients, file
}

// WithFaults configures a server that has faults from the start.
func WithFaults(document string) func(*authserver.Config) {
	return func(c *authserver.Config) { c.Faults = []byte(document) }
}

// PutFaults replaces the faults, as the server's admin endpoint allows.
func (s *Local) PutFaults(t *testing.T, document string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.Endpoints().Admin+"/faults",
		strings.NewReader(document))
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode)
}
