package commands

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

const initialAccessToken = "initial-access-token-of-the-tests"

// clientsCommand is a run of `k6 x clientcreds clients`.
type clientsCommand struct {
	*k6test.Process

	stdout, stderr *k6test.Output
}

func startClients(t *testing.T, env map[string]string, args ...string) clientsCommand {
	t.Helper()
	c := clientsCommand{stdout: new(k6test.Output), stderr: new(k6test.Output)}
	all := append([]string{"x", "clientcreds", "clients"}, args...)
	cmd := exec.CommandContext(t.Context(), k6test.Binary(t), all...) // #nosec G204 -- the binary under test
	cmd.Stdout, cmd.Stderr = c.stdout, c.stderr
	variables := []string{"HOME=" + t.TempDir(), "NO_COLOR=1", "K6_AUTO_EXTENSION_RESOLUTION=false"}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		variables = append(variables, name+"="+env[name])
	}
	c.Process = k6test.StartProcess(t, cmd, variables...)
	return c
}

// clients runs the command to its end, which must be the exit code.
func clients(t *testing.T, exitCode int, env map[string]string, args ...string) clientsCommand {
	t.Helper()
	c := startClients(t, env, args...)
	require.Equal(t, exitCode, c.Wait(t), "%s%s", c.stdout, c.stderr)
	return c
}

// registered holds the output of clients register --json.
type registered struct {
	Registered, Missing int
	Unknown             []string
}

func (c clientsCommand) registered(t *testing.T) (r registered) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(c.stdout.String()), &r), "%s%s", c.stdout, c.stderr)
	return r
}

// registeredSecrets returns everything secret that a pool file and its journal have.
func registeredSecrets(t *testing.T, pool string) []string {
	t.Helper()
	text := k6test.ReadFile(t, pool) + k6test.ReadFile(t, pool+".journal")
	var secrets []string
	secret := regexp.MustCompile(`"(?:client_secret|registration_access_token)":"([^"]+)"`)
	for _, match := range secret.FindAllStringSubmatch(text, -1) {
		secrets = append(secrets, match[1])
	}
	return append(secrets, initialAccessToken)
}

// keepsSecrets fails the test if an output has one of the secrets.
func (c clientsCommand) keepsSecrets(t *testing.T, secrets []string) {
	t.Helper()
	for _, text := range []string{c.stdout.String(), c.stderr.String()} {
		for _, secret := range secrets {
			require.NotContains(t, text, secret)
		}
	}
}

// poolLoad requests a token for each client of a pool file.
func poolLoad(pool, issuer string) string {
	return fmt.Sprintf(`
		import { ClientPool } from 'k6/x/clientcreds';
		const pool = new ClientPool({ issuer: %q, clients: { file: %q }, assignment: 'round-robin' });
		export const options = { vus: 1, iterations: pool.size };
		export default function () { pool.client().token(); }`, issuer, pool)
}

