package credentials

import (
	"archive/tar"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// failingClients are the failing clients in testdata/secrets.js.
var failingClients = []string{
	"a wrong secret", "a wrong secret in the body", "an unknown scope", "a server that answers with what it got",
	"a proxy that answers with what it got", "a server that echoes the secret of a file",
	"a server that echoes the secret of a variable", "a server that echoes the secret of a source", "nobody there",
	"no issuer",
	"a server that echoes an assertion", "a server that echoes the assertion of a variable",
	"a server that echoes a proof",
	"a server that echoes the tokens of an exchange", "a server that echoes the actor of an exchange",
	"nobody for a certificate",
}

// pooledSecret is the secret of a pool's client.
const pooledSecret = "Pooled-Secret-of-the-run"

// secretMaterial is secret material of other kinds that must not be written: keys, a ready assertion, and the tokens
// that a script gives for an exchange.
type secretMaterial struct {
	env     []string
	secrets []string
}

func newSecretMaterial(t *testing.T) secretMaterial {
	t.Helper()
	const assertion, subject, actor = "ready-made-header.ready-made-claims.ready-made-signature", "Subject-Token-of-the-run", "Actor-Token-of-the-run"
	pair := servers.NewPair(t, filepath.Join(t.TempDir(), "client"), &x509.Certificate{}, nil, time.Hour)
	signs := testkit.NewKey(t, "ES256")
	proves := testkit.NewKey(t, "ES256")
	files := []string{servers.WriteKey(t, signs), servers.WriteJWK(t, proves, ""), pair.Key}
	m := secretMaterial{
		env: []string{
			"KEY_FILE=" + files[0], "DPOP_KEY_FILE=" + files[1], "CERTIFICATE_KEY_FILE=" + files[2],
			"CERTIFICATE_FILE=" + pair.Certificate,
			"ASSERTION_VARIABLE=" + assertion, "SUBJECT_TOKEN=" + subject, "ACTOR_TOKEN=" + actor, "POOL_SECRET=" + pooledSecret,
		},
		secrets: []string{assertion, subject, actor},
	}
	for _, file := range files {
		block, _ := pem.Decode([]byte(k6test.ReadFile(t, file)))
		if block == nil { // a JWK
			var key struct{ D string }
			require.NoError(t, json.Unmarshal([]byte(k6test.ReadFile(t, file)), &key))
			m.secrets = append(m.secrets, key.D)
			continue
		}
		for line := range slices.Chunk(base64.StdEncoding.AppendEncode(nil, block.Bytes), 64) { // as PEM has them
			m.secrets = append(m.secrets, string(line))
		}
	}
	return m
}

// Whatever a script does with its client and whatever a server answers: no secret and no token is in
// anything that k6 or the server writes.
func TestNoSecretAndNoTokenIsWritten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		format authserver.TokenFormat
		args   []string
	}{
		"opaque tokens and a log of text": {authserver.Opaque, []string{"--log-format", "raw"}},
		"JWT and a log without bodies":    {authserver.JWT, []string{"--log-format", "json", "--http-debug"}},
		"opaque tokens and a log of JSON": {authserver.Opaque, []string{"--log-format", "json"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tokens, serverLog := new(servers.IssuedTokens), new(k6test.Output)
			server := servers.StartLocal(t, func(cfg *authserver.Config) {
				cfg.Clients[0].Secret, cfg.Clients[0].GrantTypes = secret.New(servers.RareSecret), authserver.GrantTypes
				cfg.Clients = append(cfg.Clients, authserver.Client{ID: "pooled", Secret: secret.New(pooledSecret), Scope: servers.LocalScope})
				cfg.TokenFormat = c.format
				cfg.TokenMiddleware = []authserver.Middleware{tokens.Record, echoes}
				cfg.APIMiddleware = []authserver.Middleware{refusesAndQuotes}
				cfg.ErrorLog = log.New(serverLog, "", 0)
			})
			dir := t.TempDir()
			files := map[string]string{}
			for _, file := range []string{"k6.log", "out.json", "out.csv", "summary.json", "record.json"} {
				files[file] = filepath.Join(dir, file)
			}
			var places []string
			for _, place := range []string{"Filed", "Variable", "Source"} {
				places = append(places, strings.Replace(servers.RareSecret, "Rare", place, 1))
			}
			filed, sources := filepath.Join(dir, "secret"), filepath.Join(dir, "secrets.txt")
			k6test.ReplaceFile(t, filed, places[0]+"\n")
			k6test.ReplaceFile(t, sources, "mine="+places[2]+"\n")
			material := newSecretMaterial(t)
			run := k6test.Run{
				Script: k6test.Fixture("secrets.js"),
				Env: server.Env(append(material.env, "WRONG_SECRET="+servers.WrongSecret, "SCOPE=", "SECRET_FILE="+filed,
					"SECRET_VARIABLE="+places[1])...),
				Args: append([]string{
					"--secret-source", "file=" + sources,
					"--verbose", "--http-debug=full", "--out", "json=" + files["out.json"],
					"--out", "csv=" + files["out.csv"], "--summary-export", files["summary.json"], "--out",
					"clientcreds-record=" + files["record.json"],
				}, c.args...),
			}
			toTerminal := run.Do(t)
			run.Args = append(run.Args, "--log-output", "file="+files["k6.log"])
			toFile := run.Do(t)

			secrets, issued := slices.Concat(places, material.secrets,
				[]string{servers.RareSecret, servers.WrongSecret, pooledSecret}), tokens.All()
			require.GreaterOrEqual(t, len(issued), 10)
			servers.HoldsNone(t, "the terminal", toTerminal.Output, secrets, issued)
			servers.HoldsNone(t, "the terminal beside a log file", toFile.Output, secrets, issued)
			for file, path := range files {
				text, err := os.ReadFile(path) // #nosec G304 -- of this test
				require.NoError(t, err)
				servers.HoldsNone(t, file, string(text), secrets, issued)
			}
			servers.HoldsNone(t, "the server's log", serverLog.String()+" ", secrets, issued)
			stats, err := json.Marshal(server.Stats())
			require.NoError(t, err)
			servers.HoldsNone(t, "/stats", string(stats), secrets, issued)
			for _, text := range []string{toTerminal.Output, k6test.ReadFile(t, files["k6.log"])} {
				require.NotRegexp(t, `eyJ[\w-]{16,}\.`, text, "an assertion or a proof")
			}

			// The test has looked at something: k6 got through all of it.
			require.Zero(t, toTerminal.ExitCode, toTerminal.Output)
			require.Zero(t, toFile.ExitCode, toFile.Output)
			for _, text := range []string{toTerminal.Output, k6test.ReadFile(t, files["k6.log"])} {
				require.Contains(t, text, "Bearer ***REDACTED***", "--http-debug")
				require.Contains(t, text, "uncaught: ***REDACTED*** Bearer ***REDACTED*** ***REDACTED***")
				for _, what := range failingClients {
					require.Contains(t, text, what)
				}
			}
		})
	}
}

