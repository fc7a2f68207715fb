package interop

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/servers"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit"
)

// keycloakEnv is the environment of a run with a client of deploy/keycloak: its API is the userinfo endpoint, as in
// docker-compose.yml.
func keycloakEnv(t *testing.T, more ...string) map[string]string {
	t.Helper()
	k := sharedKeycloak(t)
	return k6test.With(map[string]string{
		"ISSUER": k.Issuer, "CLIENT_ID": servers.KeycloakID, "CLIENT_SECRET": servers.KeycloakSecret, "SCOPE": "openid",
		"API_URL": k.Issuer + "/protocol/openid-connect/userinfo", "SSL_CERT_FILE": sharedCertificates(t).CA.CAFile,
	}, more...)
}

// Keycloak answers a wrong secret in its own way: doctor and scripts point at the credentials anyway.
func TestKeycloakRefusals(t *testing.T) {
	t.Parallel()
	k := sharedKeycloak(t)
	key, other := testkit.NewKey(t, "ES256"), testkit.NewKey(t, "ES256")
	require.True(t, k.Register(t, keycloakKey("refused-key", key.Public())).OK)
	secret := servers.Registration{ID: "refused-secret", Secret: servers.LongSecret, AuthMethod: "client_secret_jwt"}
	require.True(t, k.Register(t, secret).OK)
	for name, c := range map[string]struct {
		env  []string
		hint string
	}{
		"client_secret_basic": {[]string{"CLIENT_SECRET=wrong"}, "check CLIENT_ID and CLIENT_SECRET"},
		"client_secret_jwt": {
			[]string{"CLIENT_ID=refused-secret", "AUTH=client_secret_jwt", "CLIENT_SECRET=x" + servers.LongSecret},
			"check CLIENT_ID",
		},
		"private_key_jwt": {
			[]string{"CLIENT_ID=refused-key", "AUTH=private_key_jwt", "CLIENT_SECRET=", "CLIENT_KEY_FILE=" + servers.WriteKey(t, other)},
			"check CLIENT_ID",
		},
		"no scope of that name": {[]string{"SCOPE=nobody-knows"}, "SCOPE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := k6test.Doctor(t, keycloakEnv(t, c.env...), "--grants", "2")
			require.Equal(t, k6test.DoctorUnusable, e.ExitCode, "%s%s", e.Stdout, e.Stderr)
			require.Contains(t, strings.Join(strings.Fields(e.Stdout), " "), c.hint)
		})
	}
	t.Run("right", func(t *testing.T) {
		t.Parallel()
		e := k6test.Doctor(t, keycloakEnv(t), "--grants", "2")
		require.Equal(t, k6test.DoctorUsable, e.ExitCode, "%s%s", e.Stdout, e.Stderr)
	})
}

// The Keycloak of these tests is the one of docker-compose.yml: its version, and its realm.
func TestKeycloakOfCompose(t *testing.T) {
	t.Parallel()
	home := k6test.Program(t, "KEYCLOAK_HOME")
	require.Contains(t, k6test.ReadFile(t, filepath.Join(home, "version.txt")), composeVersion(t, "keycloak"))
	compose := k6test.ReadFile(t, filepath.Join(k6test.Root, "docker-compose.yml"))
	mount := regexp.MustCompile(`"\./(\S+):/opt/keycloak/data/import/realm\.json:ro"`).FindStringSubmatch(compose)
	require.NotNil(t, mount)
	imported := k6test.ReadFile(t, filepath.Join(home, "data/import/realm.json"))
	require.Equal(t, k6test.ReadFile(t, filepath.Join(k6test.Root, mount[1])), imported)
}

// The main job runs with the realm of deploy/keycloak, and leaves its files.
func TestKeycloakMainJob(t *testing.T) {
	t.Parallel()
	env := []string{"DURATION=3s"}
	for name, value := range keycloakEnv(t) {
		env = append(env, name+"="+value)
	}
	j := k6test.NewMainJob(t)
	p, out := j.Start(t, env...)
	require.Zero(t, p.Wait(t), out)
	require.NotContains(t, out.String(), servers.KeycloakSecret)
	require.NotContains(t, out.String(), "server.json", "of our own server only")
	require.FileExists(t, j.File("summary.json"))
	record := k6test.ReadRecord(t, j.File("record.json"))
	require.Equal(t, "PASS", record.Validity.Verdict)
	require.Positive(t, record.Metrics["clientcreds_requests"].All.Sum)
	require.NotContains(t, record.Text, servers.KeycloakSecret)
}

// keycloakKey is a client with a key.
func keycloakKey(id string, public any) servers.Registration {
	keys := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: public, Use: "sig", Algorithm: "ES256"}}}
	return servers.Registration{ID: id, AuthMethod: "private_key_jwt", AuthAlg: "ES256", JWKS: keys}
}

