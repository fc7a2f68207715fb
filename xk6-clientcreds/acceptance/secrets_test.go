package acceptance

import (
	"archive/tar"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// Secrets with characters that every encoding changes.
const (
	rareSecret  = `Rare+Secret/of%the=run&x "q"`
	wrongSecret = `Wrong+Secret/of%the=run&x "q"`
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
	pair := newPair(t, filepath.Join(t.TempDir(), "client"), &x509.Certificate{}, nil, time.Hour)
	signs, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	proves, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	files := []string{writeKey(t, signs), writeJWK(t, proves, ""), pair.key}
	m := secretMaterial{
		env: []string{
			"KEY_FILE=" + files[0], "DPOP_KEY_FILE=" + files[1], "CERTIFICATE_KEY_FILE=" + files[2],
			"CERTIFICATE_FILE=" + pair.certificate,
			"ASSERTION_VARIABLE=" + assertion, "SUBJECT_TOKEN=" + subject, "ACTOR_TOKEN=" + actor, "POOL_SECRET=" + pooledSecret,
		},
		secrets: []string{assertion, subject, actor},
	}
	for _, file := range files {
		block, _ := pem.Decode([]byte(read(t, file)))
		if block == nil { // a JWK
			var key struct{ D string }
			require.NoError(t, json.Unmarshal([]byte(read(t, file)), &key))
			m.secrets = append(m.secrets, key.D)
			continue
		}
		for line := range slices.Chunk(base64.StdEncoding.AppendEncode(nil, block.Bytes), 64) { // as PEM has them
			m.secrets = append(m.secrets, string(line))
		}
	}
	return m
}

// spellings are the ways in which a secret could be written down.
func spellings(id, secret string) map[string]string {
	form := url.QueryEscape(secret)
	quoted, err := json.Marshal(secret)
	if err != nil {
		panic(err) // a string
	}
	return map[string]string{
		"as it is":               secret,
		"form-encoded":           form,
		"percent-encoded":        url.PathEscape(secret),
		"as a JSON string":       strings.Trim(string(quoted), `"`),
		"in Base64":              base64.StdEncoding.EncodeToString([]byte(secret)),
		"as Basic credentials":   base64.StdEncoding.EncodeToString([]byte(id + ":" + secret)),
		"as encoded credentials": base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id) + ":" + form)),
	}
}