// serve knows the secret that it is given, and does not show it.
func TestServeDoesNotShowTheSecret(t *testing.T) {
	t.Parallel()
	s := k6test.Serve(t, []string{"CLIENT_SECRET=" + servers.RareSecret}, "--verbose", "--",
		k6test.Binary(t), "run", "--verbose", "--http-debug=full", "scripts/smoke.test.js")
	require.Zero(t, s.Wait(t), s.Output)
	servers.HoldsNone(t, "the output of serve", s.Output.String(), []string{servers.RareSecret}, nil)
	require.Contains(t, s.Output.String(), "Authorization: Bearer ***REDACTED***")
}

// What k6 writes past every hook that an extension has is documented in docs/guides/security.md. When k6
// changes this, the page has to change too.
func TestWhatK6ItselfShows(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, nil)
	dir := t.TempDir()
	console := filepath.Join(dir, "console.log")
	tokens := k6test.Fixture("shown-tokens.js")

	r := k6test.Run{Script: tokens, Env: server.Env(), Args: []string{"--console-output", console}}.Do(t).Passes(t)
	require.Regexp(t, `from setup: [^*]`, r.Output, "what setup() returns is part of the summary")
	require.Regexp(t, `to the console: [^*]`, k6test.ReadFile(t, console), "--console-output is a log of its own")
	require.NotContains(t, k6test.ReadFile(t, console), "REDACTED")

	// An archive holds the environment that was given by -e, and leaves it out on request.
	for flag, held := range map[string]bool{"--exclude-env-vars=false": true, "--exclude-env-vars": false} {
		archive := filepath.Join(dir, "archive.tar")
		args := []string{"archive", flag, "-O", archive}
		for name, value := range server.Env() {
			args = append(args, "-e", name+"="+value)
		}
		cmd := exec.CommandContext(t.Context(), k6test.Binary(t), append(args, tokens)...) // #nosec G204 -- the binary under test
		out := new(k6test.Output)
		cmd.Stdout, cmd.Stderr = out, out
		require.Zero(t, k6test.StartProcess(t, cmd, "HOME="+dir).Wait(t), out)
		require.Equal(t, held, strings.Contains(untar(t, archive), servers.LocalSecret), flag)
	}
}

// untar returns the contents of an archive's files, one after the other.
func untar(t *testing.T, file string) string {
	t.Helper()
	f, err := os.Open(file) // #nosec G304 -- of this test
	require.NoError(t, err)
	defer f.Close()
	var all strings.Builder
	for r := tar.NewReader(f); ; {
		if _, err := r.Next(); errors.Is(err, io.EOF) {
			return all.String()
		} else if err != nil {
			require.NoError(t, err)
		}
		_, err := io.Copy(&all, r) // #nosec G110 -- k6 made it just now
		require.NoError(t, err)
	}
}

// An archive has no secret that is exported, or in a file.
func TestArchivesHoldNoSecret(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	archive, file := filepath.Join(dir, "archive.tar"), filepath.Join(dir, "secret")
	k6test.ReplaceFile(t, file, servers.RareSecret)
	secrets := []string{servers.RareSecret, servers.WrongSecret, pooledSecret}
	for name, script := range map[string]string{
		"held-secrets.js": k6test.Fixture("held-secrets.js"),
		"a file":          k6test.Fixture("archived-secrets.js"),
	} {
		cmd := exec.CommandContext(t.Context(), k6test.Binary(t), // #nosec G204 -- the binary under test
			"archive", "--include-system-env-vars", "--exclude-env-vars", "-O", archive, script)
		out := new(k6test.Output)
		cmd.Stdout, cmd.Stderr = out, out
		p := k6test.StartProcess(t, cmd, "HOME="+dir, "TOKEN_URL=http://127.0.0.1:9/token", "CLIENT_ID=demo",
			"CLIENT_SECRET="+servers.WrongSecret, "POOL_SECRET="+pooledSecret, "SECRET_FILE="+file)
		require.Zero(t, p.Wait(t), out)
		servers.HoldsNone(t, "the archive with "+name, untar(t, archive), secrets, nil)
		servers.HoldsNone(t, "the output with "+name, out.String()+" ", secrets, nil)
	}
}
