package credentials

import (
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

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// rotationVUs is the number of VUs in testdata/rotation.js.
const rotationVUs = 4

// rotating is a run of testdata/rotation.js.
func rotating(env map[string]string, credentials string, more ...string) k6test.Run {
	return k6test.Run{
		Script: k6test.Fixture("rotation.js"),
		Env:    k6test.With(env, append(more, "CREDENTIALS="+credentials)...),
	}
}

// A secret or key that is replaced during the run, in the file and at the server, costs no iteration:
// who is refused goes on with the new one, and so do all others.
func TestRotationDuringTheRun(t *testing.T) {
	t.Parallel()
	const newSecret = "another-" + servers.RareSecret
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
			option, oldText, newText := "clientSecret", servers.RareSecret+"\n", newSecret+"\n"
			oldKey := testkit.NewKey(t, "EdDSA")
			newKey := testkit.NewKey(t, "EdDSA")
			if c.auth == "private_key_jwt" {
				option, oldText, newText = "key", k6test.ReadFile(t, servers.WriteKey(t, oldKey)), k6test.ReadFile(t, servers.WriteKey(t, newKey))
			}
			k6test.ReplaceFile(t, file, oldText)
			server := servers.StartLocal(t, func(cfg *authserver.Config) {
				cfg.Clients[0].Secret = secret.New(servers.RareSecret)
				cfg.Clients[0].JWKS.Keys = []jose.JSONWebKey{{Key: oldKey.Public()}}
			})
			issued := func() int64 { return server.Stats().TokenRequests.ByResult["issued"] }
			run := rotating(server.Env(), fmt.Sprintf(`{"auth": %q, %q: {"file": %q}}`, c.auth, option, file),
				"CACHE_SCOPE="+c.scope, "DURATION=5s").Start(t)
			k6test.Eventually(t, func() bool { return issued() >= 2*rotationVUs }, "tokens for the old credentials")
			k6test.ReplaceFile(t, file, newText)
			require.NoError(t, server.RotateSecret(servers.LocalID, secret.New(newSecret), 0))
			newKeys := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: newKey.Public()}}}
			require.NoError(t, server.RotateJWKS(servers.LocalID, newKeys))
			before := issued()

			r := run.Result(t).Passes(t)
			stats := server.Stats()
			server.Agrees(t, r)
			require.Greater(t, stats.TokenRequests.ByResult["issued"], before+2*rotationVUs, "tokens for the new credentials")
			refusals := stats.TokenRequests.ByResult["invalid_client"]
			require.Positive(t, refusals)
			most := int64(rotationVUs)
			if c.scope == "shared" {
				most = 1
			}
			require.LessOrEqual(t, refusals, most, "at most one for each that asks for tokens")
			require.Equal(t, 1, r.Summary.Count("clientcreds_secret_rotations"))
			require.Zero(t, r.Summary.Value("checks", "fails"))
			require.Equal(t, int(refusals), int(r.Summary.Value("clientcreds_request_failed", "passes")))
			require.Equal(t, 1, strings.Count(r.Output, "loaded new credentials"), r.Output)
			servers.HoldsNone(t, "the output", r.Output, []string{servers.RareSecret, newSecret}, nil)
		})
	}
}