// holdsNone fails the test when text has one of the secrets or tokens in it.
func holdsNone(t *testing.T, where, text string, secrets, tokens []string) {
	t.Helper()
	require.NotEmpty(t, text, where)
	for _, secret := range secrets {
		for how, s := range spellings(localID, secret) {
			if i := strings.Index(text, s); i >= 0 {
				t.Errorf("%s holds a secret %s: …%s…", where, how, text[max(0, i-80):min(len(text), i+80)])
			}
		}
	}
	for _, token := range tokens {
		if i := strings.Index(text, token); i >= 0 {
			t.Errorf("%s holds a token: …%s…", where, text[max(0, i-80):min(len(text), i+20)])
		}
	}
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
			tokens, serverLog := new(issuedTokens), new(output)
			server := startLocalServer(t, func(cfg *authserver.Config) {
				cfg.Clients[0].Secret, cfg.Clients[0].GrantTypes = rareSecret, authserver.GrantTypes
				cfg.Clients = append(cfg.Clients, authserver.Client{ID: "pooled", Secret: pooledSecret, Scope: localScope})
				cfg.TokenFormat = c.format
				cfg.TokenMiddleware = []authserver.Middleware{tokens.record, echoes}
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
				places = append(places, strings.Replace(rareSecret, "Rare", place, 1))
			}
			filed, sources := filepath.Join(dir, "secret"), filepath.Join(dir, "secrets.txt")
			replaceFile(t, filed, places[0]+"\n")
			replaceFile(t, sources, "mine="+places[2]+"\n")
			material := newSecretMaterial(t)
			run := k6run{
				script: "xk6-clientcreds/acceptance/testdata/secrets.js",
				env: server.env(append(material.env, "WRONG_SECRET="+wrongSecret, "SCOPE=", "SECRET_FILE="+filed,
					"SECRET_VARIABLE="+places[1])...),
				args: append([]string{
					"--secret-source", "file=" + sources,
					"--verbose", "--http-debug=full", "--out", "json=" + files["out.json"],
					"--out", "csv=" + files["out.csv"], "--summary-export", files["summary.json"], "--out",
					"clientcreds-record=" + files["record.json"],
				}, c.args...),
			}
			toTerminal := run.do(t)
			run.args = append(run.args, "--log-output", "file="+files["k6.log"])
			toFile := run.do(t)

			secrets, issued := slices.Concat(places, material.secrets,
				[]string{rareSecret, wrongSecret, pooledSecret}), tokens.all()
			require.GreaterOrEqual(t, len(issued), 10)
			holdsNone(t, "the terminal", toTerminal.output, secrets, issued)
			holdsNone(t, "the terminal beside a log file", toFile.output, secrets, issued)
			for file, path := range files {
				text, err := os.ReadFile(path) // #nosec G304 -- of this test
				require.NoError(t, err)
				holdsNone(t, file, string(text), secrets, issued)
			}
			holdsNone(t, "the server's log", serverLog.String()+" ", secrets, issued)
			stats, err := json.Marshal(server.Stats())
			require.NoError(t, err)
			holdsNone(t, "/stats", string(stats), secrets, issued)
			for _, text := range []string{toTerminal.output, read(t, files["k6.log"])} {
				require.NotRegexp(t, `eyJ[\w-]{16,}\.`, text, "an assertion or a proof")
			}

			// The test has looked at something: k6 got through all of it.
			require.Zero(t, toTerminal.exitCode, toTerminal.output)
			require.Zero(t, toFile.exitCode, toFile.output)
			for _, text := range []string{toTerminal.output, read(t, files["k6.log"])} {
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
	s := serve(t, []string{"CLIENT_SECRET=" + rareSecret}, "--verbose", "--",
		k6Binary(t), "run", "--verbose", "--http-debug=full", "scripts/smoke.test.js")
	require.Zero(t, s.wait(t), s.output)
	holdsNone(t, "the output of serve", s.output.String(), []string{rareSecret}, nil)
	require.Contains(t, s.output.String(), "Authorization: Bearer ***REDACTED***")
}

// What k6 writes past every hook that an extension has is documented in docs/guides/security.md. When k6
// changes this, the page has to change too.
func TestWhatK6ItselfShows(t *testing.T) {
	t.Parallel()
	server := startLocalServer(t, nil)
	dir := t.TempDir()
	console := filepath.Join(dir, "console.log")
	tokens := filepath.Join(dir, "tokens.js")
	require.NoError(t, os.WriteFile(tokens, []byte(`
		import { Client } from 'k6/x/clientcreds';
		const client = new Client({ tokenUrl: __ENV.TOKEN_URL, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET });
		export const setup = () => 'from setup: ' + client.token();
		export default () => console.log('to the console: ' + client.token());
		export const handleSummary = (data) => ({ stdout: data.setup_data });`), 0o600))

	r := k6run{script: tokens, env: server.env(), args: []string{"--console-output", console}}.do(t).passes(t)
	require.Regexp(t, `from setup: [^*]`, r.output, "what setup() returns is part of the summary")
	require.Regexp(t, `to the console: [^*]`, read(t, console), "--console-output is a log of its own")
	require.NotContains(t, read(t, console), "REDACTED")

	// An archive holds the environment that was given by -e, and leaves it out on request.
	for flag, held := range map[string]bool{"--exclude-env-vars=false": true, "--exclude-env-vars": false} {
		archive := filepath.Join(dir, "archive.tar")
		args := []string{"archive", flag, "-O", archive}
		for name, value := range server.env() {
			args = append(args, "-e", name+"="+value)
		}
		cmd := exec.CommandContext(t.Context(), k6Binary(t), append(args, tokens)...) // #nosec G204 -- the binary under test
		out := new(output)
		cmd.Stdout, cmd.Stderr = out, out
		require.Zero(t, start(t, cmd, "HOME="+dir).wait(t), out)
		require.Equal(t, held, strings.Contains(untar(t, archive), localSecret), flag)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file) // #nosec G304 -- of this test
	require.NoError(t, err)
	return string(text)
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
