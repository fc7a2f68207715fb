package commands

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

const initialAccessToken = "initial-access-token-of-the-tests"

// 200 clients, in spite of a kill: none is lost without being named, and none is registered twice.
func TestClientsRegisterSurvivesAKill(t *testing.T) {
	t.Parallel()
	s := servers.StartLocal(t, func(c *authserver.Config) {
		c.Registration, c.InitialAccessToken = authserver.RegistrationToken, secret.New(initialAccessToken)
		c.Faults = []byte(`{"registration": {"latency": "10ms", "rate_limit": {"per_second": 150, "burst": 20}}}`)
	})
	pool := filepath.Join(t.TempDir(), "clients.json")
	env := map[string]string{"ISSUER": s.Endpoints().Issuer, "INITIAL_ACCESS_TOKEN": initialAccessToken}
	flags := []string{"register", "--count", "200", "--rate", "1000", "--scope", "orders.read", pool}

	killed := k6test.StartClients(t, env, flags...)
	k6test.Eventually(t, func() bool { return s.Stats().RegistrationRequests >= 40 }, "some clients are registered")
	killed.Signal(t, syscall.SIGKILL)
	require.NoFileExists(t, pool)
	refused := k6test.Clients(t, 104, env, flags...)
	require.Contains(t, refused.Stderr.String(), "clients were registered already; go on with --resume")

	resumed := k6test.Clients(t, 0, env, append(flags, "--resume", "--json")...)
	result := resumed.Registered(t)
	require.Equal(t, 200, result.Registered)
	require.Zero(t, result.Missing)
	require.LessOrEqual(t, len(result.Unknown), 4, "as many as there were at the same time")
	secrets := append(k6test.RegisteredSecrets(t, pool), initialAccessToken)
	for _, c := range []k6test.ClientsCommand{killed, refused, resumed} {
		c.KeepsSecrets(t, secrets)
	}
	for _, file := range []string{pool, pool + ".journal"} {
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode())
	}
	require.NotContains(t, k6test.ReadFile(t, pool), "registration_access_token")

	k6test.Run{Code: k6test.PoolLoad(pool, s.Endpoints().Issuer)}.Do(t).Passes(t)
	requests := s.Stats().TokenRequests
	require.Equal(t, map[string]int64{"issued": 200}, requests.ByResult)
	atServer := 0
	for id, n := range requests.ByClient {
		if id != servers.LocalID {
			atServer++
			require.LessOrEqual(t, n, int64(1), "each client requested one token")
		}
	}
	require.GreaterOrEqual(t, atServer, 200)
	require.LessOrEqual(t, atServer, 200+len(result.Unknown), "every other client is named")

	known := len(result.Unknown) == 0
	deleted := k6test.Clients(t, map[bool]int{true: 0, false: 1}[known], env, "delete", pool, "--rate", "1000")
	require.Contains(t, deleted.Stdout.String(), "deleted: 200 clients")
	deleted.KeepsSecrets(t, secrets)
	require.Len(t, s.Stats().TokenRequests.ByClient, 1+atServer-200, "no other client is deleted")
	require.NoFileExists(t, pool)
	_, err := os.Lstat(pool + ".journal")
	require.Equal(t, known, os.IsNotExist(err), "it names the clients of which no answer came")
}

// An interruption loses nothing: the command waits for the answers of what it sent.
func TestClientsRegisterIsInterrupted(t *testing.T) {
	t.Parallel()
	s := servers.StartLocal(t, func(c *authserver.Config) {
		c.Registration = authserver.RegistrationOpen
		c.Faults = []byte(`{"registration": {"latency": "50ms"}}`)
	})
	pool := filepath.Join(t.TempDir(), "clients.json")
	env := map[string]string{"ISSUER": s.Endpoints().Issuer}
	interrupted := k6test.StartClients(t, env, "register", "--count", "5000", "--rate", "1000", pool, "--json")
	k6test.Eventually(t, func() bool { return s.Stats().RegistrationRequests >= 10 }, "some clients are registered")
	require.NoError(t, interrupted.Cmd.Process.Signal(os.Interrupt))
	require.Equal(t, 1, interrupted.Wait(t))
	require.Contains(t, interrupted.Stderr.String(), "interrupted; ")
	require.Contains(t, interrupted.Stderr.String(), "go on with --resume")
	result := interrupted.Registered(t)
	require.Empty(t, result.Unknown)
	require.Equal(t, int(s.Stats().RegistrationRequests), result.Registered)
	var inPool []map[string]any
	require.NoError(t, json.Unmarshal([]byte(k6test.ReadFile(t, pool)), &inPool))
	require.Len(t, inPool, result.Registered)
	k6test.Clients(t, 0, env, "delete", pool, "--rate", "1000")
	require.Len(t, s.Stats().TokenRequests.ByClient, 1)
}

