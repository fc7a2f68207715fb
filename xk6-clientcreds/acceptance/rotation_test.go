package acceptance

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// replaceFile writes a file in one step, as who rotates a secret does.
func replaceFile(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".new", []byte(text), 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

// rotationVUs is the number of VUs in testdata/rotation.js.
const rotationVUs = 4

// rotating is a run of testdata/rotation.js.
func rotating(env map[string]string, credentials string, more ...string) k6run {
	return k6run{
		script: "xk6-clientcreds/acceptance/testdata/rotation.js",
		env:    with(env, append(more, "CREDENTIALS="+credentials)...),
	}
}

// A secret or key that is replaced during the run, in the file and at the server, costs no iteration:
// who is refused goes on with the new one, and so do all others.
func TestRotationDuringTheRun(t *testing.T) {
	t.Parallel()
	const newSecret = "another-" + rareSecret
	for name, c := range map[string]struct {
		auth  string
		scope string
	}{
		"client_secret_basic":                    {"client_secret_basic", "vu"},
		"client_secret_basic, one token for all": {"client_secret_basic", "shared"},
		"client_secret_post, nothing is cached":  {"client_secret_post", "none"},
		"private_key_jwt":                        {"private_key_jwt", "vu"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "credentials")
			option, oldText, newText := "clientSecret", rareSecret+"\n", newSecret+"\n"
			_, oldKey, err := ed25519.GenerateKey(rand.Reader)
			require.NoError(t, err)
			_, newKey, err := ed25519.GenerateKey(rand.Reader)
			require.NoError(t, err)
			if c.auth == "private_key_jwt" {
				option, oldText, newText = "key", read(t, writeKey(t, oldKey)), read(t, writeKey(t, newKey))
			}
			replaceFile(t, file, oldText)
			server := startLocalServer(t, func(cfg *authserver.Config) {
				cfg.Clients[0].Secret = rareSecret
				cfg.Clients[0].JWKS.Keys = []jose.JSONWebKey{{Key: oldKey.Public()}}
			})
			issued := func() int64 { return server.Stats().TokenRequests.ByResult["issued"] }
			run := rotating(server.env(), fmt.Sprintf(`{"auth": %q, %q: {"file": %q}}`, c.auth, option, file),
				"CACHE_SCOPE="+c.scope, "DURATION=5s").start(t)
			eventually(t, func() bool { return issued() >= 2*rotationVUs }, "tokens for the old credentials")
			replaceFile(t, file, newText)
			require.NoError(t, server.RotateSecret(localID, newSecret, 0))
			require.NoError(t, server.RotateJWKS(localID, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: newKey.Public()}}}))
			before := issued()

			r := run.result(t).passes(t)
			stats := server.Stats()
			server.agrees(t, r)
			require.Greater(t, stats.TokenRequests.ByResult["issued"], before+2*rotationVUs, "tokens for the new credentials")
			refusals := stats.TokenRequests.ByResult["invalid_client"]
			require.Positive(t, refusals)
			most := int64(rotationVUs)
			if c.scope == "shared" {
				most = 1
			}
			require.LessOrEqual(t, refusals, most, "at most one for each that asks for tokens")
			require.Equal(t, 1, r.summary.count("clientcreds_secret_rotations"))
			require.Zero(t, r.summary.value("checks", "fails"))
			require.Equal(t, int(refusals), int(r.summary.value("clientcreds_request_failed", "passes")))
			require.Equal(t, 1, strings.Count(r.output, "loaded new credentials"), r.output)
			holdsNone(t, "the output", r.output, []string{rareSecret, newSecret}, nil)
		})
	}
}