// A certified server refuses the secret, and accepts the one that the file has after a while: no
// failure is left once it has been picked up.
func TestInteropRotation(t *testing.T) {
	t.Parallel()
	certs := servers.NewCertificates(t)
	op := servers.StartOIDCProvider(t, certs)
	file := filepath.Join(t.TempDir(), "secret")
	k6test.ReplaceFile(t, file, "an-outdated-secret")
	env := map[string]string{"TOKEN_URL": op.Issuer + "/token", "SSL_CERT_FILE": certs.CAFile, "CLIENT_ID": "cc-basic"}
	run := rotating(env, fmt.Sprintf(`{"clientSecret": {"file": %q}}`, file), "DURATION=6s").Start(t)
	k6test.Eventually(t, func() bool { return len(op.Seen()) > 0 }, "a request with the outdated secret")
	k6test.ReplaceFile(t, file, "basic-secret\n")

	r := run.Result(t)
	require.Zero(t, r.ExitCode, r.Output)
	seen := op.Stop(t)
	require.Equal(t, 1, r.Summary.Count("clientcreds_secret_rotations"), r.Output)
	require.Equal(t, 1, strings.Count(r.Output, "loaded new credentials"), r.Output)
	first := slices.IndexFunc(seen, func(r servers.TokenRequest) bool { return r.Status == http.StatusOK })
	require.Positive(t, first, "refused, then a token")
	require.Equal(t, "invalid_client", seen[0].Error)
	require.Greater(t, len(seen)-first, 2*rotationVUs)
	require.LessOrEqual(t, len(servers.Refused(seen[first:])), rotationVUs, "what was under way with the outdated secret")
	require.Empty(t, servers.Refused(seen[len(seen)-rotationVUs:]))
	require.NotContains(t, r.Output, "basic-secret")
}

// A server that hashes its secrets gets a new one by its own administration while the test runs: no
// iteration fails.
func TestInteropHydraRotation(t *testing.T) {
	t.Parallel()
	certs := servers.NewCertificates(t)
	h := servers.StartHydra(t, certs)
	client := servers.Registration{
		ID: "rotated", Secret: "first-secret-of-hydra", Scope: "orders.read",
		GrantTypes: []string{"client_credentials"}, AuthMethod: "client_secret_basic",
	}
	require.True(t, h.Register(t, client).OK)
	file := filepath.Join(t.TempDir(), "secret")
	k6test.ReplaceFile(t, file, client.Secret)
	env := map[string]string{
		"TOKEN_URL": h.Issuer + "/oauth2/token", "SSL_CERT_FILE": certs.CAFile,
		"CLIENT_ID": client.ID,
	}
	run := rotating(env, fmt.Sprintf(`{"clientSecret": {"file": %q}}`, file), "DURATION=6s", "PAUSE=0.2")
	api := k6test.FreeAddress(t)
	run.Args = []string{"--address", api}
	p := run.Start(t)
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
		if json.Unmarshal([]byte(k6test.Body(t, "http://"+api+"/v1/metrics/iterations")), &status) != nil {
			return 0
		}
		return status.Data.Attributes.Sample.Count
	}
	k6test.Eventually(t, func() bool { return iterations() >= rotationVUs }, "tokens for the first secret")
	client.Secret = "second-secret-of-hydra"
	k6test.ReplaceFile(t, file, client.Secret)
	h.Replace(t, client)
	before := iterations()

	r := p.Result(t).Passes(t)
	require.Greater(t, r.Summary.Count("iterations"), before+2*rotationVUs)
	require.Equal(t, 1, r.Summary.Count("clientcreds_secret_rotations"), r.Output)
	refusals := int(r.Summary.Value("clientcreds_request_failed", "passes"))
	require.Positive(t, refusals)
	require.LessOrEqual(t, refusals, rotationVUs, "at most one for each virtual user")
	require.Zero(t, r.Summary.Value("checks", "fails"))
	require.NotContains(t, r.Output, "secret-of-hydra")
}