// Keys and certificates, of which the server gets the public part only.
func TestClientsRegisterWithKeysAndCertificates(t *testing.T) {
	t.Parallel()
	tls := t.TempDir()
	s := servers.StartLocal(t, func(c *authserver.Config) { c.Registration, c.TLSDir = authserver.RegistrationOpen, tls })
	ca := s.Endpoints().CAFile
	env := map[string]string{"ISSUER": s.Endpoints().Issuer, "SSL_CERT_FILE": ca}
	for name, args := range map[string][]string{
		"client_secret_jwt":           {"--auth", "client_secret_jwt"},
		"private_key_jwt":             {"--auth", "private_key_jwt"},
		"private_key_jwt EdDSA":       {"--auth", "private_key_jwt", "--key-alg", "EdDSA"},
		"self_signed_tls_client_auth": {"--auth", "self_signed_tls_client_auth"},
		"tls_client_auth":             {"--auth", "tls_client_auth", "--ca-file", ca},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := filepath.Join(t.TempDir(), "clients.json")
			k6test.Clients(t, 0, env, append([]string{"register", "--count", "3", pool}, args...)...)
			k6test.Run{
				Code: k6test.PoolLoad(pool, s.Endpoints().Issuer), Env: map[string]string{"SSL_CERT_FILE": ca},
			}.Do(t).Passes(t)
			k6test.Clients(t, 0, env, "delete", pool)
		})
	}
}

// A certified server, with an initial access token and with management.
func TestClientsRegisterAtOIDCProvider(t *testing.T) {
	t.Parallel()
	certs := servers.NewCertificates(t)
	op := servers.StartOIDCProvider(t, certs, "INITIAL_ACCESS_TOKEN="+initialAccessToken)
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(initialAccessToken+"\n"), 0o600))
	env := map[string]string{
		"ISSUER": op.Issuer, "SSL_CERT_FILE": certs.CAFile, "SCOPE": "api:read", "INITIAL_ACCESS_TOKEN_FILE": file,
	}
	for _, method := range []string{"client_secret_basic", "private_key_jwt"} {
		pool := filepath.Join(t.TempDir(), "clients.json")
		k6test.Clients(t, 0, env, "register", "--count", "20", "--auth", method, pool)
		k6test.Run{
			Code: k6test.PoolLoad(pool, op.Issuer), Env: map[string]string{"SSL_CERT_FILE": certs.CAFile},
		}.Do(t).Passes(t)
		text := k6test.ReadFile(t, pool)
		k6test.Clients(t, 0, env, "delete", pool)
		require.NoError(t, os.WriteFile(pool, []byte(text), 0o600))
		gone := k6test.Run{
			Code: k6test.PoolLoad(pool, op.Issuer), Env: map[string]string{"SSL_CERT_FILE": certs.CAFile},
		}.Do(t)
		require.Contains(t, gone.Output, "invalid_client", "the clients are gone")
	}
	seen := op.Seen()
	require.Len(t, slices.DeleteFunc(seen, func(r servers.TokenRequest) bool { return r.Status != 200 }), 40)

	wrong := k6test.Clients(t, 1, k6test.With(env, "INITIAL_ACCESS_TOKEN_FILE=", "INITIAL_ACCESS_TOKEN=wr0ng-t0ken"), "register", "--count",
		"20", filepath.Join(t.TempDir(), "clients.json"))
	require.Contains(t, wrong.Stderr.String(), "HTTP 401")
	require.NotContains(t, wrong.Stderr.String(), "wr0ng-t0ken")
}

// Hydra registers at its public port, without an initial access token.
func TestClientsRegisterAtHydra(t *testing.T) {
	t.Parallel()
	certs := servers.NewCertificates(t)
	h := servers.StartHydra(t, certs)
	pool := filepath.Join(t.TempDir(), "clients.json")
	env := map[string]string{"ISSUER": h.Issuer, "SSL_CERT_FILE": certs.CAFile}
	// Hydra does not publish the endpoint, unless it is configured to.
	k6test.Clients(t, 0, env, "register", "--count", "20", "--scope", "orders.read", pool,
		"--registration-url", h.Issuer+"/oauth2/register")
	k6test.Run{Code: k6test.PoolLoad(pool, h.Issuer), Env: map[string]string{"SSL_CERT_FILE": certs.CAFile}}.Do(t).Passes(t)
	deleted := k6test.Clients(t, 0, env, "delete", pool)
	require.Contains(t, deleted.Stdout.String(), "deleted: 20 clients")
}