// A certified server refuses the secret, and accepts the one that the file has after a while: no
// failure is left once it has been picked up.
func TestInteropRotation(t *testing.T) {
	t.Parallel()
	certs := newCertificates(t)
	op := startOIDCProvider(t, certs)
	file := filepath.Join(t.TempDir(), "secret")
	replaceFile(t, file, "an-outdated-secret")
	env := map[string]string{"TOKEN_URL": op.issuer + "/token", "SSL_CERT_FILE": certs.caFile, "CLIENT_ID": "cc-basic"}
	run := rotating(env, fmt.Sprintf(`{"clientSecret": {"file": %q}}`, file), "DURATION=6s").start(t)
	eventually(t, func() bool { return len(op.seen()) > 0 }, "a request with the outdated secret")
	replaceFile(t, file, "basic-secret\n")

	r := run.result(t)
	require.Zero(t, r.exitCode, r.output)
	seen := op.stop(t)
	require.Equal(t, 1, r.summary.count("clientcreds_secret_rotations"), r.output)
	require.Equal(t, 1, strings.Count(r.output, "loaded new credentials"), r.output)
	first := slices.IndexFunc(seen, func(r tokenRequest) bool { return r.Status == http.StatusOK })
	require.Positive(t, first, "refused, then a token")
	require.Equal(t, "invalid_client", seen[0].Error)
	require.Greater(t, len(seen)-first, 2*rotationVUs)
	require.LessOrEqual(t, len(refused(seen[first:])), rotationVUs, "what was under way with the outdated secret")
	require.Empty(t, refused(seen[len(seen)-rotationVUs:]))
	require.NotContains(t, r.output, "basic-secret")
}

// A server that hashes its secrets gets a new one by its own administration while the test runs: no
// iteration fails.
func TestInteropHydraRotation(t *testing.T) {
	t.Parallel()
	certs := newCertificates(t)
	h := startHydra(t, certs)
	client := registration{
		ID: "rotated", Secret: "first-secret-of-hydra", Scope: "orders.read",
		GrantTypes: []string{"client_credentials"}, AuthMethod: "client_secret_basic",
	}
	require.True(t, h.register(t, client).OK)
	file := filepath.Join(t.TempDir(), "secret")
	replaceFile(t, file, client.Secret)
	env := map[string]string{
		"TOKEN_URL": h.issuer + "/oauth2/token", "SSL_CERT_FILE": certs.caFile,
		"CLIENT_ID": client.ID,
	}
	run := rotating(env, fmt.Sprintf(`{"clientSecret": {"file": %q}}`, file), "DURATION=6s", "PAUSE=0.2")
	api := freeAddress(t)
	run.args = []string{"--address", api}
	p := run.start(t)
	iterations := func() int {
		var status struct {
			Data struct {
				Attributes struct {
					Sample struct {
						Count int `json:"count"`
					} `json:"sample"`
				} `json:"attributes"`
			} `json:"data"`
		}
		if json.Unmarshal([]byte(body(t, "http://"+api+"/v1/metrics/iterations")), &status) != nil {
			return 0
		}
		return status.Data.Attributes.Sample.Count
	}
	eventually(t, func() bool { return iterations() >= rotationVUs }, "tokens for the first secret")
	client.Secret = "second-secret-of-hydra"
	replaceFile(t, file, client.Secret)
	h.replace(t, client)
	before := iterations()

	r := p.result(t).passes(t)
	require.Greater(t, r.summary.count("iterations"), before+2*rotationVUs)
	require.Equal(t, 1, r.summary.count("clientcreds_secret_rotations"), r.output)
	refusals := int(r.summary.value("clientcreds_request_failed", "passes"))
	require.Positive(t, refusals)
	require.LessOrEqual(t, refusals, rotationVUs, "at most one for each virtual user")
	require.Zero(t, r.summary.value("checks", "fails"))
	require.NotContains(t, r.output, "secret-of-hydra")
}