// An administrator replaces a secret or key during a run: no iteration fails, whatever Keycloak says to the old one.
func TestKeycloakRotation(t *testing.T) {
	t.Parallel()
	k := sharedKeycloak(t)
	const first, second = "first-secret-0123456789abcdef0123456789", "second-secret-0123456789abcdef0123456789"
	for _, method := range []string{"client_secret_basic", "client_secret_jwt", "private_key_jwt"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			id, option, old, replacement := "rotated-"+method, "clientSecret", first, second
			before := servers.Registration{ID: id, AuthMethod: method, Secret: first}
			after := servers.Registration{ID: id, AuthMethod: method, Secret: second}
			if method == "private_key_jwt" {
				oldKey, newKey := testkit.NewKey(t, "ES256"), testkit.NewKey(t, "ES256")
				before, after = keycloakKey(id, oldKey.Public()), keycloakKey(id, newKey.Public())
				option = "key"
				old = k6test.ReadFile(t, servers.WriteKey(t, oldKey))
				replacement = k6test.ReadFile(t, servers.WriteKey(t, newKey))
			}
			require.True(t, k.Register(t, before).OK)
			file := filepath.Join(t.TempDir(), "credentials")
			k6test.ReplaceFile(t, file, old)
			rest := k6test.FreeAddress(t)
			p := k6test.Run{
				Script: "xk6-clientcreds/acceptance/credentials/testdata/rotation.js",
				Env: map[string]string{
					"TOKEN_URL": k.Token, "SSL_CERT_FILE": sharedCertificates(t).CA.CAFile, "CLIENT_ID": id, "CACHE_SCOPE": "vu",
					"CREDENTIALS": fmt.Sprintf(`{"auth": %q, %q: {"file": %q}}`, method, option, file),
					"DURATION":    "15s", "PAUSE": "0.5",
				},
				Args: []string{"--address", rest},
			}.Start(t)
			k6test.Eventually(t, func() bool { return k6test.LiveCount(t, rest, "iterations") >= 2 }, "tokens for the old credentials")
			k6test.ReplaceFile(t, file, replacement)
			require.True(t, k.Register(t, after).OK)

			r := p.Result(t).Passes(t)
			require.Equal(t, 1, r.Summary.Count("clientcreds_secret_rotations"), r.Output)
			require.Zero(t, r.Summary.Value("checks", "fails"))
			require.Positive(t, r.Summary.Value("clientcreds_request_failed", "passes"), "the old credentials are refused")
			servers.HoldsNone(t, "the output", r.Output, []string{first, second}, nil)
		})
	}
}

// What docs/guides/providers.md says of Keycloak and the matrix does not show.
func TestKeycloakAnswers(t *testing.T) {
	t.Parallel()
	k := sharedKeycloak(t)
	client := servers.Registration{ID: "answers", Secret: servers.LongSecret, AuthMethod: "client_secret_basic", Scope: orders}
	require.True(t, k.Register(t, client).OK)
	client.ID, client.AuthMethod = "answers-jwt", "client_secret_jwt"
	require.True(t, k.Register(t, client).OK)
	r := k6test.Run{
		Code: `
			import { check } from 'k6';
			import { Client } from 'k6/x/clientcreds';
			export const options = { iterations: 1, thresholds: { checks: ['rate==1'] } };
			const long = '` + servers.LongSecret + `';
			const client = (more) => new Client({ issuer: __ENV.ISSUER, clientId: __ENV.CLIENT_ID, clientSecret: __ENV.CLIENT_SECRET, ...more });
			const refused = (more, status, error) => {
				const r = client(more).acquire();
				return !r.ok && r.status === status && r.error === error;
			};
			const demo = client();
			const short = client({ clientId: __ENV.CLIENT_ID + '-short' });
			const audience = client({ clientId: 'answers', clientSecret: long, scope: 'orders' });
			const none = client({ clientId: 'answers', clientSecret: long });
			export default function () {
				const token = demo.token();
				check(null, {
					'a wrong secret': () => refused({ clientSecret: 'wrong' }, 401, 'unauthorized_client'),
					'an unknown client': () => refused({ clientId: 'nobody' }, 401, 'invalid_client'),
					'a wrong signature': () => refused({ clientId: 'answers-jwt', auth: 'client_secret_jwt', clientSecret: 'x' + long }, 400, 'unauthorized_client'),
					'a scope of nobody': () => refused({ scope: 'nobody-knows' }, 400, 'invalid_scope'),
					'no exchange': () => refused({ exchange: {} }, 400, 'invalid_request'),
					'no introspection without an audience': () => demo.introspect(token).active === false,
					'its own audience': () => none.introspect(none.token()).active === true,
					'an audience by scope': () => audience.inspect(audience.token()).claims.aud.includes('` + interopResource + `'),
					'no other audience': () => none.inspect(none.token()).claims.aud === 'answers',
					'a short lifetime': () => short.acquire().expiresIn <= 5,
					'the type of the JWT': () => demo.inspect(token).header.typ === 'JWT',
					'a token that is unknown': () => demo.revoke('nope').ok,
				});
			}`,
		Env: keycloakEnv(t, "SCOPE="),
	}.Do(t)
	require.Equal(t, 12, int(r.Summary.Value("checks", "passes")), r.Output)
}
