package credentials

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// poolServer is a server with so many clients, and the CSV file of them.
func poolServer(t *testing.T, n int) (server *servers.Local, file string) {
	t.Helper()
	clients, file := servers.ManyClients(t, n)
	return servers.StartLocal(t, func(c *authserver.Config) { c.Clients = clients }), file
}

// Two instances of one test, which know nothing of each other but their execution segments, give every
// virtual user a client of its own: each client asked for one token.
func TestPoolIsUniqueOverInstances(t *testing.T) {
	t.Parallel()
	const vus = 9
	for name, segments := range map[string][]string{
		"halves": {"0:1/2", "1/2:1"}, "uneven": {"0:1/4", "1/4:1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, file := poolServer(t, vus)
			var instances []*k6test.K6
			for _, segment := range segments {
				instances = append(instances, k6test.Run{
					Script: k6test.Fixture("pool-unique.js"),
					Env:    server.Env("CLIENTS_FILE="+file, "VUS="+strconv.Itoa(vus)),
					Args: []string{
						"--execution-segment", segment, "--execution-segment-sequence",
						"0," + strings.Split(segments[0], ":")[1] + ",1",
					},
				}.Start(t))
			}
			requests, calls := 0, 0
			for _, instance := range instances {
				r := instance.Result(t).Passes(t)
				require.NotContains(t, r.Output, "have the same client")
				requests += r.Summary.Count("clientcreds_requests")
				calls += r.Summary.Count("http_reqs")
			}
			require.Equal(t, vus, requests)
			require.Equal(t, 2*vus, calls)
			stats := server.Stats()
			require.Len(t, stats.TokenRequests.ByClient, vus)
			for id, n := range stats.TokenRequests.ByClient {
				require.EqualValues(t, 1, n, id)
			}
		})
	}
}

// A pool of a SharedArray, with fewer clients than virtual users.
func TestPoolOfASharedArray(t *testing.T) {
	t.Parallel()
	server, _ := poolServer(t, 3)
	r := k6test.Run{
		Script: k6test.Fixture("pool-shared-array.js"),
		Env:    server.Env(),
	}.Do(t).Passes(t)
	server.Agrees(t, r)
	require.Equal(t, map[string]int64{"shop-1": 2, "shop-2": 1, "shop-3": 1}, server.Stats().TokenRequests.ByClient)
	require.Equal(t, 1, strings.Count(r.Output,
		`Pool \"shops\" has 3 clients, and there is a virtual user 4: some virtual users have the same client`), r.Output)
}

// A mistake in one of the clients ends the test before it starts, with the place and one message.
func TestPoolReadableError(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "clients.csv")
	require.NoError(t, os.WriteFile(file, []byte("clientId,clientSecret\nshop-1,hush-hush\nhush-hush,\n"), 0o600))
	r := k6test.Run{Script: "examples/client-pool.js", Env: map[string]string{
		"TOKEN_URL":    "http://127.0.0.1:9/token",
		"CLIENTS_FILE": file,
	}}.Do(t)
	require.Equal(t, k6test.ExitScriptException, r.ExitCode, r.Output)
	require.Contains(t, r.Output,
		`TypeError: k6/x/clientcreds: clients.csv, row 3, column \"clientSecret\": option \"clientSecret\" is missing`)
	require.NotContains(t, r.Output, "hush-hush")
	require.Equal(t, 1, strings.Count(r.Output, "level=error"), r.Output)
}

// CLIENTS_FILE and ASSIGNMENT make a scenario load the token endpoint with many clients, each as often
// as the others when it is their turn.
func TestScriptsWithManyClients(t *testing.T) {
	t.Parallel()
	server, file := poolServer(t, 7)
	r := k6test.Run{Script: "scripts/token-load.js", Env: server.Env("CLIENTS_FILE="+file, "ASSIGNMENT=round-robin",
		"CLIENT_ID=", "CLIENT_SECRET=", "RATE=20", "DURATION=2s", "MAX_VUS=10")}.Do(t).Passes(t)
	server.Agrees(t, r)
	stats := server.Stats().TokenRequests
	require.Equal(t, map[string]int64{"issued": stats.Total}, stats.ByResult)
	require.Greater(t, stats.Total, int64(7))
	for id, n := range stats.ByClient {
		require.InDelta(t, float64(stats.Total)/7, n, 1, id)
	}

	r = k6test.Run{Script: "scripts/token-load.js", Env: server.Env("CLIENTS_FILE="+file, "ASSIGNMENT=fair")}.Do(t)
	require.Equal(t, k6test.ExitScriptException, r.ExitCode, r.Output)
	require.Contains(t, r.Output, `configuration: ASSIGNMENT is \"fair\"; it must be one of \"vu\", \"round-robin\"`)
}

// The file that the local server takes is one for a pool, with everything that can be in it.
func TestPoolOfTheServersFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "clients.json")
	require.NoError(t, os.WriteFile(file, []byte(`[
		{"client_id": "shop-1", "client_secret": "secret-of-shop-1", "scope": "orders.read", "ttl": "1h", "jwks": {"keys": []},
		 "grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_post",
		 "dpop_bound_access_tokens": true, "authorization_details_types": ["payment"]},
		{"client_id": "shop-2", "client_secret": "secret-of-shop-2", "scope": "orders.read", "dpop_bound_access_tokens": false,
		 "tls_client_auth_subject_dn": "CN=shop-2"}
	]`), 0o600))
	s := k6test.Serve(t, nil, "--clients", file, "--tls-dir", dir, "--", k6test.Binary(t), "run",
		k6test.Fixture("pool-server-file.js"))
	require.Zero(t, s.Wait(t), s.Output)
	require.NotContains(t, s.Output.String(), "secret-of-shop")
}
