package k6test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// ClientsCommand is a run of `k6 x clientcreds clients`.
type ClientsCommand struct {
	*Process

	Stdout, Stderr *Output
}

// StartClients starts the command.
func StartClients(t *testing.T, env map[string]string, args ...string) ClientsCommand {
	t.Helper()
	c := ClientsCommand{Stdout: new(Output), Stderr: new(Output)}
	all := append([]string{"x", "clientcreds", "clients"}, args...)
	cmd := exec.CommandContext(t.Context(), Binary(t), all...) // #nosec G204 -- the binary under test
	cmd.Stdout, cmd.Stderr = c.Stdout, c.Stderr
	variables := []string{"HOME=" + t.TempDir(), "NO_COLOR=1", "K6_AUTO_EXTENSION_RESOLUTION=false"}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		variables = append(variables, name+"="+env[name])
	}
	c.Process = StartProcess(t, cmd, variables...)
	return c
}

// Clients runs the command to its end, which must be the exit code.
func Clients(t *testing.T, exitCode int, env map[string]string, args ...string) ClientsCommand {
	t.Helper()
	c := StartClients(t, env, args...)
	require.Equal(t, exitCode, c.Wait(t), "%s%s", c.Stdout, c.Stderr)
	return c
}

// Registered holds the output of clients register --json.
type Registered struct {
	Registered, Missing int
	Unknown             []string
}

// Registered reads the output of clients register --json.
func (c ClientsCommand) Registered(t *testing.T) (r Registered) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(c.Stdout.String()), &r), "%s%s", c.Stdout, c.Stderr)
	return r
}

// KeepsSecrets fails the test if an output has one of the secrets.
func (c ClientsCommand) KeepsSecrets(t *testing.T, secrets []string) {
	t.Helper()
	for _, text := range []string{c.Stdout.String(), c.Stderr.String()} {
		for _, secret := range secrets {
			require.NotContains(t, text, secret)
		}
	}
}

// RegisteredSecrets returns everything secret that a pool file and its journal have.
func RegisteredSecrets(t *testing.T, pool string) (secrets []string) {
	t.Helper()
	text := ReadFile(t, pool) + ReadFile(t, pool+".journal")
	secret := regexp.MustCompile(`"(?:client_secret|registration_access_token)":"([^"]+)"`)
	for _, match := range secret.FindAllStringSubmatch(text, -1) {
		secrets = append(secrets, match[1])
	}
	return secrets
}

// PoolLoad is a script that requests a token for each client of a pool file.
func PoolLoad(pool, issuer string) string {
	return fmt.Sprintf(`
		import { ClientPool } from 'k6/x/clientcreds';
		const pool = new ClientPool({ issuer: %q, clients: { file: %q }, assignment: 'round-robin' });
		export const options = { vus: 1, iterations: pool.size };
		export default function () { pool.client().token(); }`, issuer, pool)
}
