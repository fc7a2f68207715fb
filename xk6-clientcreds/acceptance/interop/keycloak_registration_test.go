package interop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// keycloakRegistration is the environment of `clients register` with an initial access token for that many clients;
// 0 is without a token.
func keycloakRegistration(t *testing.T, clients int) map[string]string {
	t.Helper()
	k := sharedKeycloak(t)
	env := map[string]string{"ISSUER": k.Issuer, "SSL_CERT_FILE": sharedCertificates(t).CA.CAFile}
	if clients > 0 {
		env["INITIAL_ACCESS_TOKEN"] = k.InitialAccessToken(t, clients)
	}
	return env
}

// poolTokens requests a token for each client of a pool at Keycloak.
func poolTokens(t *testing.T, pool string) k6test.Result {
	t.Helper()
	return k6test.Run{
		Code: k6test.PoolLoad(pool, sharedKeycloak(t).Issuer),
		Env:  map[string]string{"SSL_CERT_FILE": sharedCertificates(t).CA.CAFile},
	}.Do(t)
}

// Keycloak makes secrets, and registers public keys and the subjects of certificates. Deleted clients are gone.
func TestKeycloakRegistersEachMethod(t *testing.T) {
	t.Parallel()
	k := sharedKeycloak(t)
	for name, args := range map[string][]string{
		"client_secret_basic":   nil,
		"client_secret_post":    {"--auth", "client_secret_post"},
		"client_secret_jwt":     {"--auth", "client_secret_jwt"},
		"private_key_jwt":       {"--auth", "private_key_jwt"},
		"private_key_jwt PS256": {"--auth", "private_key_jwt", "--key-alg", "PS256"},
		"private_key_jwt EdDSA": {"--auth", "private_key_jwt", "--key-alg", "EdDSA"},
		"tls_client_auth":       {"--auth", "tls_client_auth", "--ca-file", sharedCertificates(t).CA.CAFile},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := filepath.Join(t.TempDir(), "clients.json")
			beginning := strings.ReplaceAll(name, " ", "") + "-"
			env := keycloakRegistration(t, 3)
			register := append([]string{"register", pool, "--count", "3", "--name", beginning}, args...)
			registered := k6test.Clients(t, 0, env, register...)
			registered.KeepsSecrets(t, append(k6test.RegisteredSecrets(t, pool), env["INITIAL_ACCESS_TOKEN"]))
			require.Len(t, k.ClientNames(t, beginning), 3)
			r := poolTokens(t, pool).Passes(t)
			require.Equal(t, 3, r.Summary.Count("clientcreds_requests"))
			text := k6test.ReadFile(t, pool)

			k6test.Clients(t, 0, env, "delete", pool)
			require.Empty(t, k.ClientNames(t, beginning))
			require.NoError(t, os.WriteFile(pool, []byte(text), 0o600))
			require.Contains(t, poolTokens(t, pool).Output, "invalid_client", "the clients are gone")
		})
	}
	t.Run("self_signed_tls_client_auth", func(t *testing.T) {
		t.Parallel()
		pool := filepath.Join(t.TempDir(), "clients.json")
		refused := k6test.Clients(t, 1, keycloakRegistration(t, 3), "register", pool, "--count", "3", "--name", "refused",
			"--auth", "self_signed_tls_client_auth")
		require.Contains(t, refused.Stderr.String(), "invalid_client_metadata")
		require.Empty(t, k.ClientNames(t, "refused"))
	})
}