// k6's own secret sources, and what is said where they have none.
func TestSecretSources(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, func(cfg *authserver.Config) {
		cfg.Clients[0].Secret = secret.New(servers.RareSecret)
	})
	file := filepath.Join(t.TempDir(), "secrets.txt")
	k6test.ReplaceFile(t, file, "the-secret="+servers.RareSecret+"\n")
	for name, c := range map[string]struct {
		secret, args, says string
		exit               int
	}{
		"mock":  {`{"secret": "the-secret"}`, "mock=default,the-secret=" + servers.RareSecret, "", 0},
		"file":  {`{"secret": "the-secret"}`, "file=" + file, "", 0},
		"named": {`{"secret": "the-secret", "source": "team"}`, "file=name=team,filename=" + file, "", 0},
		"none": {
			`{"secret": "the-secret"}`, "", "no secret sources are configured; start k6 with --secret-source",
			k6test.ExitScriptException,
		},
		"no secret": {`{"secret": "another"}`, "file=" + file, `the source says`, k6test.ExitScriptException},
		"other names": {
			`{"secret": "the-secret", "source": "other"}`, "file=" + file, "is not a secret source of k6",
			k6test.ExitScriptException,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := rotating(server.Env(), `{"clientSecret": `+c.secret+`}`, "DURATION=1s")
			if c.args != "" {
				run.Args = []string{"--secret-source", c.args}
			}
			r := run.Do(t)
			require.Equal(t, c.exit, r.ExitCode, r.Output)
			require.Contains(t, r.Output, c.says)
			servers.HoldsNone(t, "the output", r.Output, []string{servers.RareSecret}, nil)
			if c.exit == 0 {
				require.Positive(t, r.Passes(t).Summary.Value("checks", "passes"))
			}
		})
	}
}

// An environment variable belongs to the k6 process: the script itself need not see it.
func TestSecretOfTheEnvironment(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, func(cfg *authserver.Config) {
		cfg.Clients[0].Secret = secret.New(servers.RareSecret)
	})
	hidden := k6test.Run{Script: k6test.Fixture("hidden-secret.js"), Args: []string{
		"--include-system-env-vars=false", "-e", "TOKEN_URL=" + server.Endpoints().Token, "-e", "CLIENT_ID=" + servers.LocalID,
	}}
	absent := hidden.Do(t)
	hidden.Env = map[string]string{"LOAD_SECRET": servers.RareSecret}
	r := hidden.Do(t).Passes(t)
	require.Equal(t, 2.0, r.Summary.Value("checks", "passes"))
	require.Equal(t, k6test.ExitScriptException, absent.ExitCode, absent.Output)
	require.Contains(t, absent.Output,
		`option \"clientSecret.env\" is not the name of an environment variable of the k6 process`)
}

// An archive holds neither the secret nor the file, only the path; and runs where the file is.
func TestArchiveHoldsNoSecretOfAFile(t *testing.T) {
	t.Parallel()
	server := servers.StartLocal(t, func(cfg *authserver.Config) {
		cfg.Clients[0].Secret = secret.New(servers.RareSecret)
	})
	dir := t.TempDir()
	k6test.ReplaceFile(t, filepath.Join(dir, "secret"), servers.RareSecret)
	script, archive := filepath.Join(dir, "script.js"), filepath.Join(dir, "archive.tar")
	k6test.ReplaceFile(t, script, `
		import { Client } from 'k6/x/clientcreds';
		const client = new Client({ tokenUrl: '`+server.Endpoints().Token+`', clientId: '`+servers.LocalID+`', clientSecret: { file: 'secret' } });
		export default () => client.token();`)
	k6 := func(args ...string) int {
		cmd := exec.CommandContext(t.Context(), k6test.Binary(t), args...) // #nosec G204 -- the binary under test
		return k6test.StartProcess(t, cmd, "HOME="+dir).Wait(t)
	}
	require.Zero(t, k6("archive", "-O", archive, script))
	text := untar(t, archive)
	require.Contains(t, text, "{ file: 'secret' }")
	servers.HoldsNone(t, "the archive", text, []string{servers.RareSecret}, nil)
	require.Zero(t, k6("run", "--quiet", archive))
	require.EqualValues(t, 1, server.Stats().TokenRequests.ByResult["issued"])
	require.NoError(t, os.Remove(filepath.Join(dir, "secret")))
	require.Equal(t, k6test.ExitScriptException, k6("run", "--quiet", archive))
}