// 200 clients, in spite of a kill: none is lost without being named, and none is registered twice.
func TestClientsRegisterSurvivesAKill(t *testing.T) {
	t.Parallel()
	s := servers.StartLocal(t, func(c *authserver.Config) {
		c.Registration, c.InitialAccessToken = authserver.RegistrationToken, initialAccessToken
		c.Faults = []byte(`{"registration": {"latency": "10ms", "rate_limit": {"per_second": 150, "burst": 20}}}`)
	})
	pool := filepath.Join(t.TempDir(), "clients.json")
	env := map[string]string{"ISSUER": s.Endpoints().Issuer, "INITIAL_ACCESS_TOKEN": initialAccessToken}
	flags := []string{"register", "--count", "200", "--rate", "1000", "--scope", "orders.read", pool}

	killed := startClients(t, env, flags...)
	k6test.Eventually(t, func() bool { return s.Stats().RegistrationRequests >= 40 }, "some clients are registered")
	killed.Signal(t, syscall.SIGKILL)
	require.NoFileExists(t, pool)
	refused := clients(t, 104, env, flags...)
	require.Contains(t, refused.stderr.String(), "clients were registered already; go on with --resume")

	resumed := clients(t, 0, env, append(flags, "--resume", "--json")...)
	result := resumed.registered(t)
	require.Equal(t, 200, result.Registered)
	require.Zero(t, result.Missing)
	require.LessOrEqual(t, len(result.Unknown), 4, "as many as there were at the same time")
	secrets := registeredSecrets(t, pool)
	for _, c := range []clientsCommand{killed, refused, resumed} {
		c.keepsSecrets(t, secrets)
	}
	for _, file := range []string{pool, pool + ".journal"} {
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode())
	}
	require.NotContains(t, k6test.ReadFile(t, pool), "registration_access_token")

	k6test.Run{Code: poolLoad(pool, s.Endpoints().Issuer)}.Do(t).Passes(t)
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
	deleted := clients(t, map[bool]int{true: 0, false: 1}[known], env, "delete", pool, "--rate", "1000")
	require.Contains(t, deleted.stdout.String(), "deleted: 200 clients")
	deleted.keepsSecrets(t, secrets)
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
	interrupted := startClients(t, env, "register", "--count", "5000", "--rate", "1000", pool, "--json")
	k6test.Eventually(t, func() bool { return s.Stats().RegistrationRequests >= 10 }, "some clients are registered")
	require.NoError(t, interrupted.Cmd.Process.Signal(os.Interrupt))
	require.Equal(t, 1, interrupted.Wait(t))
	require.Contains(t, interrupted.stderr.String(), "interrupted; ")
	require.Contains(t, interrupted.stderr.String(), "go on with --resume")
	result := interrupted.registered(t)
	require.Empty(t, result.Unknown)
	require.Equal(t, int(s.Stats().RegistrationRequests), result.Registered)
	var inPool []map[string]any
	require.NoError(t, json.Unmarshal([]byte(k6test.ReadFile(t, pool)), &inPool))
	require.Len(t, inPool, result.Registered)
	clients(t, 0, env, "delete", pool, "--rate", "1000")
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
			clients(t, 0, env, append([]string{"register", "--count", "3", pool}, args...)...)
			k6test.Run{
				Code: poolLoad(pool, s.Endpoints().Issuer), Env: map[string]string{"SSL_CERT_FILE": ca},
			}.Do(t).Passes(t)
			clients(t, 0, env, "delete", pool)
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
		clients(t, 0, env, "register", "--count", "20", "--auth", method, pool)
		k6test.Run{
			Code: poolLoad(pool, op.Issuer), Env: map[string]string{"SSL_CERT_FILE": certs.CAFile},
		}.Do(t).Passes(t)
		text := k6test.ReadFile(t, pool)
		clients(t, 0, env, "delete", pool)
		require.NoError(t, os.WriteFile(pool, []byte(text), 0o600))
		gone := k6test.Run{
			Code: poolLoad(pool, op.Issuer), Env: map[string]string{"SSL_CERT_FILE": certs.CAFile},
		}.Do(t)
		require.Contains(t, gone.Output, "invalid_client", "the clients are gone")
	}
	seen := op.Seen()
	require.Len(t, slices.DeleteFunc(seen, func(r servers.TokenRequest) bool { return r.Status != 200 }), 40)

	wrong := clients(t, 1, k6test.With(env, "INITIAL_ACCESS_TOKEN_FILE=", "INITIAL_ACCESS_TOKEN=wr0ng-t0ken"), "register", "--count",
		"20", filepath.Join(t.TempDir(), "clients.json"))
	require.Contains(t, wrong.stderr.String(), "HTTP 401")
	require.NotContains(t, wrong.stderr.String(), "wr0ng-t0ken")
}

// Hydra registers at its public port, without an initial access token.
func TestClientsRegisterAtHydra(t *testing.T) {
	t.Parallel()
	certs := servers.NewCertificates(t)
	h := servers.StartHydra(t, certs)
	pool := filepath.Join(t.TempDir(), "clients.json")
	env := map[string]string{"ISSUER": h.Issuer, "SSL_CERT_FILE": certs.CAFile}
	// Hydra does not publish the endpoint, unless it is configured to.
	clients(t, 0, env, "register", "--count", "20", "--scope", "orders.read", pool,
		"--registration-url", h.Issuer+"/oauth2/register")
	k6test.Run{Code: poolLoad(pool, h.Issuer), Env: map[string]string{"SSL_CERT_FILE": certs.CAFile}}.Do(t).Passes(t)
	deleted := clients(t, 0, env, "delete", pool)
	require.Contains(t, deleted.stdout.String(), "deleted: 20 clients")
}