// An interruption loses nothing, and --resume goes on. Only these clients are deleted.
func TestKeycloakRegistrationIsInterrupted(t *testing.T) {
	t.Parallel()
	k := sharedKeycloak(t)
	const clients, beginning = "30", "interrupted"
	pool := filepath.Join(t.TempDir(), "clients.json")
	env := keycloakRegistration(t, 31)
	other := filepath.Join(t.TempDir(), "other.json")
	k6test.Clients(t, 0, env, "register", other, "--count", "1", "--name", beginning+"-by-nobody")

	flags := []string{"register", pool, "--count", clients, "--name", beginning, "--rate", "5", "--json"}
	interrupted := k6test.StartClients(t, env, flags...)
	k6test.Eventually(t, func() bool {
		journal, _ := os.ReadFile(pool + ".journal")
		return strings.Count(string(journal), "registration_access_token") >= 3
	}, "some clients are registered")
	require.NoError(t, interrupted.Cmd.Process.Signal(os.Interrupt))
	require.Equal(t, 1, interrupted.Wait(t))
	require.Contains(t, interrupted.Stderr.String(), "go on with --resume")
	before := interrupted.Registered(t)
	require.Empty(t, before.Unknown)
	require.Less(t, before.Registered, 30)
	require.Len(t, k.ClientNames(t, beginning), before.Registered+1)

	resumed := k6test.Clients(t, 0, env, append(flags, "--resume")...).Registered(t)
	require.Equal(t, k6test.Registered{Registered: 30, Unknown: []string{}}, resumed)
	require.Len(t, k.ClientNames(t, beginning), 31)
	r := poolTokens(t, pool).Passes(t)
	require.Equal(t, 30, r.Summary.Count("clientcreds_requests"))

	deleted := k6test.Clients(t, 0, env, "delete", pool)
	require.Contains(t, deleted.Stdout.String(), "deleted: 30 clients")
	require.Equal(t, []string{beginning + "-by-nobody-1"}, k.ClientNames(t, beginning))
	poolTokens(t, other).Passes(t)
	k6test.Clients(t, 0, env, "delete", other)
	require.Empty(t, k.ClientNames(t, beginning))
}

// Keycloak's policies stop registrations: the command says why, and goes on when the policy has changed.
func TestKeycloakRegistrationPolicies(t *testing.T) {
	t.Parallel()
	k := sharedKeycloak(t)
	t.Run("initial access token", func(t *testing.T) {
		t.Parallel()
		pool := filepath.Join(t.TempDir(), "clients.json")
		flags := []string{"register", pool, "--count", "5", "--name", "counted"}
		used := k6test.Clients(t, 1, keycloakRegistration(t, 3), flags...)
		require.Contains(t, used.Stderr.String(), "HTTP 401")
		require.Contains(t, used.Stderr.String(), "INITIAL_ACCESS_TOKEN")
		require.Len(t, k.ClientNames(t, "counted"), 3)
		k6test.Clients(t, 0, keycloakRegistration(t, 2), append(flags, "--resume")...)
		require.Len(t, k.ClientNames(t, "counted"), 5)
		poolTokens(t, pool).Passes(t)
	})
	t.Run("scope", func(t *testing.T) {
		t.Parallel()
		pool := filepath.Join(t.TempDir(), "clients.json")
		flags := []string{"register", pool, "--count", "2", "--name", "scope", "--scope", "email " + orders}
		refused := k6test.Clients(t, 1, keycloakRegistration(t, 2), flags...)
		require.Contains(t, refused.Stderr.String(), "Policy 'Allowed Client Scopes' rejected request")
		k.SetPolicy(t, "authenticated", "allowed-client-templates", object{
			"allow-default-scopes": []string{"true"}, "allowed-client-scopes": []string{orders},
		})
		k6test.Clients(t, 0, keycloakRegistration(t, 2), append(flags, "--resume")...)
		poolTokens(t, pool).Passes(t)
	})
	t.Run("without a token", func(t *testing.T) {
		t.Parallel()
		pool := filepath.Join(t.TempDir(), "clients.json")
		flags := []string{"register", pool, "--count", "3", "--name", "anonymous"}
		untrusted := k6test.Clients(t, 1, keycloakRegistration(t, 0), flags...)
		require.Contains(t, untrusted.Stderr.String(), "Policy 'Trusted Hosts' rejected request")
		k.SetPolicy(t, "anonymous", "trusted-hosts", object{
			"trusted-hosts": []string{"127.0.0.1"}, "host-sending-registration-request-must-match": []string{"true"},
			"client-uris-must-match": []string{"false"},
		})
		k.SetPolicy(t, "anonymous", "max-clients", object{"max-clients": []string{"1"}})
		full := k6test.Clients(t, 1, keycloakRegistration(t, 0), append(flags, "--resume")...)
		require.Contains(t, full.Stderr.String(), "Policy 'Max Clients Limit' rejected request")
		require.Empty(t, k.ClientNames(t, "anonymous"))
		k.SetPolicy(t, "anonymous", "max-clients", object{"max-clients": []string{"10000"}})
		k6test.Clients(t, 0, keycloakRegistration(t, 0), append(flags, "--resume")...)
		require.Len(t, k.ClientNames(t, "anonymous"), 3)
		poolTokens(t, pool).Passes(t)
		k6test.Clients(t, 0, keycloakRegistration(t, 0), "delete", pool)
		require.Empty(t, k.ClientNames(t, "anonymous"))
	})
}