// k6's own secret sources, and what is said where they have none.
func TestSecretSources(t *testing.T) {
	t.Parallel()
	server := startLocalServer(t, func(cfg *authserver.Config) { cfg.Clients[0].Secret = rareSecret })
	file := filepath.Join(t.TempDir(), "secrets.txt")
	replaceFile(t, file, "the-secret="+rareSecret+"\n")
	for name, c := range map[string]struct {
		secret, args, says string
		exit               int
	}{
		"mock":  {`{"secret": "the-secret"}`, "mock=default,the-secret=" + rareSecret, "", 0},
		"file":  {`{"secret": "the-secret"}`, "file=" + file, "", 0},
		"named": {`{"secret": "the-secret", "source": "team"}`, "file=name=team,filename=" + file, "", 0},
		"none": {
			`{"secret": "the-secret"}`, "", "no secret sources are configured; start k6 with --secret-source",
			exitScriptException,
		},
		"no secret": {`{"secret": "another"}`, "file=" + file, `the source says`, exitScriptException},
		"other names": {
			`{"secret": "the-secret", "source": "other"}`, "file=" + file, "is not a secret source of k6",
			exitScriptException,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := rotating(server.env(), `{"clientSecret": `+c.secret+`}`, "DURATION=1s")
			if c.args != "" {
				run.args = []string{"--secret-source", c.args}
			}
			r := run.do(t)
			require.Equal(t, c.exit, r.exitCode, r.output)
			require.Contains(t, r.output, c.says)
			holdsNone(t, "the output", r.output, []string{rareSecret}, nil)
			if c.exit == 0 {
				require.Positive(t, r.passes(t).summary.value("checks", "passes"))
			}
		})
	}
}

// An environment variable belongs to the k6 process: the script itself need not see it.
func TestSecretOfTheEnvironment(t *testing.T) {
	t.Parallel()
	server := startLocalServer(t, func(cfg *authserver.Config) { cfg.Clients[0].Secret = rareSecret })
	hidden := k6run{code: `
		import { check } from 'k6';
		import { Client } from 'k6/x/clientcreds';
		const client = new Client({ tokenUrl: '` + server.Endpoints().Token + `', clientId: '` + localID + `', clientSecret: { env: 'LOAD_SECRET' } });
		export default () => {
			check(client.token(), { 'a token': (token) => token.length > 0 });
			check(__ENV, { 'no secret in the script': (env) => env.LOAD_SECRET === undefined });
		};`, args: []string{"--include-system-env-vars=false"}}
	absent := hidden.do(t)
	hidden.env = map[string]string{"LOAD_SECRET": rareSecret}
	r := hidden.do(t).passes(t)
	require.Equal(t, 2.0, r.summary.value("checks", "passes"))
	require.Equal(t, exitScriptException, absent.exitCode, absent.output)
	require.Contains(t, absent.output,
		`option \"clientSecret.env\" is not the name of an environment variable of the k6 process`)
}

// An archive holds neither the secret nor the file, only the path; and runs where the file is.
func TestArchiveHoldsNoSecretOfAFile(t *testing.T) {
	t.Parallel()
	server := startLocalServer(t, func(cfg *authserver.Config) { cfg.Clients[0].Secret = rareSecret })
	dir := t.TempDir()
	replaceFile(t, filepath.Join(dir, "secret"), rareSecret)
	script, archive := filepath.Join(dir, "script.js"), filepath.Join(dir, "archive.tar")
	replaceFile(t, script, `
		import { Client } from 'k6/x/clientcreds';
		const client = new Client({ tokenUrl: '`+server.Endpoints().Token+`', clientId: '`+localID+`', clientSecret: { file: 'secret' } });
		export default () => client.token();`)
	k6 := func(args ...string) int {
		cmd := exec.CommandContext(t.Context(), k6Binary(t), args...) // #nosec G204 -- the binary under test
		return start(t, cmd, "HOME="+dir).wait(t)
	}
	require.Zero(t, k6("archive", "-O", archive, script))
	text := untar(t, archive)
	require.Contains(t, text, "{ file: 'secret' }")
	holdsNone(t, "the archive", text, []string{rareSecret}, nil)
	require.Zero(t, k6("run", "--quiet", archive))
	require.EqualValues(t, 1, server.Stats().TokenRequests.ByResult["issued"])
	require.NoError(t, os.Remove(filepath.Join(dir, "secret")))
	require.Equal(t, exitScriptException, k6("run", "--quiet", archive))
}
